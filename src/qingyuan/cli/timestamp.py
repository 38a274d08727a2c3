"""``qingyuan timestamp``: trusted timestamps (RFC 3161) over heads of the logs, exhibits and older timestamps."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qingyuan.cli._app import Out, common, home_option

if TYPE_CHECKING:
    from qingyuan.evidence.timestamp import StoredTimestamp
    from qingyuan.office.timestamps.review import Due, Reviewed
    from qingyuan.office.timestamps.stamping import StampReport

_DAYS = click.IntRange(min=0)


@click.group()
def timestamp() -> None:
    """可信时间戳 | Trusted timestamps (RFC 3161)."""


@timestamp.command()
@click.option("--exhibit", default=None, help="对该证据材料的清单 | over the manifest of this exhibit")
@click.option("--renew", is_flag=True, help="为将老化的时间戳续期 | renew timestamps that are ageing")
@click.option(
    "--before", default=90, show_default=True, type=_DAYS, help="证书过期前多少天续期 | renew this many days before a certificate expires"
)  # fmt: skip
@click.option(
    "--older-than", default=None, type=_DAYS, help="也续期早于此天数的 | also renew what is older than this many days"
)  # fmt: skip
@home_option
@common
def request(
    exhibit: str | None, renew: bool, before: int, older_than: int | None, home: Path, out: Out
) -> None:
    """申请时间戳：默认对两个账本的最新检查点 | Have the newest heads of both logs stamped, or what the options say."""
    from qingyuan.office.home import Home  # noqa: PLC0415 - help needs no office
    from qingyuan.office.timestamps.stamping import restamp, stamp_checkpoint, stamp_exhibit  # noqa: PLC0415

    if exhibit is not None and renew:
        raise click.UsageError("--exhibit and --renew exclude each other")
    with Home.open(home) as office:
        if exhibit is not None:
            report = stamp_exhibit(office, exhibit)
        elif renew:
            report = restamp(office, before=timedelta(days=before), older_than=_days(older_than))
        else:
            report = stamp_checkpoint(office)
    out.result(report.as_dict())
    _say_report(report, out)
    if report.failed and not (report.stamped or report.present):
        sys.exit(1)


@timestamp.command("list")
@click.option(
    "--before", default=90, show_default=True, type=_DAYS, help="证书过期前多少天算将老化 | ageing begins this many days before a certificate expires"
)  # fmt: skip
@home_option
@common
def list_(before: int, home: Path, out: Out) -> None:
    """已存的时间戳及应续期者 | Stored timestamps, and which are due to be renewed."""
    from qingyuan.office.home import Home  # noqa: PLC0415
    from qingyuan.office.timestamps.review import ageing  # noqa: PLC0415
    from qingyuan.store.timestamps import timestamps  # noqa: PLC0415

    with Home.open(home) as office:
        with office.database.read() as connection:
            rows = timestamps(connection)
        due = {each.row.id: each for each in ageing(office, before=timedelta(days=before))}
    out.result({"timestamps": [{**_row(row), "due": _due(due.get(row.id))} for row in rows]})
    out.table(
        out.t("时间戳", "timestamps"),
        [
            out.t("编号", "id"),
            out.t("时间", "time"),
            out.t("对象", "over"),
            out.t("机构", "authority"),
            out.t("运营方", "operator"),
            out.t("应续期", "due"),
        ],
        [
            [str(row.id), row.gen_time, _subject(row), row.tsa, row.operator, _reasons(due.get(row.id), out)]
            for row in rows
        ],
    )


@timestamp.command()
@home_option
@common
def check(home: Path, out: Out) -> None:
    """用两个读取器重新核验全部时间戳 | Check every stored timestamp by two readers; exit 1 when one is not good."""
    from qingyuan.evidence.timestamp import Agreement, Standing  # noqa: PLC0415
    from qingyuan.office.home import Home  # noqa: PLC0415
    from qingyuan.office.timestamps.review import review  # noqa: PLC0415

    with Home.open(home) as office:
        reviewed = review(office)
    bad = [
        each
        for each in reviewed
        if each.judged.standing is not Standing.TRUSTED or each.opinion.agreement is Agreement.DISAGREE
    ]
    out.result({"ok": not bad, "timestamps": [_reviewed(each) for each in reviewed]})
    for each in reviewed:
        out.say(*_verdict(each))
    out.say(
        f"{len(reviewed)} 个时间戳，{len(bad)} 个有问题", f"{len(reviewed)} timestamps, {len(bad)} not good"
    )
    if bad:
        sys.exit(1)


@timestamp.command()
@click.argument("identifier", type=click.IntRange(min=1))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@home_option
@common
def export(identifier: int, folder: Path, home: Path, out: Out) -> None:
    """导出应答和原文，供 openssl ts 等核验 | Write the answer and what it is over, to check with openssl ts."""
    from qingyuan.office.home import Home  # noqa: PLC0415
    from qingyuan.office.timestamps.review import message_of  # noqa: PLC0415
    from qingyuan.store.timestamps import timestamp as find  # noqa: PLC0415

    with Home.open(home) as office, office.database.read() as connection:
        row = find(connection, identifier)
        message = message_of(connection, row)
    folder.mkdir(parents=True, exist_ok=True)
    answer, data = folder / f"{identifier}.tsr", folder / f"{identifier}.message"
    answer.write_bytes(row.token)
    data.write_bytes(message)
    out.result({**_row(row), "answer": str(answer), "message": str(data)})
    out.say(f"已写入 {answer} 和 {data}", f"written: {answer} and {data}")


@timestamp.command("serve-test")
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="端口，0 为自动 | port; 0 takes a free one"
)
@click.option(
    "--kind", type=click.Choice(["ec", "rsa", "sm2"]), default="ec", show_default=True, help="密钥种类 | kind of key"
)  # fmt: skip
@click.option("--name", default="test", show_default=True, help="机构名称 | name of the authority")
@click.option(
    "--for",
    "seconds",
    type=click.FloatRange(0),
    default=None,
    help="若干秒后自行结束 | end by itself after so many seconds",
)
@common
def serve_test(port: int, kind: str, name: str, seconds: float | None, out: Out) -> None:
    """在本机运行测试用机构（无证明力） | Run a TEST authority on loopback; its timestamps prove nothing."""
    import os  # noqa: PLC0415

    from qingyuan.office.clock import SystemClock  # noqa: PLC0415
    from qingyuan.office.timestamps.test_authority import found_authority, tsa_server  # noqa: PLC0415

    clock = SystemClock()
    made = found_authority(kind, now=clock.now(), name=name)  # type: ignore[arg-type]
    serial = int.from_bytes(os.urandom(7), "big") << 32 | 1
    with tsa_server(made.authority, port, clock=clock, first_serial=serial) as server:
        entry = {
            "name": name,
            "operator": name,
            "url": f"http://127.0.0.1:{server.port}/tsr",
            "certificate": made.root_pem(),
            "hash": "sm3" if kind == "sm2" else "sha256",
        }
        out.result(entry)
        out.note("测试用机构，无证明力；写入 tsa.yaml：", "a TEST authority, proves nothing; for tsa.yaml:")
        if not out.json:
            click.echo(_as_yaml(entry))
        sys.stdout.flush()
        server.run_until_signal(seconds)


def _as_yaml(entry: dict[str, str]) -> str:
    import yaml  # noqa: PLC0415

    return str(yaml.safe_dump({"tsas": [entry]}, allow_unicode=True, sort_keys=False)).rstrip()


def _days(count: int | None) -> timedelta | None:
    return None if count is None else timedelta(days=count)


def _subject(row: StoredTimestamp) -> str:
    return f"{row.over} {row.subject}" + ("" if row.size is None else f" @{row.size}")


def _row(row: StoredTimestamp) -> dict[str, object]:
    from qingyuan.office.timestamps.stamping import row_dict  # noqa: PLC0415 - help needs no office

    return row_dict(row)


def _due(each: Due | None) -> list[dict[str, object]]:
    if each is None:
        return []
    return [
        {"code": reason.age.value, "zh": reason.age.zh, "en": reason.age.en, "due": reason.due}
        for reason in each.reasons
    ]


def _reasons(each: Due | None, out: Out) -> str:
    return "" if each is None else "；".join(out.t(reason.age.zh, reason.age.en) for reason in each.reasons)


def _reviewed(each: Reviewed) -> dict[str, object]:
    found, error = each.judged.timestamp, each.judged.error
    return {
        **_row(each.row),
        "standing": each.judged.standing.value,
        "trust": None if found is None else found.trust.value,
        "revocation": None if found is None else found.revocation.standing.value,
        "signer": None if found is None or found.signer is None else found.signer.sha256,
        "authority": None if found is None else found.tsa,
        "serial": None if found is None else f"{found.serial:x}",
        "policy": None if found is None else found.policy,
        "imprint": None if found is None else found.imprint_algorithm,
        "notes": [] if found is None else [note.value for note in found.notes],
        "error": None if error is None else error.as_dict(),
        "second": {"agreement": each.opinion.agreement.value, "said": each.opinion.said},
    }


def _verdict(each: Reviewed) -> tuple[str, str]:
    """Return the line about one timestamp, in Chinese and English."""
    found, error = each.judged.timestamp, each.judged.error
    head = f"{each.row.id} {each.row.gen_time} {each.row.tsa}"
    zh, en = (error.zh, error.en) if error else ("", "")
    if found is not None:
        revocation = [found.revocation.standing] if found.trusted else []
        zh = "；".join(
            [found.trust.zh, *(each.zh for each in revocation), *(note.zh for note in found.notes)]
        )
        en = "; ".join(
            [found.trust.en, *(each.en for each in revocation), *(note.en for note in found.notes)]
        )
    words = {
        "agree": ("第二读取器一致", "the second reader agrees"),
        "disagree": ("第二读取器结论不同", "the second reader DISAGREES"),
        "cannot-judge": ("第二读取器无法判断", "the second reader cannot judge"),
    }[each.opinion.agreement.value]
    said = f" ({each.opinion.said})" if each.opinion.said else ""
    return f"{head}：{zh}；{words[0]}{said}", f"{head}: {en}; {words[1]}{said}"


def _say_report(report: StampReport, out: Out) -> None:
    for each in report.stamped:
        seconds = round(each.offset.total_seconds())
        out.say(
            f"已取得：{_subject(each.row)}，{each.row.tsa}，{each.row.gen_time}（与本机相差 {seconds} 秒）",
            f"stamped: {_subject(each.row)}, {each.row.tsa}, {each.row.gen_time} ({seconds} s off this clock)",
        )
        for note in each.notes:
            out.say(f"  注意：{note.zh}", f"  note: {note.en}")
    for row in report.present:
        out.say(f"已有：{_subject(row)}，{row.tsa}", f"there already: {_subject(row)}, {row.tsa}")
    for failure in report.failed:
        out.say(f"失败：{failure.tsa}：{failure.error.text('zh')}", f"failed: {failure.tsa}: {failure.error.text('en')}")  # fmt: skip
    for each in report.disagreements:
        out.say(
            f"第二读取器不认可 {each.row.tsa} 的时间戳：{each.opinion.said}",
            f"the second reader refuses the timestamp of {each.row.tsa}: {each.opinion.said}",
        )
    if not report.subjects:
        out.say("没有需要时间戳的内容", "there is nothing to stamp")
    elif not report.operators:
        out.say("没有一家机构对全部内容出具", "no operator stamped all of it")
    elif len(report.operators) == 1:
        out.say(
            "只有一家机构出具；建议至少两家不同机构",
            "only one operator stamped it; two different ones are better",
        )
