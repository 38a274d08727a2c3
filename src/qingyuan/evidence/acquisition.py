"""The acquisition record: how material came into the office, and what the record still lacks.

The manifest of an exhibit carries only what the package format names. Everything else that the rules
of evidence want written down — place, steps, environment, witnesses, the original medium — stands
here; its canonical JSON is sealed as an exhibit of its own. Which facts are wanted, and by which
article, is data: ``data/must_record.yaml``. A missing fact is reported, never a reason to refuse.
"""

from __future__ import annotations

import functools
from datetime import date
from importlib import resources

import msgspec
import yaml

from qingyuan.evidence._wire import canonical, parse_time
from qingyuan.evidence.errors import ManifestError
from qingyuan.evidence.manifest import Collected
from qingyuan.shapes import convert


class Circumstances(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people know about a collection; empty members are facts not recorded.

    Attributes:
        cause: The matter or purpose it was collected for.
        place: Where the collectors were.
        steps: The steps taken, one a line, so that another can take them again.
        access: How the source was reached: with an account, anonymously, through a proxy.
        network: Addresses, name resolution, proxy, certificate fingerprints, one a line.
        environment: Hardware and software.
        cleanliness: What was checked before the start, and the result.
        clock_offset_ms: Offset of the wall clock from the reference, or ``None`` when not checked.
        medium: Identifier of the original medium and of its seal.
        no_medium_reason: Why the original medium could not be taken.
        copy_source: What a copy was made from.
        copy_process: How the copy was made.
        provider: Who handed the material over.
        notice: Number of the notice by which it was obtained.
        witnesses: Actor identifiers of witnesses.
        no_witness_reason: Why there was no witness.
        recordings: Exhibit identifiers of screenshots and video that show the collection.
        changes: Additions, deletions or changes made to the material, with the reason; ``"无"`` if none.
        category: Category of electronic data.
        remarks: Anything else that needs saying.
    """

    cause: str = ""
    place: str = ""
    steps: tuple[str, ...] = ()
    access: str = ""
    network: tuple[str, ...] = ()
    environment: str = ""
    cleanliness: str = ""
    clock_offset_ms: int | None = None
    medium: str = ""
    no_medium_reason: str = ""
    copy_source: str = ""
    copy_process: str = ""
    provider: str = ""
    notice: str = ""
    witnesses: tuple[str, ...] = ()
    no_witness_reason: str = ""
    recordings: tuple[str, ...] = ()
    changes: str = ""
    category: str = ""
    remarks: str = ""


class AcquisitionRecord(Circumstances, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything known about one collection.

    Attributes:
        collected: The part that every exhibit's manifest carries.
    """

    collected: Collected

    def as_bytes(self) -> bytes:
        """Return the canonical JSON and a line feed, to be sealed as an exhibit."""
        return canonical(msgspec.to_builtins(self)) + b"\n"


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact that a rule wants recorded.

    Attributes:
        facts: Members of the record; one of them is enough.
        law: Title of the instrument.
        article: Article as printed.
        since: First day in force.
        binding: Whether the rule binds public-interest litigation, or is only a measure of quality.
        zh: The fact, in Chinese.
        en: The fact, in English.
        methods: Methods of collection it applies to; empty for all.
        until: Last day in force, or ``None``.
    """

    facts: tuple[str, ...]
    law: str
    article: str
    since: date
    binding: bool
    zh: str
    en: str
    methods: tuple[str, ...] = ()
    until: date | None = None


class MissingFact(msgspec.Struct, frozen=True):
    """A fact that the record lacks.

    Attributes:
        fact: The member to fill in, e.g. ``"collected.second"``; alternatives joined by ``" | "``.
        law: Title of the instrument that wants it.
        article: Article as printed.
        binding: Whether that rule binds public-interest litigation.
        zh: One sentence, in Chinese.
        en: One sentence, in English.
    """

    fact: str
    law: str
    article: str
    binding: bool
    zh: str
    en: str


def missing_facts(record: AcquisitionRecord) -> tuple[MissingFact, ...]:
    """Return the facts that ``record`` lacks under the rules in force on the day the collection began.

    Binding rules come first; within them the order is that of the data.

    Raises:
        ManifestError: The start of the collection is no time.
    """
    started = parse_time(record.collected.started, where="collected.started").date()
    missing = [
        MissingFact(
            " | ".join(wanted.facts),
            wanted.law,
            wanted.article,
            wanted.binding,
            f"未记录{wanted.zh}（《{wanted.law}》{wanted.article}{'' if wanted.binding else '，参照'}）",
            f"not recorded: {wanted.en} ({wanted.law} {wanted.article}{'' if wanted.binding else ', by analogy'})",
        )
        for wanted in requirements()
        if _applies(wanted, started, record.collected.method)
        and not any(_is_recorded(record, fact) for fact in wanted.facts)
    ]
    return tuple(sorted(missing, key=lambda m: not m.binding))


@functools.cache
def requirements() -> tuple[Requirement, ...]:
    """Return the requirements in the room's data, in their order.

    Raises:
        ManifestError: The data names a member that the record does not have.
    """
    text = (resources.files("qingyuan.evidence") / "data" / "must_record.yaml").read_text(encoding="utf-8")
    wanted = convert(yaml.safe_load(text)["requirements"], tuple[Requirement, ...])
    known = set(AcquisitionRecord.__struct_fields__) | {f"collected.{f}" for f in Collected.__struct_fields__}
    for requirement in wanted:
        unknown = set(requirement.facts) - known
        if unknown or not requirement.facts:
            raise ManifestError(
                "evidence.bad-requirement",
                zh=f"应记录事项数据引用了不存在的项：{sorted(unknown)}",
                en=f"the data on facts to record names members that do not exist: {sorted(unknown)}",
                where="must_record.yaml",
                remedy_zh="请更正数据文件",
                remedy_en="correct the data file",
            )
    return wanted


def _applies(wanted: Requirement, day: date, method: str) -> bool:
    in_force = wanted.since <= day and (wanted.until is None or day <= wanted.until)
    return in_force and (not wanted.methods or method in wanted.methods)


def _is_recorded(record: AcquisitionRecord, fact: str) -> bool:
    value: object = record
    for name in fact.split("."):
        value = getattr(value, name)
    return value is not None and value not in ("", ())
