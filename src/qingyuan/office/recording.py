"""Sealing files of any kind together with the record of how they were collected.

The record (取证记录) is sealed as an exhibit derived from the files. What it lacks is named with the article that
wants it, and is never a reason to refuse.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec
import yaml

from qingyuan import __version__
from qingyuan.evidence import (
    AcquisitionRecord,
    Circumstances,
    Collected,
    MissingFact,
    format_time,
    missing_facts,
)
from qingyuan.office.collect import Limits, Refused, root_names, walk
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.receiving import receiving
from qingyuan.office.sealing import Collector, Sealer
from qingyuan.plainyaml import load_yaml
from qingyuan.shapes import convert

_LIMIT = 1 << 20
#: What makes the record.
RECORDER = f"qingyuan/{__version__} acquisition-record"


class Facts(Circumstances, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What people write down about a collection.

    Attributes:
        by: Actor identifier of the collector; empty to take it from the command.
        second: Second collector's; empty to take it from the command.
        method: How; empty to take it from the command.
        source: From where; empty to take it from the command.
        device: Identifier of the device it was collected on; empty to take it from the command.
        started: When the collection began, if that was before the files were sealed.
        ended: When it ended.
    """

    by: str = ""
    second: str = ""
    method: str = ""
    source: str = ""
    device: str = ""
    started: str = ""
    ended: str = ""

    def collector(self, default: Collector) -> Collector:
        """Return who collects: what is written here, else what the command says."""
        return Collector(
            by=self.by or default.by,
            second=self.second or default.second,
            method=self.method or default.method,
            source=self.source or default.source,
            device=self.device or default.device,
        )


class Recorded(msgspec.Struct, frozen=True):
    """Files that were sealed with their record.

    Attributes:
        exhibits: Path as given and identifier of each file.
        record: Identifier of the sealed record; empty when there was nothing to write down.
        missing: What the record lacks.
    """

    exhibits: tuple[tuple[str, str], ...]
    record: str
    missing: tuple[MissingFact, ...]


def read_facts(path: Path) -> Facts:
    """Read the facts of a collection from a YAML file.

    Raises:
        OfficeError: It is no YAML, or names a fact that there is not.
    """
    with path.open("rb") as file:
        data = file.read(_LIMIT + 1)
    reason = "longer than 1 MiB"
    if len(data) <= _LIMIT:
        try:
            return convert(_times(load_yaml(data) or {}), Facts)
        except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
            reason = " ".join(str(error).split())
    raise OfficeError(
        "office.bad-record",
        zh=f"取证记录文件不能使用：{reason}",
        en=f"the file of the acquisition record cannot be used: {reason}",
        where=str(path),
        remedy_zh=f"可用的项：{'、'.join(Facts.__struct_fields__)}",
        remedy_en=f"it may have: {', '.join(Facts.__struct_fields__)}",
    )


def _times(value: object) -> object:
    """Return the members with times, which YAML reads as such, as our texts again."""
    if not isinstance(value, dict):
        return value
    return {n: format_time(v) if isinstance(v, datetime) and v.tzinfo else v for n, v in value.items()}


def seal_recorded(
    home: Home,
    scope: str,
    paths: Sequence[Path],
    collector: Collector,
    facts: Facts | None = None,
    *,
    limits: Limits | None = None,
) -> Recorded:
    """Seal files of any kind into a lead or matter, with the record of their collection; all of them or none.

    Args:
        home: The office.
        scope: Lead or matter.
        paths: The files: documents, screenshots, recordings, exports of devices.
        collector: Who collects, unless ``facts`` says otherwise.
        facts: What is known about the collection; without it no record is sealed, and what is missing is still named.
        limits: How large a file may be, and whether one may be mostly holes.

    Two files of one name keep apart: the second is ``name (2)`` in its manifest, as in an intake.

    Raises:
        OfficeError: There is no such lead or matter, it is not ours to add to any more, a file is larger than the limit or mostly holes (``office.not-sealed``),
            is part of the home (``office.own-file``), or was given twice (``office.given-twice``).
        SourceError: A file cannot be read or changed while it was read.
        EvidenceError: A time among the facts is none.
    """
    receiving(home, scope)
    names = _names(home, paths, limits or Limits())
    known = facts or Facts()
    who = known.collector(collector)
    sealer = Sealer(home, scope, who)
    began, ticks = home.clock.now(), home.clock.monotonic_ns()
    prepared = []
    try:
        for path in paths:
            prepared.append(sealer.file(path, names[path]))  # noqa: PERF401 - what was made must be undone
        record = acquisition_record(
            known, who, format_time(began), format_time(home.clock.now()), home.clock.monotonic_ns() - ticks
        )
        missing = missing_facts(record)
        if facts is not None:
            parents = [each.signed.manifest.id for each in prepared]
            name = f"取证记录-{parents[0]}.json"
            prepared.append(
                sealer.derived(
                    record.as_bytes(), name, kind="application/json", parents=parents, engine=RECORDER
                )
            )
        kept = sealer.keep(prepared)
    except BaseException:
        for each in prepared:
            each.temporary.unlink(missing_ok=True)
        raise
    with home.database.write() as connection:
        rows = sealer.record(connection, kept)
    files = tuple((str(path), row.id) for path, row in zip(paths, rows, strict=False))
    return Recorded(files, rows[-1].id if facts is not None else "", missing)


def _names(home: Home, paths: Sequence[Path], limits: Limits) -> dict[Path, str]:
    """Return the name of each file in its manifest, before any is read.

    Raises:
        OfficeError: As :func:`seal_recorded`.
    """
    own = home.path.resolve()
    seen: set[Path] = set()
    for path in paths:
        place = path.resolve()
        if own in place.parents:
            raise OfficeError(
                "office.own-file",
                zh=f"这是工作目录自己的文件（{place.relative_to(own).as_posix()}），不作为材料封存",
                en=f"this is a file of the home itself ({place.relative_to(own).as_posix()}), not material to seal",
                where=str(path),
                remedy_zh="工作目录请整体备份；如确需作为材料，请先复制到别处（密钥环不得封入案卷）",
                remedy_en="back the home up as a whole; copy the file elsewhere first if it really is material (a keyring never is)",
            )
        if place in seen:
            raise OfficeError(
                "office.given-twice",
                zh="同一文件给出了两次",
                en="the same file was given twice",
                where=str(path),
                remedy_zh="每个文件只写一次",
                remedy_en="name each file once",
            )
        seen.add(place)
        for found in walk([path], limits):
            # What is a link or a folder, or cannot be read, is refused in its own words when it is opened.
            if isinstance(found, Refused) and found.code in {"sparse", "too-large"}:
                raise OfficeError(
                    "office.not-sealed",
                    zh=found.zh,
                    en=found.en,
                    where=found.path,
                    remedy_zh=found.remedy_zh,
                    remedy_en=found.remedy_en,
                )
    return root_names(paths)


def acquisition_record(
    facts: Facts, who: Collector, began: str, ended: str, elapsed: int
) -> AcquisitionRecord:
    """Return the record of a collection.

    Args:
        facts: What people wrote down.
        who: Who collected.
        began: When the sealing began, RFC 3339; ``facts`` may say earlier.
        ended: When it ended.
        elapsed: Nanoseconds by the monotonic clock.
    """
    written = {name: getattr(facts, name) for name in Circumstances.__struct_fields__}
    collected = Collected(
        by=who.by,
        second=who.second,
        method=who.method,
        source=who.source,
        device=who.device,
        tool=f"qingyuan/{__version__}",
        started=facts.started or began,
        ended=facts.ended or ended,
        mono_ns=elapsed,
        file_mtime=None,
    )
    return AcquisitionRecord(collected=collected, **written)
