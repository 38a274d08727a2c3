"""The dated table of administrative divisions: which code meant what on which day, and what became of it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from datetime import date, timedelta

import msgspec

from qingyuan.law._divisions import NATION, Divisions
from qingyuan.law.errors import LawError
from qingyuan.law.model import Division, Level, Step

_FIELDS = 4
_COLLECTIVE = frozenset({"0100", "0200", "9000"})
_ONE_DAY = timedelta(days=1)


class DivisionFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``divisions.yaml``; see the head of the file."""

    verified: bool
    begins: date
    as_of: date
    divisions: dict[str, str]
    parts: dict[str, tuple[str, ...]] = {}


class LocalDivisions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``divisions.yaml`` of an overlay: divisions that the packaged table does not know, in lines of the same form."""

    divisions: dict[str, str]


@dataclasses.dataclass(frozen=True)
class Row:
    """A name that a code had for a time.

    Attributes:
        code: Six digits.
        name: Name.
        since: Earliest and latest possible first day; ``None`` when it is older than the table.
        until: Earliest and latest possible last day; ``None`` while it exists.
        became: Codes it became.
    """

    code: str
    name: str
    since: tuple[date, date] | None
    until: tuple[date, date] | None
    became: tuple[str, ...]

    def known(self, on: date) -> bool | None:
        """Tell whether it existed on ``on``; ``None`` when that cannot be told."""
        if self.since is not None and on < self.since[0]:
            return False
        if self.until is not None and on > self.until[1]:
            return False
        begun = self.since is None or on >= self.since[1]
        lasted = self.until is None or on <= self.until[0]
        return True if begun and lasted else None


class Gazetteer:
    """Answers about divisions on a day."""

    def __init__(
        self, file: DivisionFile, codes: Divisions, local: tuple[LocalDivisions, str] | None = None
    ) -> None:
        """Read the lines of ``file``, and those of ``local``, a file of an overlay with its name.

        Raises:
            LawError: A line is not understood, or a local one has a code of the packaged table.
        """
        self._file = file
        self._codes = codes
        self._rows: dict[str, list[Row]] = {}
        self._read(file.divisions, "divisions.yaml")
        if local is not None:
            packaged = frozenset(self._rows)
            self._read(local[0].divisions, local[1])
            if both := sorted(packaged & {_row(line).code for line in _lines(local[0].divisions)}):
                raise LawError(
                    "law.overlay-contradiction",
                    zh=f"本地数据不得改写内置区划：{'、'.join(both)}",
                    en=f"local data may not rewrite packaged divisions: {' '.join(both)}",
                    where=local[1],
                    remedy_zh="只写内置区划表没有的代码",
                    remedy_en="give codes that the packaged table does not have",
                )
        for rows in self._rows.values():
            rows.sort(key=lambda row: row.since[0] if row.since else date.min)

    def _read(self, divisions: Mapping[str, str], where: str) -> None:
        for line in _lines(divisions):
            row = _row(line, where)
            self._codes.check(row.code, where)
            self._rows.setdefault(row.code, []).append(row)

    @property
    def verified(self) -> bool:
        """Whether the table was compared with the official announcements."""
        return self._file.verified

    @property
    def as_of(self) -> date:
        """The last day the table speaks of."""
        return self._file.as_of

    def rows(self) -> Mapping[str, list[Row]]:
        """Return every name of every code."""
        return self._rows

    def level(self, code: str) -> Level:
        """Return the level of a code."""
        return self._codes.level(code)

    def seat(self, code: str, where: str) -> Level:
        """Return the level of a division that an office may have its seat in: one of the table, at any time.

        The codes that stand for no division of their own (xx0100 and xx0200, the districts and counties of a municipality, and
        xx9000, what is right under a province) are seats of branch offices and intermediate courts.

        Raises:
            LawError: ``law.bad-division`` or ``law.unknown-division``, naming ``where``.
        """
        self._codes.check(code, where)
        collective = code[2:] in _COLLECTIVE and f"{code[:2]}0000" in self._rows
        if code not in self._rows and code != NATION and not collective:
            raise self._unknown(code, where)
        return self.level(code)

    def find(self, code: str, on: date) -> Row | None:
        """Return the row of ``code`` on a day: the one that is sure, else one that may be; ``None`` when there is none."""
        rows = [(row.known(on), row) for row in self._rows.get(code, ())]
        sure = next((row for known, row in rows if known), None)
        return sure or next((row for known, row in rows if known is None), None)

    def division(self, code: str, on: date) -> Division:
        """Return the division that ``code`` meant on the day ``on``.

        Raises:
            LawError: ``law.bad-division``, ``law.unknown-division`` when the table never had the code, or
                ``law.division-not-then`` when it had it at another time; the remedy says what it became or was.
        """
        self._codes.check(code, code)
        row = self.find(code, on)
        if row is None:
            raise self._not_then(code, on)
        return self._shown(row, on)

    def named(self, name: str, on: date) -> tuple[Division, ...]:
        """Return the divisions of a name on a day: ``江干区``, ``杭州市江干区`` or ``浙江省杭州市江干区``."""
        found = []
        for code in self._by_last.get(name[-2:], ()):
            row = self.find(code, on)
            if row is not None and name.endswith(row.name) and self._path(row, on).endswith(name):
                found.append(self._shown(row, on))
        return tuple(found)

    def ended(self, name: str, on: date) -> tuple[Division, ...]:
        """Return the divisions that had a name before ``on`` and have it no more, each as on its last day; the newest of a line only."""
        last = (
            row.until[1] for code in self._by_last.get(name[-2:], ()) for row in self._rows[code] if row.until
        )
        days = sorted({day for day in last if day < on}, reverse=True)
        found: dict[tuple[str, ...], Division] = {}
        for day in days:
            for each in self.named(name, day):
                now = self.successors(each.code, on)
                if now:
                    found.setdefault(now, each)
        return tuple(found.values())

    def begun(self, beginning: str, on: date) -> tuple[Division, ...]:
        """Return the divisions whose own name begins so on a day, by code: ``义乌`` is the beginning of ``义乌市``."""
        codes = sorted(
            code for code, rows in self._rows.items() if any(row.name.startswith(beginning) for row in rows)
        )
        shown = ((code, self.find(code, on)) for code in codes)
        return tuple(
            self._shown(row, on) for _, row in shown if row is not None and row.name.startswith(beginning)
        )

    def successors(self, code: str, on: date) -> tuple[str, ...]:
        """Return what a code that ended before ``on`` has become by then; nothing when it still is, or was never known."""
        if self.find(code, on) is not None:
            return ()
        found: list[str] = []
        pending = [code]
        seen = {code}
        while pending:
            ended = [
                row
                for row in self._rows.get(pending.pop(), ())
                if row.until is not None and row.until[1] < on
            ]
            for new in ended[-1].became if ended else ():
                if new in seen:
                    continue
                seen.add(new)
                if self.find(new, on) is not None:
                    found.append(new)
                else:
                    pending.append(new)
        return tuple(sorted(found))

    def has_counties(self, code: str, on: date) -> bool:
        """Tell whether a prefecture has counties or districts on a day; a few cities have none."""
        return any(
            other[:4] == code[:4] and self._codes.level(other) is Level.COUNTY and self.find(other, on)
            for other in self._rows
        )

    def predecessors(self, code: str) -> tuple[str, ...]:
        """Return the codes that became ``code``, in whole or in part, sorted."""
        return tuple(sorted({*self._before.get(code, ()), *self._file.parts.get(code, ())} - {code}))

    @functools.cached_property
    def _before(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for rows in self._rows.values():
            for row in rows:
                for new in row.became:
                    found.setdefault(new, []).append(row.code)
        return found

    @functools.cached_property
    def _by_last(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for code, rows in self._rows.items():
            for end in {row.name[-2:] for row in rows}:
                found.setdefault(end, []).append(code)
        return found

    def above(self, code: str) -> str:
        """Return the next division up that the table knows at any time; the nation above a province."""
        parent = self._codes.above(code)
        while parent != NATION and parent not in self._rows:
            parent = self._codes.above(parent)
        return parent

    def full_name(self, code: str, on: date) -> str:
        """Return e.g. ``浙江省杭州市江干区``, or the code when the table has no name for it that day."""
        row = self.find(code, on)
        return self._path(row, on) if row else code

    def _path(self, row: Row, on: date) -> str:
        parts = [row.name]
        code = self.above(row.code)
        while code != NATION:
            above = self.find(code, on)
            parts.insert(0, above.name if above else "")
            code = self.above(code)
        return "".join(parts)

    def _shown(self, row: Row, on: date) -> Division:
        level = self._codes.level(row.code)
        return Division(
            code=row.code,
            name=row.name,
            full_name=self._path(row, on),
            level=level,
            parent="" if level is Level.NATION else self.above(row.code),
            on=on,
            since=row.since[1] if row.since else None,
            until=row.until[0] if row.until else None,
            firm=row.known(on) is True and self._file.begins <= on <= self._file.as_of,
            became=row.became,
            was=self.predecessors(row.code),
            verified=self._file.verified,
            steps=tuple(self._steps(row, on)),
        )

    def _steps(self, row: Row, on: date) -> list[Step]:
        steps = [Step(f"{on}：{row.code} 为{row.name}", f"{on}: {row.code} is {row.name}")]
        for span, zh, en in (
            (row.since, "设立", "it began"),
            (row.until, "撤销或者更名", "it ended or was renamed"),
        ):
            if span is not None and span[0] != span[1] and span[0] <= on <= span[1] + _ONE_DAY:
                steps.append(
                    Step(
                        f"{zh}的日期只知在{span[0]}至{span[1]}之间，请核对公告（暂定）",
                        f"{en} between {span[0]} and {span[1]}; check the announcement (provisional)",
                    )
                )
        if not self._file.begins <= on <= self._file.as_of:
            steps.append(
                Step(
                    f"区划表只收{self._file.begins}至{self._file.as_of}，此日以最近的记载代替（暂定）",
                    f"the table covers {self._file.begins} to {self._file.as_of}; the nearest entry is given (provisional)",
                )
            )
        return steps

    def _unknown(self, code: str, where: str) -> LawError:
        return LawError(
            "law.unknown-division",
            zh=f"区划表中从未有代码{code}",
            en=f"the table of divisions never had the code {code}",
            where=where,
            remedy_zh=f"请核对代码（GB/T 2260）；{self.as_of}之后新设的，写入本院 law/divisions.yaml",
            remedy_en=f"check the code (GB/T 2260); write what was made after {self.as_of} into law/divisions.yaml of the home",
        )

    def _not_then(self, code: str, on: date) -> LawError:
        rows = self._rows.get(code)
        if not rows:
            return self._unknown(code, code)
        row = rows[-1] if rows[-1].until is not None and rows[-1].until[1] < on else rows[0]
        ended = row.until is not None and row.until[1] < on
        others = self.successors(code, on) if ended else self.predecessors(code)
        listed = "、".join(f"{other}{self.full_name(other, on)}" for other in others)
        span = f"{row.since[0] if row.since else '…'} – {row.until[1] if row.until else '…'}"
        return LawError(
            "law.division-not-then",
            zh=f"{row.name}（{code}）在{on}{'已不存在' if ended else '尚未设立'}（记载：{span}）",
            en=f"{row.name} ({code}) {'no longer existed' if ended else 'did not exist yet'} on {on} (recorded: {span})",
            where=code,
            remedy_zh=(f"当日为：{listed}" if ended else f"此前为：{listed}")
            if listed
            else "请核对日期和代码",
            remedy_en=(f"on that day: {listed}" if ended else f"before it: {listed}")
            if listed
            else "check day and code",
        )


def _lines(divisions: Mapping[str, str]) -> list[str]:
    return [line for lines in divisions.values() for line in lines.splitlines()]


def _row(line: str, where: str = "divisions.yaml") -> Row:
    fields = line.split()
    if len(fields) not in {_FIELDS, _FIELDS + 1}:
        raise _bad_line(line, where)
    try:
        since, until = _span(fields[2]), _span(fields[3])
    except ValueError as error:
        raise _bad_line(line, where) from error
    return Row(
        fields[0], fields[1], since, until, tuple(fields[4].split(",")) if len(fields) > _FIELDS else ()
    )


def _span(text: str) -> tuple[date, date] | None:
    if text == "-":
        return None
    first, _, last = text.partition("/")
    return date.fromisoformat(first), date.fromisoformat(last or first)


def _bad_line(line: str, where: str) -> LawError:
    return LawError(
        "law.bad-field",
        zh=f"区划表中有不能识别的行：{line}",
        en=f"a line of the table of divisions is not understood: {line}",
        where=where,
        remedy_zh="每行为：代码 名称 首日 末日 后继；未知写 -",
        remedy_en="a line is: code name first-day last-day successors; - for unknown",
    )
