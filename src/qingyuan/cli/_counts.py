"""What ``scan`` says of waybills and ages: options, machine-readable form, and print."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from qingyuan.cli._app import Out
from qingyuan.office.clock import CHINA, environment_clock, parse_time
from qingyuan.office.closer import extent, look_closer

if TYPE_CHECKING:
    from qingyuan.documents.page import Part
    from qingyuan.office.closer import Closer
    from qingyuan.office.collect import Limits
    from qingyuan.pii.ages import Ages
    from qingyuan.pii.rates import Rate

F = TypeVar("F", bound=Callable[..., object])

#: Up to so many bytes of files waybills and ages are looked at without being asked for: each reads the files again.
CLOSER_BYTES = 32 << 20
#: Up to so many files, too: opening each of them twice more is what takes the time of many small ones.
CLOSER_FILES = 2000
_SHOWN = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for on the command line.

    Attributes:
        waybills: Whether to look at waybills; ``None`` leaves it to the size of the material.
        ages: The same of ages.
        on: The day of the ages.
        sampled: Whether the material is a random sample of the waybills asked about.
    """

    waybills: bool | None
    ages: bool | None
    on: date
    sampled: bool


def closer_options(function: F) -> F:
    """Add ``--waybills``, ``--ages``, ``--on`` and ``--sampled``; see :func:`wanted`."""
    for option in (
        click.option(
            "--sampled", is_flag=True, help="材料是面单的随机样本 | the waybills are a random sample"
        ),
        click.option(
            "--on", default=None, help="计算年龄的日期，默认今天 | day of the ages, by default today"
        ),
        click.option("--ages/--no-ages", default=None, help="按年龄段计人 | persons by age"),
        click.option("--waybills/--no-waybills", default=None, help="隐私面单比例 | what the waybills show"),
    ):
        function = option(function)
    return function


def wanted(waybills: bool | None, ages: bool | None, on: str | None, *, sampled: bool) -> Wanted:
    """Return what was asked for; without a day it is today's.

    Raises:
        OfficeError: ``on`` is no day.
    """
    at = environment_clock().now() if on is None else parse_time(on, where="--on")
    return Wanted(waybills, ages, at.astimezone(CHINA).date(), sampled)


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """What a closer look gave, to be shown.

    Attributes:
        closer: What was found.
        asked: What was asked for.
        left_out: ``(what, zh, en)`` of what was not looked at.
    """

    closer: Closer
    asked: Wanted
    left_out: tuple[tuple[str, str, str], ...]

    def rates(self) -> tuple[Rate, ...]:
        """Return the rates of the waybills."""
        from qingyuan.pii.rates import rates  # noqa: PLC0415 - heavy

        return () if self.closer.shown is None else rates(self.closer.shown, sampled=self.asked.sampled)

    def parts(self, lang: str) -> tuple[Part, ...]:
        """Return the parts of a report that show them."""
        from qingyuan.office.closerparts import age_part, waybill_parts  # noqa: PLC0415 - heavy

        ages = None if self.closer.ages is None else age_part(self.closer.ages, self.asked.on, lang)
        return (*waybill_parts(self.rates(), lang), *((ages,) if ages else ()))

    def json(self) -> dict[str, object]:
        """Return the members ``waybills``, ``ages`` and ``left_out``."""
        return {
            "waybills": self._waybills(),
            "ages": None
            if self.closer.ages is None
            else {"on": self.asked.on.isoformat(), **dataclasses.asdict(self.closer.ages)},
            "left_out": [{"what": what, "reason": zh, "reason_en": en} for what, zh, en in self.left_out],
        }

    def _waybills(self) -> dict[str, object] | None:
        from qingyuan.pii.rates import rate_rules  # noqa: PLC0415 - heavy

        found = self.rates()
        if not found:
            return None
        rules = rate_rules()
        bar = rules.bar
        return {
            "rates": [dataclasses.asdict(rate) for rate in found],
            "readings": [{"id": r.id, "zh": r.zh, "en": r.en} for r in rules.readings],
            "bar": {
                "share": bar.share,
                "rule": bar.rule,
                "verified": bar.verified,
                "zh": bar.zh,
                "en": bar.en,
            },
            "sampled": self.asked.sampled,
            "confidence": rules.confidence if self.asked.sampled else None,
        }

    def print(self, out: Out) -> None:
        """Print the waybills, the ages, and what was left out."""
        rates = self.rates()
        if rates:
            _print_rates(rates, out)
        if self.closer.ages is not None:
            _print_ages(self.closer.ages, self.asked.on, out)
        for file, code, zh, en in self.closer.failed:
            out.say(
                f"{file}：未能再次读取（{zh}）[{code}]", f"{file}: could not be read again ({en}) [{code}]"
            )
        for _, zh, en in self.left_out:
            out.say(zh, en)


def closer_look(asked: Wanted, paths: Sequence[Path], limits: Limits, key: bytes, *, live: bool) -> Seen:
    """Look at waybills and ages where that was asked for, or the material is small.

    Args:
        asked: What was asked for.
        paths: Files and folders.
        limits: How much to take.
        key: Token key.
        live: Whether live tables were scanned, too, which are not read twice.
    """
    count, size = extent(paths, limits)
    small = size <= CLOSER_BYTES and count <= CLOSER_FILES
    waybills = small if asked.waybills is None else asked.waybills
    ages = small if asked.ages is None else asked.ages
    left_out = []
    for what, given, zh, en in (
        ("waybills", asked.waybills, "面单脱敏情况", "what the waybills show"),
        ("ages", asked.ages, "年龄段", "ages"),
    ):
        if given is None and not small:
            left_out.append(
                (
                    what,
                    f"材料较大，未统计{zh}（需要再读一遍）；如需统计，请加 --{what}",
                    f"much material: {en} left out, it takes another reading; ask with --{what}",
                )
            )
        elif live and given is not False:
            left_out.append((what, f"数据库表未统计{zh}", f"{en} left out for the tables of databases"))
    found = look_closer(
        paths if waybills or ages else (), limits, key, asked.on, waybills=waybills, ages=ages
    )
    return Seen(found, asked, tuple(left_out))


_DIMENSIONS = {"": ("全部", "all"), "carrier": ("快递公司", "carrier")}
_VERDICTS = {
    "met": ("达到", "met"),
    "not-met": ("未达到", "not met"),
    "cannot-tell": ("不能判断", "cannot tell"),
}


def _print_rates(rates: Sequence[Rate], out: Out) -> None:
    """Print all waybills and those of each carrier; days and sites are in the machine-readable form."""
    from qingyuan.pii.rates import rate_rules  # noqa: PLC0415 - heavy

    rules = rate_rules()
    for reading in rules.readings:
        rows = [
            [
                rate.label
                or out.t(
                    "全部" if not rate.dimension else "（未注明）", "all" if not rate.dimension else "(none)"
                ),
                f"{rate.clear + rate.unsure:,}",
                f"{rate.masked:,}",
                f"{rate.privacy:,}",
                f"{rate.none:,}",
                "" if rate.share is None else f"{rate.share:.1%}",
                "" if rate.low is None or rate.high is None else f"{rate.low:.1%}–{rate.high:.1%}",
                out.t(*_VERDICTS[rate.verdict]),
            ]
            for rate in rates
            if rate.reading == reading.id and rate.dimension in _DIMENSIONS
        ]
        out.table(
            out.t(f"面单：{reading.zh}", f"Waybills: {reading.en}"),
            [
                out.t("快递公司", "carrier"),
                out.t("明文", "clear"),
                out.t("已遮蔽", "masked"),
                out.t("隐私号", "privacy"),
                out.t("无", "none"),
                out.t("比例", "share"),
                out.t("下限–上限", "bounds"),
                out.t("结论", "result"),
            ],
            rows[:_SHOWN],
        )
    out.say(f"　标准：{rules.bar.zh}；按下限判断", f"  bar: {rules.bar.en}; judged on the lower bound")


def _print_ages(ages: Ages, on: date, out: Out) -> None:
    """Print the persons by age."""
    groups = (
        ("不满十四周岁", "under 14", ages.under_14),
        ("十四至十七周岁", "14 to 17", ages.minors),
        ("成年人", "adults", ages.adults),
    )
    zh = "，".join(f"{name} {g.certain:,} 人（另推定 {g.estimated:,} 人）" for name, _, g in groups)
    en = ", ".join(f"{name} {g.certain:,} (and {g.estimated:,} estimated)" for _, name, g in groups)
    out.say(
        f"年龄（截至 {on.isoformat()}）：{zh}，不明 {ages.unknown:,} 人",
        f"ages as of {on.isoformat()}: {en}, unknown {ages.unknown:,}",
    )
    if ages.children.count:
        out.say(
            f"　已知不满十四周岁的人的信息 {ages.children.count:,} 条，无论何种读法均属敏感个人信息（《个人信息保护法》{ages.children.article}）",
            f"  information known to be of children under 14: {ages.children.count:,} pieces, sensitive in every reading (Personal Information Protection Law, art. 28)",
        )
