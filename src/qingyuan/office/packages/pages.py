"""The members of a package that are for people: one page about it, and the list of its exhibits."""

from __future__ import annotations

import csv
import io
import re

from qingyuan.documents.sheet import Section, Sheet, SheetTable, sheet_pdf
from qingyuan.evidence import (
    Manifest,
    PackageExhibit,
    PackageSource,
    StampedCheckpoint,
    format_time,
)
from qingyuan.evidence.listing import collection_order, scope_kind, source_of
from qingyuan.office.cells import plain_cell

#: Exhibits that the one page names; the others stand in the list.
_ON_PAGE = 6
#: Exhibits that the printed list holds; beyond it only the CSV has all.
_PRINTED = 500
_NAME = 48
#: Characters of a path or address on the one page.
_SOURCE = 44
_SPACE = re.compile(r"\s+")
_COLUMNS = (
    "序号", "编号", "名称", "原路径", "媒体类型", "字节", "来源", "派生自", "收集人", "第二收集人", "收集方式", "取得来源",
    "设备", "开始时间", "结束时间", "SHA-256", "SM3", "内容",
)  # fmt: skip
_CHECKING = (
    "1. 另行取得信任文件和核验程序，并核对其指纹；不要用随包文件代替。",
    "Get the trust file and a verifier by another way than this package, and compare their fingerprints.",
    "2. 两个核验程序任选，最好都用，结论应当一致；均不联网，也不需要制作本包的系统。",
    "There are two verifiers, which must agree; neither needs the network or the system that made this.",
    "甲 A：python verify_evp.py 本文件.evp --trust 信任文件 [--policy 见证策略]",
    "乙 B：用浏览器打开 verify.html，把本文件和信任文件拖入。 Open verify.html in a browser, drop both files in.",
    "3. 结论只有三种：通过、不通过、无法判断；每条理由对应《人民法院在线诉讼规则》的条文。",
    "The verdict is one of pass, fail, cannot tell; each reason names the article it speaks to.",
)
_LIMITS = (
    (
        "核验通过，说明材料自收取入库、记入日志以后没有改变。它不能证明材料在收集之前是否真实、完整，也不能证明材料所述属实；"
        "没有外部见证人会签、没有可信时间戳的，也不能单独证明所称的时间。这些须结合来源、取证过程和其他证据审查判断。"
    ),
    (
        "A pass says that the material has not changed since it was taken in and logged. It does not prove that it was true or "
        "complete before, nor that what it says is so; without outside witnesses or trusted time stamps it does not by itself "
        "prove the claimed times either."
    ),
)


def pages(source: PackageSource) -> dict[str, bytes]:
    """Return the optional members for people by name; the same source gives the same bytes.

    Raises:
        DocumentError: A page cannot be set.
    """
    exhibits = collection_order(source.exhibits, source.events)
    return {
        "说明.pdf": sheet_pdf(_about(source, exhibits)),
        "证据清单.csv": _csv(exhibits),
        "证据清单.pdf": sheet_pdf(_list(source, exhibits)),
    }


def _about(source: PackageSource, exhibits: list[PackageExhibit]) -> Sheet:
    withheld = sum(e.open is None for e in exhibits)
    twin = source.twin
    policy = "附后，供参考 attached for information" if source.policy is not None else "未公布 none published"
    return Sheet(
        title="电子证据包说明",
        subtitle="About this evidence package",
        author=source.office.name,
        issued=format_time(source.made_at),
        facts=(
            ("编号 Id", source.id),
            (_kind(source), f"{_cut(source.title)}（{_cut(source.matter)}）"),
            ("制作单位 Office", _cut(source.office.name)),
            ("制作时间 Made at", format_time(source.made_at)),
            ("证据材料 Exhibits", _held(len(exhibits), withheld)),
            ("过程事件 Events", f"{len(source.events)} 条"),
            ("日志 Log", f"{_cut(source.log.origin)}（{source.log.size} 条）"),
            ("日志根 Root", source.log.root.hex()),
            ("国密孪生日志 Twin", _cut(twin.origin) if twin else "无 none"),
            ("孪生根 Root", twin.root.hex() if twin else "—"),
            ("可信时间戳 Time stamps", _stamps(source)),
            ("见证策略 Witness policy", policy),
        ),
        sections=(
            Section("一、材料 Exhibits", _more(exhibits), _short_table(exhibits)),
            Section("二、怎样核验 How to check", _CHECKING),
            Section("三、不能证明什么 What it cannot prove", _LIMITS),
        ),
        footer=f"{source.id} · {source.tool}",
        size=10.0,
    )  # fmt: skip


def _list(source: PackageSource, exhibits: list[PackageExhibit]) -> Sheet:
    rows = tuple(_printed_row(number, each) for number, each in enumerate(exhibits[:_PRINTED], 1))
    rest = len(exhibits) - len(rows)
    more = (f"其余 {rest} 件见证据清单.csv。{rest} more: 证据清单.csv.",) if rest > 0 else ()
    return Sheet(
        title="证据清单",
        subtitle="List of exhibits",
        author=source.office.name,
        issued=format_time(source.made_at),
        facts=(
            ("证据包 Package", source.id),
            (_kind(source), f"{_cut(source.title)}（{source.matter}）"),
            ("制作单位 Office", source.office.name),
            ("制作时间 Made at", format_time(source.made_at)),
            ("件数 Exhibits", str(len(exhibits))),
        ),
        sections=(
            Section(
                "材料 Exhibits",
                more,
                SheetTable(
                    ("序号 No.", "编号 Id", "名称 Name", "字节 Bytes", "收集人 By", "时间 At", "来源 From", "SHA-256 / SM3", "内容 Content"),
                    rows,
                    (3, 10, 13, 6, 6, 13, 9, 35, 8),
                    6.5,
                ),
            ),
        ),
        signatures=("移送人 Handed over by", "接收人 Received by", "日期 Date"),
        footer=f"{source.id} · 〓 表示字库所无的字符，原名见 evidence/exhibits.jsonl · 〓: not in the font",
        landscape=True,
        facts_across=3,
    )  # fmt: skip


def _kind(source: PackageSource) -> str:
    return " ".join(scope_kind(source.matter)).title()


def _held(count: int, withheld: int) -> str:
    if not withheld:
        return f"{count} 件，均在包内 all inside"
    return f"{count} 件，其中 {withheld} 件未随包 withheld"


def _short_table(exhibits: list[PackageExhibit]) -> SheetTable:
    rows = tuple(
        (
            m.id,
            f"{_cut(m.name, _NAME // 2)}\n{source_of(m, _SOURCE)}",
            f"{m.size:,}",
            m.collected.started.replace("T", "\n"),
            m.sha256[:16],
            "在包内 inside" if each.withheld is None else "未随包 withheld",
        )
        for each in exhibits[:_ON_PAGE]
        for m in (each.signed.manifest,)
    )
    columns = (
        "编号 Id",
        "名称、来源 Name, from",
        "字节 Bytes",
        "收集时间 At",
        "SHA-256（前 16 位）",
        "内容 Content",
    )
    return SheetTable(columns, rows, (20, 39, 13, 15, 20, 14), 7.5)


def _more(exhibits: list[PackageExhibit]) -> tuple[str, ...]:
    rest = len(exhibits) - _ON_PAGE
    return (
        (f"共 {len(exhibits)} 件，以下列前 {_ON_PAGE} 件，全部见证据清单。All: 证据清单.csv.",)
        if rest > 0
        else ()
    )


def _printed_row(number: int, each: PackageExhibit) -> tuple[str, ...]:
    m = each.signed.manifest
    who = m.collected.by + (f"、{m.collected.second}" if m.collected.second else "")
    return (
        str(number),
        m.id,
        _cut(m.name, 2 * _NAME),
        f"{m.size:,}",
        who,
        m.collected.started,
        _cut(_origin(m)),
        f"{m.sha256}\n{m.sm3}",
        _content(each),
    )


def _origin(manifest: Manifest) -> str:
    if manifest.origin == "derived":
        return f"派生 derived：{manifest.collected.source}"
    return manifest.collected.source or "未记录 not recorded"


def _content(each: PackageExhibit) -> str:
    return "在包内 inside" if each.withheld is None else f"未随包：{_cut(each.withheld.zh)} withheld"


def _stamps(source: PackageSource) -> str:
    if not source.timestamps:
        return "无 none"
    heads = sum(isinstance(stamp.subject, StampedCheckpoint) for stamp in source.timestamps)
    return f"{len(source.timestamps)} 个，其中检查点 {heads} 个 of checkpoints"


def _csv(exhibits: list[PackageExhibit]) -> bytes:
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for number, each in enumerate(exhibits, 1):
        m = each.signed.manifest
        writer.writerow(
            _cell(value)
            for value in (
                str(number), m.id, m.name, m.path, m.media_type, str(m.size),
                "收集" if m.origin == "collected" else "派生", " ".join(m.parents), m.collected.by,
                m.collected.second or "", m.collected.method, m.collected.source, m.collected.device,
                m.collected.started, m.collected.ended, m.sha256, m.sm3,
                "在包内" if each.withheld is None else f"未随包：{each.withheld.zh}",
            )
        )  # fmt: skip
    return (
        b"\xef\xbb\xbf" + target.getvalue().encode()
    )  # with a mark, or a spreadsheet takes it for another code


def _cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: names come from strangers."""
    return plain_cell(_SPACE.sub(" ", text))


def _cut(text: str, limit: int = _NAME) -> str:
    flat = _SPACE.sub(" ", text)
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
