"""The finding and its JSONL and Arrow forms."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Iterator

import msgspec
import pyarrow as pa

from qingyuan.canonical import canonical_json
from qingyuan.findings.errors import FindingsError
from qingyuan.shapes import from_json

#: Identifier of the JSONL and Arrow record layout.
SCHEMA = "qingyuan-finding/1"


class State(enum.StrEnum):
    """What a finding may claim; none of the four is a verdict."""

    LEAD = "成立线索"
    TO_VERIFY = "待核实"
    EXCLUDED = "排除"
    UNDETERMINED = "无法判定"

    @property
    def en(self) -> str:
        """Return the English name."""
        return {
            State.LEAD: "substantiated clue",
            State.TO_VERIFY: "to be verified",
            State.EXCLUDED: "excluded",
            State.UNDETERMINED: "cannot be determined",
        }[self]


class Provision(msgspec.Struct, frozen=True, omit_defaults=True):
    """A reference to a provision of the ``law`` room.

    Attributes:
        rule: Identifier of the rule in the law data, e.g. ``"pipl-sensitive"``.
        law: Title of the instrument in Chinese.
        article: Article as printed, e.g. ``"第二十八条"``.
        verified: Whether the article text was read in a named source.
    """

    rule: str
    law: str
    article: str
    verified: bool = False


class Example(msgspec.Struct, frozen=True, omit_defaults=True):
    """One exact place with a masked excerpt.

    Attributes:
        place: Place inside the file, e.g. ``"line 12"``, ``"sheet 名单!D7"``, ``"$.items[3].tel"``.
        excerpt: The value with its identifying part masked; never the clear value.
        byte_start: First byte in the file, where the format has byte offsets.
        byte_end: One past the last byte, where the format has byte offsets.
    """

    place: str
    excerpt: str
    byte_start: int | None = None
    byte_end: int | None = None


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One finding of one engine about one file (or one member of an archive).

    Attributes:
        id: ``F-`` and 16 hex digits of the SHA-256 over all the other fields.
        engine: Name of the engine and its version, e.g. ``"pii/0.1.0"``.
        rule: The engine's rule or kind, e.g. ``"mobile"``.
        title_zh: What was seen, one sentence, Chinese.
        title_en: The same in English.
        state: See :class:`State`.
        exhibit: Identifier of the sealed exhibit, or ``""`` for an ad-hoc scan.
        file: Path of the file as the user gave it.
        member: Path inside an archive, or ``None``.
        count: Number of occurrences.
        distinct: Number of distinct normalised values, or ``None`` when values are masked.
        examples: The first places, with masked excerpts; at least one.
        provisions: The provisions that make it matter; at least one.
        refuted_by_zh: What would show the finding to be wrong, Chinese.
        refuted_by_en: The same in English.
    """

    id: str
    engine: str
    rule: str
    title_zh: str
    title_en: str
    state: State
    file: str
    count: int
    examples: tuple[Example, ...]
    provisions: tuple[Provision, ...]
    refuted_by_zh: str
    refuted_by_en: str
    exhibit: str = ""
    member: str | None = None
    distinct: int | None = None

    def __post_init__(self) -> None:
        """Refuse a finding without a place or a provision (law 1 of the house)."""
        if not self.examples:
            raise FindingsError(
                "findings.no-place",
                zh="发现没有具体位置，不能成立",
                en="a finding without a place does not exist",
                where=f"{self.engine} {self.rule} {self.file}",
                remedy_zh="引擎须给出至少一处位置",
                remedy_en="the engine must give at least one place",
            )
        if not self.provisions:
            raise FindingsError(
                "findings.no-provision",
                zh="发现没有对应的法律条款，不能成立",
                en="a finding without a provision of law does not exist",
                where=f"{self.engine} {self.rule} {self.file}",
                remedy_zh="请在规则数据中补充依据条款",
                remedy_en="name the provision in the rule's data",
            )


def finding_id(finding: Finding) -> str:
    """Return the identifier that follows from the content of ``finding`` (its ``id`` ignored)."""
    body = msgspec.to_builtins(finding)
    del body["id"]
    return "F-" + hashlib.sha256(canonical_json(body)).hexdigest()[:16]


def to_jsonl(findings: Iterable[Finding]) -> bytes:
    """Return one canonical JSON object (RFC 8785) per line, in the order given."""
    return b"".join(canonical_json(msgspec.to_builtins(f)) + b"\n" for f in findings)


def from_jsonl(data: bytes, *, where: str = "findings.jsonl") -> Iterator[Finding]:
    """Yield the findings of a JSONL file.

    Raises:
        FindingsError: A line is not a finding; ``where`` and the line number are named.
    """
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line:
            continue
        try:
            yield from_json(line, Finding)
        except msgspec.MsgspecError as error:
            raise FindingsError(
                "findings.bad-line",
                zh=f"不是有效的发现记录：{error}",
                en=f"not a finding: {error}",
                where=f"{where} line {number}",
                remedy_zh="请用同一版本重新生成该文件",
                remedy_en="write the file again with the same version",
            ) from error


_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("id", pa.string()),
    ("engine", pa.string()),
    ("rule", pa.string()),
    ("title_zh", pa.string()),
    ("title_en", pa.string()),
    ("state", pa.string()),
    ("exhibit", pa.string()),
    ("file", pa.string()),
    ("member", pa.string()),
    ("count", pa.int64()),
    ("distinct", pa.int64()),
    ("places", pa.list_(pa.string())),
    ("provisions", pa.list_(pa.string())),
]
_ARROW = pa.schema([pa.field(name, kind) for name, kind in _COLUMNS], metadata={b"schema": SCHEMA.encode()})


def to_arrow(findings: Iterable[Finding]) -> pa.Table:
    """Return the findings as an Arrow table, one row each, for queries and reports."""
    rows = [
        {
            "id": f.id,
            "engine": f.engine,
            "rule": f.rule,
            "title_zh": f.title_zh,
            "title_en": f.title_en,
            "state": f.state.value,
            "exhibit": f.exhibit,
            "file": f.file,
            "member": f.member,
            "count": f.count,
            "distinct": f.distinct,
            "places": [e.place for e in f.examples],
            "provisions": [f"{p.law}{p.article}" for p in f.provisions],
        }
        for f in findings
    ]
    return pa.Table.from_pylist(rows, schema=_ARROW)
