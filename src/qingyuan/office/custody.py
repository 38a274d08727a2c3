"""The chain of custody of one exhibit, from the journal, and the sheet that it prints as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from qingyuan.documents.sheet import Section, Sheet, SheetTable, sheet_html, sheet_pdf, sheet_text
from qingyuan.evidence import Custody, LoggedEvent, Manifest, chain_of_custody, format_time, unnamed_writer
from qingyuan.ledger import parse_checkpoint, parse_note
from qingyuan.office.casework import docket_streams
from qingyuan.office.errors import OfficeError
from qingyuan.office.handover import find_exhibit
from qingyuan.office.home import Home
from qingyuan.office.packages.gathering import read_heads
from qingyuan.shapes import from_json
from qingyuan.store import iter_events
from qingyuan.store.registry import ExhibitRow
from qingyuan.store.timestamps import for_origins

_TRANSFERRED = "evidence.transferred"
_NOTES = (
    (
        "时间是制作单位的时钟所示；先后以日志位置为准。时间戳由外部机构出具，说明条目在所载时间之前已经存在。The times are those of the "
        "office's clock; the order is that of the log. A time stamp of an outside authority shows that the entry existed before it."
    ),
)


class Place(msgspec.Struct, frozen=True):
    """Where the log and outsiders hold one step.

    Attributes:
        index: Its index, the same in the log and in the twin.
        twin: Whether the twin has it too.
        stamps: Operator and time of the earliest time-stamp token of each operator that covers it.
    """

    index: int
    twin: bool
    stamps: tuple[tuple[str, str], ...]


class CustodyRecord(msgspec.Struct, frozen=True):
    """The chain of custody of an exhibit with its places.

    Attributes:
        manifest: The exhibit.
        key: Identifier of the key that signed the manifest.
        custody: Steps and gaps.
        places: One for each step, in their order.
        logs: Origin, size and root (hex) of the log and, if there is one, of its twin.
        office: Name of the office.
        at: When the record was made.
    """

    manifest: Manifest
    key: str
    custody: Custody
    places: tuple[Place, ...]
    logs: tuple[tuple[str, int, str], ...]
    office: str
    at: str


def custody_of(home: Home, identifier: str) -> Custody:
    """Fold the events of an exhibit's docket into its chain of custody.

    Raises:
        OfficeError: There is no such exhibit.
    """
    return custody_record(home, identifier).custody


def custody_record(home: Home, identifier: str) -> CustodyRecord:
    """Return the chain of custody of an exhibit with the places of its steps in the logs.

    Raises:
        OfficeError: There is no such exhibit.
    """
    with home.database.read() as connection:
        row = find_exhibit(connection, identifier)
        streams = docket_streams(connection, row.scope)
        logged = [
            LoggedEvent(e.index, e.type, e.at, e.actor, msgspec.convert(e.payload, dict[str, object]))
            for e in iter_events(connection, streams)
            if e.type.startswith("evidence.") and _may_concern(e.type, e.index, row)
        ]
        heads = read_heads(home, connection)
        notes = [heads.log.note, *([heads.twin.note] if heads.twin is not None else [])]
        tokens = for_origins(connection, [_origin(note) for note in notes])
    manifest = from_json(row.manifest, Manifest)
    custody = chain_of_custody(manifest, logged)
    earliest: dict[str, list[tuple[str, int]]] = {}
    for token in sorted(tokens, key=lambda token: (token.gen_time, token.id)):
        earliest.setdefault(token.operator, []).append((token.gen_time, token.size or 0))
    return CustodyRecord(
        manifest=manifest,
        key=row.key,
        custody=custody,
        places=tuple(
            Place(step.index, heads.twin is not None, _covering(earliest, step.index))
            for step in custody.steps
        ),
        logs=tuple(_described(note) for note in notes),
        office=home.settings.office.name,
        at=format_time(home.clock.now()),
    )


def custody_sheet(record: CustodyRecord) -> Sheet:
    """Return the record as a sheet to print, Chinese with English labels."""
    m = record.manifest
    logs = ["日志 Log", "孪生日志 Twin"]
    return Sheet(
        title="电子证据材料保管链记录",
        subtitle="Chain of custody",
        author=record.office,
        issued=record.at,
        facts=(
            ("材料编号 Exhibit", m.id),
            ("线索或总案 Scope", m.scope),
            ("名称 Name", m.name),
            ("原路径 Path", m.path),
            ("类型与字节 Type, bytes", f"{m.media_type}，{m.size:,}"),
            ("来源 Source", m.collected.source or "未记录 not recorded"),
            ("收集人 Collectors", f"{m.collected.by}、{m.collected.second or '无第二人 no second person'}"),
            ("收集时间 Collected", f"{m.collected.started} — {m.collected.ended}"),
            ("方式与设备 Method, device", f"{m.collected.method}，{m.collected.device}"),
            ("清单签名密钥 Signing key", record.key),
            ("SHA-256", m.sha256),
            ("SM3", m.sm3),
            *(
                (label, f"{origin}（{size} 条 entries），根 root {root}")
                for label, (origin, size, root) in zip(logs, record.logs, strict=False)
            ),
        ),
        sections=(
            Section("一、保管过程 Chain of custody", (), _steps(record)),
            Section("二、缺口 Gaps", () if record.custody.gaps else ("未发现缺口。No gap found.",), _gaps(record)),
            Section("三、说明 Notes", _NOTES),
        ),
        signatures=("制表人 Made by", "核对人 Checked by", "日期 Date"),
        footer=f"{record.office} · {m.id} · {record.at}",
        landscape=True,
        size=8.5,
    )  # fmt: skip


def _steps(record: CustodyRecord) -> SheetTable:
    rows = []
    for number, (step, place) in enumerate(zip(record.custody.steps, record.places, strict=True), 1):
        stamps = "\n".join(f"{operator} {time}" for operator, time in place.stamps)
        rows.append(
            (
                str(number),
                f"{step.stage.value}\n{step.stage.en}",
                step.at.replace("T", "\n"),
                step.actor,
                f"{step.zh}\n{step.en}",
                f"#{place.index}",
                f"#{place.index}" if place.twin else "—",
                stamps or "无 none",
            )
        )
    columns = (
        "序号 No.",
        "阶段 Stage",
        "时间 Time",
        "经办人 By",
        "事项 What",
        "日志 Log",
        "孪生 Twin",
        "时间戳 Time stamps",
    )
    return SheetTable(columns, tuple(rows), (4, 9, 11, 7, 43, 6, 6, 20), 7.5)  # fmt: skip


def _gaps(record: CustodyRecord) -> SheetTable | None:
    rows = tuple(
        (str(number), f"{gap.zh}\n{gap.en}", "—" if gap.index is None else f"#{gap.index}", gap.code)
        for number, gap in enumerate(record.custody.gaps, 1)
    )
    if not rows:
        return None
    return SheetTable(("序号 No.", "缺口 Gap", "日志 Log", "代码 Code"), rows, (4, 60, 8, 20), 7.5)


def _may_concern(kind: str, index: int, row: ExhibitRow) -> bool:
    """Say whether an event can be one of the exhibit: a package made before it was sealed does not hold it."""
    return kind != _TRANSFERRED or index > row.idx


def _covering(earliest: Mapping[str, Sequence[tuple[str, int]]], index: int) -> tuple[tuple[str, str], ...]:
    found = []
    for operator in sorted(earliest):
        time = next((time for time, size in earliest[operator] if size > index), None)
        if time is not None:
            found.append((operator, time))
    return tuple(found)


def _origin(note: bytes) -> str:
    return parse_checkpoint(parse_note(note).text).origin


def _described(note: bytes) -> tuple[str, int, str]:
    head = parse_checkpoint(parse_note(note).text)
    return head.origin, head.size, head.root.hex()


def write_sheet(sheet: Sheet, target: Path) -> None:
    """Write a sheet as the kind that the name of ``target`` says: ``.pdf``, ``.html`` or ``.txt``.

    Raises:
        OfficeError: The name says none of these.
        DocumentError: The page cannot be set.
        EvidenceError: The file cannot be written.
    """
    kind = target.suffix.lower()
    if kind not in {".pdf", ".html", ".txt"}:
        raise OfficeError(
            "office.unknown-kind",
            zh="只能写成 .pdf、.html 或 .txt",
            en="it can be written as .pdf, .html or .txt only",
            where=str(target),
            remedy_zh="请更改文件名的扩展名",
            remedy_en="change the extension of the file name",
        )
    text = {".html": sheet_html, ".txt": sheet_text}
    data = sheet_pdf(sheet) if kind == ".pdf" else text[kind](sheet).encode()
    with unnamed_writer(target) as file:
        file.write(data)
