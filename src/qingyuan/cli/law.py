"""``qingyuan law``: the law explains itself, step by step, with its articles."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click
import msgspec

from qingyuan.cli import _law_corpus, _law_places, _law_reading
from qingyuan.cli._app import Out, common
from qingyuan.cli._law_words import OVERLAY, day_or_today, read_day, read_moment, say_articles, say_steps
from qingyuan.law import Amounts, Damages, Exclusion, Law, Sale, load
from qingyuan.office.lawtools import served_deadline
from qingyuan.shapes import convert


@click.group()
def law() -> None:
    """法律：期限、标准、管辖、职责 | Law: periods, thresholds, jurisdiction, duties."""


for _command in (*_law_reading.COMMANDS, *_law_places.COMMANDS, *_law_corpus.COMMANDS):
    law.add_command(_command)


@law.command()
@click.argument("period")
@click.option("--from", "start", required=True, help="起算事件的日期（时间） | day (or time) of the event")
@click.option(
    "--extend", type=click.IntRange(min=0), default=0, help="延长次数 | number of extensions granted"
)
@click.option(
    "--suspend", multiple=True, metavar="FROM:TO", help="不计入的期间 | days not counted, both included"
)
@click.option(
    "--analogous",
    is_flag=True,
    help="当时尚无规定的，参照计算（暂定） | by analogy where no rule was in force yet",
)
@click.option(
    "--service",
    "mode",
    default=None,
    help="起算事件为送达时的送达方式 | way of service, where the event is one: the period runs from its day",
)
@OVERLAY
@common
def deadline(
    period: str,
    start: str,
    extend: int,
    suspend: tuple[str, ...],
    analogous: bool,
    mode: str | None,
    overlay: Path | None,
    out: Out,
) -> None:
    """计算期限届满日 | When a period ends, and why."""
    spans = []
    for span in suspend:
        first, _, last = span.partition(":")
        spans.append((read_day(first, "--suspend"), read_day(last or first, "--suspend")))
    begun = read_moment(start) if mode is None else read_day(start, "--from")
    answer = served_deadline(
        load(overlay), period, begun, mode=mode or "", extend=extend, suspend=spans, analogous=analogous
    )
    out.result(msgspec.to_builtins(answer))
    firm = out.t("确定", "firm") if answer.firm else out.t("暂定", "provisional")
    shown = answer.at.isoformat() if answer.at else answer.due.isoformat()
    out.say(f"{answer.zh}：{shown}（{firm}）", f"{answer.en}: {shown} ({firm})")
    say_steps(out, answer.steps)
    say_articles(out, answer.articles)


@law.command()
@click.argument("mode", required=False)
@click.option("--on", "on", default=None, help="签收、到达、公告等的日期 | day of the act")
@click.option("--analogous", is_flag=True, help="当时尚无规定的，参照（暂定） | by analogy")
@OVERLAY
@common
def service(mode: str | None, on: str | None, analogous: bool, overlay: Path | None, out: Out) -> None:
    """按送达方式确定送达日期 | Which day counts as the day of service."""
    known = load(overlay)
    if mode is None:
        listed = known.service_modes()
        out.result(msgspec.to_builtins(listed))
        out.table(
            out.t("送达方式", "Ways of service"),
            [out.t("编号", "id"), out.t("名称", "name")],
            [[one.id, out.t(one.zh, one.en)] for one in listed],
        )
        return
    answer = known.service(mode, day_or_today(on), analogous=analogous)
    out.result(msgspec.to_builtins(answer))
    firm = out.t("确定", "firm") if answer.firm else out.t("暂定", "provisional")
    out.say(f"{answer.zh}：{answer.day}（{firm}）", f"{answer.en}: {answer.day} ({firm})")
    say_steps(out, answer.steps)
    say_articles(out, answer.articles)


@law.command()
@OVERLAY
@common
def periods(overlay: Path | None, out: Out) -> None:
    """列出全部期限 | List every period."""
    known = load(overlay).periods()
    out.result(msgspec.to_builtins(known))
    out.table(
        out.t("期限", "Periods"),
        [
            out.t("编号", "id"),
            out.t("名称", "name"),
            out.t("长度", "length"),
            out.t("起算", "from"),
            out.t("性质", "nature"),
        ],
        [
            [
                p.id,
                out.t(p.zh, p.en),
                out.t(p.length_zh, p.length_en),
                out.t(p.start_zh, p.start_en),
                out.t("法定", "statutory") if p.statutory else out.t("本院设置", "office setting"),
            ]
            for p in known
        ],
    )


@law.command()
@click.option(
    "--sensitive",
    "-a",
    type=click.IntRange(min=0),
    default=0,
    help="行踪轨迹、通信内容、征信、财产信息条数 | pieces on whereabouts, communications, credit, property",
)
@click.option(
    "--important",
    "-b",
    type=click.IntRange(min=0),
    default=0,
    help="住宿、通信记录、健康生理、交易等信息条数 | pieces on lodging, call records, health, transactions",
)
@click.option(
    "--general", "-c", type=click.IntRange(min=0), default=0, help="其他公民个人信息条数 | other pieces"
)
@click.option("--gain", default=None, help="违法所得（元） | unlawful gain in CNY")
@click.option(
    "--insider",
    is_flag=True,
    help="履行职责或者提供服务过程中获得 | obtained on duty or in providing a service",
)
@click.option(
    "--recipients",
    type=click.IntRange(min=1),
    default=None,
    help="出售、提供给几个不同对象，累计计算 | sold or provided to so many, each counted",
)
@click.option(
    "--exclude",
    multiple=True,
    metavar="TIER:REASON:N",
    help="有证据剔除的条数，如 general:duplicate:120（untrue 不真实、duplicate 重复） | shown not to count",
)
@click.option(
    "--business", is_flag=True, help="为合法经营活动购买、收受（第六条） | bought for lawful business"
)
@click.option("--on", "on", default=None, help="行为日期 | day of the act")
@OVERLAY
@common
def threshold(
    sensitive: int,
    important: int,
    general: int,
    gain: str | None,
    insider: bool,
    recipients: int | None,
    exclude: tuple[str, ...],
    business: bool,
    on: str | None,
    overlay: Path | None,
    out: Out,
) -> None:
    """法释〔2017〕10号数量标准 | Criminal thresholds of counts of personal information; a clue, not a verdict."""
    try:
        money = None if gain is None else Decimal(gain)
    except InvalidOperation as error:
        raise click.BadParameter(gain or "", param_hint="--gain") from error
    answer = load(overlay).threshold(
        sensitive,
        important,
        general,
        gain=money,
        insider=insider,
        on=None if on is None else read_day(on, "--on"),
        recipients=recipients,
        excluded=[_exclusion(text) for text in exclude],
        business=business,
    )
    body = msgspec.to_builtins(answer)
    out.result(body)
    verdict = (
        out.t("达到“情节特别严重”数量标准", "reaches the standard of especially serious circumstances")
        if answer.especially_serious
        else out.t("达到“情节严重”数量标准", "reaches the standard of serious circumstances")
        if answer.serious
        else out.t("未达到“情节严重”数量标准", "below the standard of serious circumstances")
    )
    out.say(f"{verdict}（合计比例 {answer.ratio}）", f"{verdict} (sum of shares {answer.ratio})")
    say_steps(out, answer.basis)
    say_articles(out, answer.articles)


@law.command()
@click.argument("kind")
@click.option("--loss", default=None, help="损失（元） | loss, CNY")
@click.option("--gain", default=None, help="获利（元） | gain of the wrongdoer, CNY")
@click.option(
    "--price",
    multiple=True,
    metavar="PRICE[xN]",
    help="价款及笔数，如 99x12 | price and number of transactions",
)
@click.option("--resources", default=None, help="生物资源损失（元） | loss of living resources, CNY")
@click.option("--services", default=None, help="生态服务功能损失（元） | loss of ecological services, CNY")
@click.option("--restoration", default=None, help="修复费用（元） | cost of restoration, CNY")
@click.option("--costs", default=None, help="鉴定、专家等费用（元） | cost of appraisal and experts, CNY")
@click.option("--on", "on", default=None, help="行为（开始）日期 | day of the act, or its first day")
@click.option("--until", default=None, help="持续行为的终了日期 | last day of an act that went on")
@OVERLAY
@common
def damages(
    kind: str,
    price: tuple[str, ...],
    on: str | None,
    until: str | None,
    overlay: Path | None,
    out: Out,
    **amounts: str | None,
) -> None:
    """测算损害赔偿（区间和依据） | What may be claimed, as a range, and why."""
    known = Amounts(
        price=tuple(_sale(text) for text in price),
        **{name: None if value is None else _money(value, name) for name, value in amounts.items()},
    )
    day = None if on is None else read_day(on, "--on")
    if until is not None:
        _damages_over(load(overlay), kind, known, day, read_day(until, "--until"), out)
        return
    answer = load(overlay).damages(kind, known, on=day)
    out.result(msgspec.to_builtins(answer))
    _say_damages(answer, out)


def _damages_over(law: Law, kind: str, known: Amounts, first: date | None, last: date, out: Out) -> None:
    if first is None:
        raise click.UsageError(out.t("--until 须与 --on 同用", "--until needs --on"))
    found = law.damages_over(kind, known, first, last)
    out.result(msgspec.to_builtins(found))
    for span in found.spans:
        out.say(f"{span.first} 至 {span.last}", f"{span.first} to {span.last}")
        if span.damages is None:
            out.say("  数据中没有当时的赔偿规则", "  the data has no rule on damages of that time")
        else:
            _say_damages(span.damages, out)
    say_steps(out, found.steps)
    say_articles(out, found.articles)


def _say_damages(answer: Damages, out: Out) -> None:
    out.say(f"{answer.zh}", f"{answer.en}")
    for head in answer.heads:
        span = f"{head.low:,}" if head.low == head.high else f"{head.low:,} – {head.high:,}"
        out.say(f"  {head.zh}：{span} 元", f"  {head.en}: CNY {span}")
    if answer.discretionary:
        out.say(
            "  赔偿数额无法计算，由法院酌定",
            "  no amount can be computed; the court weighs the circumstances",
        )
    say_steps(out, answer.steps)
    for case in answer.precedents:
        each = (
            ""
            if case.per_item is None
            else out.t(f"，每条约{case.per_item}元", f", about {case.per_item} an item")
        )
        out.say(
            f"  参考：{case.zh}：{case.amount:,} 元{each}", f"  compare: {case.en}: CNY {case.amount:,}{each}"
        )
    say_articles(out, answer.articles)


def _money(text: str, name: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise click.BadParameter(text, param_hint=f"--{name}") from error


def _sale(text: str) -> Sale:
    price, _, count = text.partition("x")
    if count and not count.isdecimal():
        raise click.BadParameter(text, param_hint="--price")
    return Sale(_money(price, "price"), int(count or 1))


def _exclusion(text: str) -> Exclusion:
    tier, _, rest = text.partition(":")
    reason, _, number = rest.partition(":")
    try:
        return convert({"tier": tier, "reason": reason, "count": int(number)}, Exclusion)
    except (ValueError, msgspec.ValidationError) as error:
        raise click.BadParameter(text, param_hint="--exclude") from error
