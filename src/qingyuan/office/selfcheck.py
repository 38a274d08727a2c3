"""Scans that keep nothing: files scanned in processes that may die, with a profile or for what they hold, and forgotten."""

from __future__ import annotations

import dataclasses
import functools
import os
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from qingyuan.office.collect import Refused
from qingyuan.office.scanning import crash_words, failure_words, unscanned
from qingyuan.office.workers import Crew

if TYPE_CHECKING:
    from qingyuan.pii.engine import Summary
    from qingyuan.pii.model import FileScan
    from qingyuan.pii.profiles import Fix, Profile
    from qingyuan.pii.readers import Limits

_MIB = 1 << 20
#: A number in a name that is too long for a day: whatever stands around it, it may name somebody.
_NUMBER = re.compile(r"(\d{3})(\d{2,})(\d{3}[\dXx])")


class Checked(msgspec.Struct, frozen=True):
    """What a self-check found; places and numbers, never a value.

    Attributes:
        chosen: The profile.
        files: Number of files.
        fixes: What must be fixed, the gravest first.
        unread: What was not read.
    """

    chosen: Profile
    files: int
    fixes: tuple[Fix, ...]
    unread: tuple[Refused, ...]


class Looked(msgspec.Struct, frozen=True):
    """What a look at files found; places and numbers, never a value.

    Attributes:
        scans: One a file, without hits, under names in which values are masked.
        summary: All of them together; who stands in several files is one person.
        unread: What was not read.
    """

    scans: tuple[FileScan, ...]
    summary: Summary
    unread: tuple[Refused, ...]


class _One(msgspec.Struct, frozen=True):
    """A file under the name its owner gave it."""

    name: str
    path: str


_Told = tuple["list[Fix]", list[Refused]]


def self_check(files: Sequence[tuple[str, Path]], name: str, *, today: date, workers: int = 1) -> Checked:
    """Scan files with a profile; nothing is written, and the tokens are of a key that is thrown away.

    What is told of a file, its name and the names of its parts and columns, is looked at too: values in them are masked.

    Args:
        files: Name and place of each file.
        name: The profile.
        today: The day of the check.
        workers: Number of processes; 0 scans in this one, for files that are known to be harmless.

    Raises:
        PiiError: There is no such profile.
        OfficeError: Processes do not start.
    """
    from qingyuan.pii.profiles import ordered, profile  # noqa: PLC0415 - heavy

    chosen = profile(name)
    work = functools.partial(_look, name=name, today=today)
    crew: Crew[_One, _Told] = Crew(work, halve=lambda _: None, crashed=_crashed)
    told = list(crew.run([_One(shown, str(path)) for shown, path in files], workers))
    return Checked(
        chosen,
        len(files),
        tuple(ordered(fix for found, _ in told for fix in found)),
        tuple(one for _, unread in told for one in unread),
    )


def look(files: Sequence[tuple[str, Path]], *, workers: int = 1) -> Looked:
    """Scan files for what they hold; nothing is written, and the tokens are of a key that is thrown away.

    Args:
        files: Name and place of each file, one at least.
        workers: As for :func:`self_check`.

    Raises:
        OfficeError: Processes do not start.
    """
    from qingyuan.pii import engine  # noqa: PLC0415 - heavy

    work = functools.partial(_scan, key=os.urandom(32))
    crew: Crew[_One, FileScan] = Crew(work, halve=lambda _: None, crashed=_crashed_scan)
    scans = list(crew.run([_One(shown, str(path)) for shown, path in files], workers))
    summary = engine.merge(scans)
    unread = [
        Refused(name, u.code, u.zh, u.en, u.remedy_zh, u.remedy_en, u.member) for name, u in summary.unread
    ]
    return Looked(tuple(scans), summary, tuple(unread))


def _scan(one: _One, *, key: bytes) -> FileScan:
    """Scan one file in this process, its hits forgotten; one that cannot be scanned is named."""
    from qingyuan.pii import engine, readers  # noqa: PLC0415 - heavy

    try:
        with Path(one.path).open("rb") as stream:
            scan = engine.scan(readers.read(stream, one.name, _limits()), key, one.name, hits=False)
    except Exception as error:  # noqa: BLE001 - a defect of a reader must not lose the other files; it is named
        scan = unscanned(one.name, *failure_words(error, sealed=False))
    return _shown(scan)


def _crashed_scan(one: _One) -> FileScan:
    return _shown(unscanned(one.name, *crash_words(sealed=False)))


def _shown(scan: FileScan) -> FileScan:
    """Mask the values in the names of the file, its members, tables and columns; excerpts are left out."""
    texts = {scan.file, *(each.member or "" for each in scan.unread)}
    texts |= {text or "" for one in scan.columns for text in (one.member, one.table, one.column)}
    plain = {"": "", **_plain(sorted(texts - {""}))}
    return dataclasses.replace(
        scan.without_hits(),
        file=plain[scan.file],
        columns=tuple(
            dataclasses.replace(
                one,
                file=plain[scan.file],
                member=one.member and plain[one.member],
                table=plain[one.table],
                column=plain[one.column],
            )
            for one in scan.columns
        ),
        tallies=(),
        unread=tuple(
            dataclasses.replace(one, member=one.member and plain[one.member]) for one in scan.unread
        ),
    )


def _limits() -> Limits:
    """Return the bounds of a file that somebody waits for."""
    from qingyuan.pii.readers import Limits  # noqa: PLC0415 - heavy

    return Limits(max_archive_depth=2, max_members=2000, max_expanded_bytes=256 * _MIB, seconds=60.0)


def _look(one: _One, *, name: str, today: date) -> _Told:
    """Scan one file in this process; one that cannot be scanned is named."""
    from qingyuan.pii import engine, readers  # noqa: PLC0415 - heavy
    from qingyuan.pii.profiles import fixes, old_dates, profile  # noqa: PLC0415 - heavy

    chosen = profile(name)
    try:
        with Path(one.path).open("rb") as stream:
            scan = engine.scan(readers.read(stream, one.name, _limits()), os.urandom(32), one.name)
            stream.seek(0)
            found = [
                *fixes(chosen, scan),
                *old_dates(chosen, readers.read(stream, one.name, _limits()), one.name, today),
            ]
        unread = [
            Refused(one.name, u.code, u.zh, u.en, u.remedy_zh, u.remedy_en, u.member) for u in scan.unread
        ]
    except Exception as error:  # noqa: BLE001 - a defect of a reader must not lose the other files; it is named
        found, unread = [], [Refused(one.name, *failure_words(error, sealed=False))]
    return _hidden(found, unread)


def _crashed(one: _One) -> _Told:
    return _hidden([], [Refused(one.name, *crash_words(sealed=False))])


def _hidden(found: Sequence[Fix], unread: Sequence[Refused]) -> _Told:
    """Mask the values in the names of files, members, columns and places."""
    texts = {text for fix in found for text in (fix.file, fix.member, fix.column, fix.first_place) if text}
    plain = _plain(sorted(texts | {text for one in unread for text in (one.path, one.member) if text}))
    return (
        [
            replace(
                fix,
                file=plain[fix.file],
                member=fix.member and plain[fix.member],
                column=fix.column and plain[fix.column],
                first_place=plain.get(fix.first_place, ""),
            )
            for fix in found
        ],
        [replace(one, path=plain[one.path], member=one.member and plain[one.member]) for one in unread],
    )


def _plain(lines: Sequence[str]) -> Mapping[str, str]:
    """Return each line with what the engine finds or suspects in it masked, and every long number besides."""
    from qingyuan.office.paperwork.redacting import personal  # noqa: PLC0415 - heavy
    from qingyuan.pii.mask import masked  # noqa: PLC0415 - heavy

    plain = list(lines)
    low = {number: len(line) for number, line in enumerate(lines)}
    for number, start, found_end, kind in sorted(personal(tuple(lines)), key=lambda hit: (hit[0], -hit[1])):
        line, end = lines[number], min(found_end, low[number])
        value = masked("name" if kind == "person" else kind, line[start:end])
        plain[number] = plain[number][:start] + value + plain[number][end:]
        low[number] = start
    hidden = [_NUMBER.sub(lambda found: f"{found[1]}{'*' * len(found[2])}{found[3]}", one) for one in plain]
    return dict(zip(lines, hidden, strict=True))
