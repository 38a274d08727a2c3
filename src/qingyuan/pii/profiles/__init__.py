"""Profiles: what a scan says to a certain reader; YAML files, adding one needs no Python."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from datetime import date
from importlib import resources

import msgspec
import numpy as np
import pyarrow as pa

from qingyuan.findings import Provision
from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.catalog import catalog, load_file
from qingyuan.pii.errors import PiiError
from qingyuan.pii.model import FileScan

_DATE = re.compile(rb"(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])")


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule looks for; everything given must hold.

    Attributes:
        masked: Whether the values are masked.
        kinds: Any of these kinds.
        sensitive: Whether art. 28 of the Personal Information Protection Law lists the kind.
        column_words: The name of the column holds any of these.
        at_least: At least so many values.
    """

    masked: bool
    kinds: tuple[str, ...] = ()
    sensitive: bool | None = None
    column_words: tuple[str, ...] = ()
    at_least: int = 1


class Advice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is wrong, why, and what to do.

    Attributes:
        gravity: 1 is the gravest.
        zh: What is wrong, Chinese.
        en: The same in English.
        fix_zh: What to do, Chinese.
        fix_en: The same in English.
        provisions: Why.
    """

    gravity: int
    zh: str
    en: str
    fix_zh: str
    fix_en: str
    provisions: tuple[Provision, ...]


class ProfileRule(Advice, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule; the first that holds is taken.

    Attributes:
        id: Its name.
        when: What it looks for.
    """

    id: str
    when: When


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A profile.

    Attributes:
        name: Its name.
        zh: Title, Chinese.
        en: Title, English.
        rules: In order.
        retention: What to say of old dates, or ``None``.
        retention_years: From how many years on.
        date_columns: Names of columns whose dates tell how long something is kept.
    """

    name: str
    zh: str
    en: str
    rules: tuple[ProfileRule, ...]
    retention: Advice | None = None
    retention_years: int = 3
    date_columns: tuple[str, ...] = ()


class Fix(msgspec.Struct, frozen=True):
    """One thing to be fixed; a place and a number, never a value.

    Attributes:
        rule: Identifier of the rule.
        gravity: 1 is the gravest.
        file: File.
        member: Path inside an archive, or ``None``.
        column: Column, or ``None``.
        kind: Kind, ``""`` for old dates.
        masked: Whether the values are masked.
        count: How many values.
        first_place: The first place.
        zh: What is wrong, Chinese.
        en: The same in English.
        fix_zh: What to do, Chinese.
        fix_en: The same in English.
        provisions: Why.
    """

    rule: str
    gravity: int
    file: str
    member: str | None
    column: str | None
    kind: str
    masked: bool
    count: int
    first_place: str
    zh: str
    en: str
    fix_zh: str
    fix_en: str
    provisions: tuple[Provision, ...]


@functools.cache
def profiles() -> dict[str, Profile]:
    """Return the profiles shipped with the package, by name."""
    files = sorted(
        (f for f in resources.files(__package__).iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name
    )
    return {file.name.removesuffix(".yaml"): load_file(file, Profile) for file in files}


def profile(name: str) -> Profile:
    """Return a profile.

    Raises:
        PiiError: There is none of that name.
    """
    known = profiles()
    if name not in known:
        raise PiiError(
            "pii.no-profile",
            zh="没有这个自查方案",
            en="there is no such profile",
            where=name,
            remedy_zh="可用：" + "、".join(known),
            remedy_en="known: " + ", ".join(known),
        )
    return known[name]


def fixes(chosen: Profile, scan: FileScan) -> list[Fix]:
    """Return what must be fixed in a file, by column and kind; only confirmed values count."""
    out = []
    for column, kind, member, masked, count, place in _groups(scan):
        rule = next(
            (r for r in chosen.rules if _holds(r.when, kind, column, masked=masked, count=count)), None
        )
        if rule is not None:
            out.append(
                _fix(rule.id, rule, scan.file, member, column, kind, place, masked=masked, count=count)
            )
    return out


def _groups(scan: FileScan) -> Iterator[tuple[str | None, str, str | None, bool, int, str]]:
    names = ["column", "kind", "member", "masked", "state", "place"]
    table = scan.hits.select(names).cast(
        pa.schema([(n, pa.bool_() if n == "masked" else pa.string()) for n in names])
    )
    counted: dict[tuple[str | None, str, str | None, bool], tuple[int, str]] = {}
    for batch in table.to_batches(max_chunksize=1 << 16):
        for column, kind, member, masked, state, place in zip(
            *(c.to_pylist() for c in batch.columns), strict=True
        ):
            if state == "confirmed":
                count, first = counted.get((column, kind, member, masked), (0, place))
                counted[column, kind, member, masked] = count + 1, first
    for (column, kind, member, masked), (count, place) in counted.items():
        yield column, kind, member, masked, count, place


def _holds(when: When, kind: str, column: str | None, *, masked: bool, count: int) -> bool:
    known = catalog().kinds.get(kind)
    return (
        when.masked is masked
        and (not when.kinds or kind in when.kinds)
        and (when.sensitive is None or (known is not None and known.sensitive is when.sensitive))
        and (not when.column_words or any(word in (column or "").casefold() for word in when.column_words))
        and count >= when.at_least
    )


def old_dates(chosen: Profile, batches: Iterable[Batch | Unread], file: str, today: date) -> list[Fix]:
    """Return the columns whose oldest date is beyond the retention limit.

    Args:
        chosen: The profile.
        batches: What a reader yields.
        file: The file.
        today: The day of the check.
    """
    if chosen.retention is None:
        return []
    limit = f"{today.year - chosen.retention_years:04d}-{today.month:02d}-{today.day:02d}"
    found: dict[tuple[str | None, str], tuple[int, str]] = {}
    for batch in batches:
        if isinstance(batch, Unread) or batch.prose:
            continue
        for number, name in enumerate(batch.columns):
            if name.rpartition(".")[2].casefold().replace("_", " ") not in chosen.date_columns:
                continue
            cells = [c for c in (batch.column == number).nonzero()[0].tolist() if batch.record[c] > 0]
            old = [
                c for c in cells if _is_before(batch.data[batch.starts[c] : batch.ends[c]].tobytes(), limit)
            ]
            if old:
                count, first = found.get((batch.member, name), (0, ""))
                place = first or str(batch.places(np.array(old[:1]))[0])
                found[batch.member, name] = count + len(old), place
    return [
        _fix("retention", chosen.retention, file, member, name, "", place, masked=False, count=count)
        for (member, name), (count, place) in found.items()
    ]


def _is_before(cell: bytes, limit: str) -> bool:
    found = _DATE.match(cell.strip())
    if found is None:
        return False
    year, month, day = re.split(rb"[-/.]", found.group())
    return f"{int(year):04d}-{int(month):02d}-{int(day):02d}" < limit


def _fix(
    rule: str, advice: Advice, file: str, member: str | None, column: str | None, kind: str, place: str,
    *, masked: bool, count: int,
) -> Fix:  # fmt: skip
    return Fix(
        rule=rule,
        gravity=advice.gravity,
        file=file,
        member=member,
        column=column,
        kind=kind,
        masked=masked,
        count=count,
        first_place=place,
        zh=advice.zh,
        en=advice.en,
        fix_zh=advice.fix_zh,
        fix_en=advice.fix_en,
        provisions=advice.provisions,
    )


def ordered(found: Iterable[Fix]) -> list[Fix]:
    """Return the fixes with the gravest first."""
    return sorted(found, key=lambda f: (f.gravity, -f.count, f.file, f.member or "", f.column or "", f.kind))
