"""Reading the particulars given to a verb: from whatever a form or a command line gave to typed values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from qingyuan.cases._clock import local_day
from qingyuan.cases._data import Choice, Param, TrackName, Verb
from qingyuan.cases.errors import CasesError

#: What a caller may pass for one particular.
Argument = str | int | bool | date | datetime | Sequence[str] | Mapping[str, int] | None
Value = str | int | bool | date | datetime | tuple[str, ...] | dict[str, int]

EXHIBIT = re.compile(r"X[0-9a-f]{16}\Z")
_PATTERNS = {
    "lead": re.compile(r"L\d{4}-\d{4,}\Z"),
    "matter": re.compile(r"M\d{4}-\d{4,}\Z"),
    "case": re.compile(r"C\d{4}-\d{4,}\Z"),
    "measure": re.compile(r"m\d{2,}\Z"),
    "person": re.compile(r"P\d{3,}\Z"),
    "exhibit": EXHIBIT,
}
_EXAMPLES = {
    "lead": "L2026-0001",
    "matter": "M2026-0001",
    "case": "C2026-0001",
    "measure": "m01",
    "person": "P001",
    "exhibit": "X0123456789abcdef",
}
_TRUE = {"true", "yes", "1", "是"}
_FALSE = {"false", "no", "0", "否"}


class Arguments:
    """The particulars of one act, typed; a getter returns the empty value for what was not given."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        """Hold ``values``."""
        self._values = dict(values)

    def has(self, name: str) -> bool:
        """Return whether ``name`` was given and is not blank."""
        return self._values.get(name) not in (None, "", ())

    def value(self, name: str) -> Value | None:
        """Return whatever was given, typed, or ``None``."""
        return self._values.get(name)

    def text(self, name: str) -> str:
        """Return a text, or ``""``."""
        value = self._values.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts, or ``()``."""
        value = self._values.get(name)
        return value if isinstance(value, tuple) else ()

    def day(self, name: str) -> date | None:
        """Return a day, or ``None``."""
        value = self._values.get(name)
        return value if isinstance(value, date) and not isinstance(value, datetime) else None

    def moment(self, name: str) -> datetime | None:
        """Return a moment, or ``None``."""
        value = self._values.get(name)
        return value if isinstance(value, datetime) else None

    def flag(self, name: str) -> bool:
        """Return a yes or no, ``False`` when not given."""
        return self._values.get(name) is True

    def number(self, name: str) -> int | None:
        """Return a whole number, or ``None``."""
        value = self._values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def counts(self, name: str) -> dict[str, int]:
        """Return counts by kind, or ``{}``."""
        value = self._values.get(name)
        return dict(value) if isinstance(value, dict) else {}


Lists = Mapping[str, Mapping[str, Choice]]


def parse(
    verb: Verb, given: Mapping[str, Argument], *, today: date, track: TrackName | None, choices: Lists
) -> Arguments:
    """Return the typed particulars; blanks count as not given, dates with a default get it.

    The day of an act whose time of day ``at`` is given defaults to the day of that moment.

    Raises:
        CasesError: A name is not a parameter of the verb (``cases.unknown-argument``), or a value cannot
            be read (``cases.bad-argument``).
    """
    if unknown := [name for name in given if verb.param(name) is None]:
        raise CasesError(
            "cases.unknown-argument",
            zh=f"“{verb.zh}”没有参数“{unknown[0]}”",
            en=f"{verb.name} takes no argument {unknown[0]!r}",
            where=verb.name,
            remedy_zh="可用参数：" + "、".join(p.name for p in verb.params),
            remedy_en="it takes: " + ", ".join(p.name for p in verb.params),
        )
    values: dict[str, Value] = {}
    for param in verb.params:
        raw = given.get(param.name)
        if raw is not None and not (isinstance(raw, str) and not raw.strip()):
            values[param.name] = _read(verb, param, raw, track, choices)
        elif param.default == "today":
            values[param.name] = today
    at = values.get("at")
    if isinstance(at, datetime) and not given.get("on") and verb.param("on") is not None:
        values["on"] = local_day(at)
    return Arguments(values)


def _read(verb: Verb, param: Param, raw: Argument, track: TrackName | None, choices: Lists) -> Value:
    kind = param.type
    if (reader := _READERS.get(kind)) is not None:
        return reader(verb, param, raw)
    if kind in {"texts", "choices", "leads", "exhibits", "persons"}:
        return tuple(
            dict.fromkeys(_item(verb, param, item, track, choices) for item in _items(verb, param, raw))
        )
    text = _text(verb, param, raw)
    if kind == "choice":
        return _choice(verb, param, text, track, choices)
    return _matched(verb, param, kind.removeprefix("new-").removeprefix("other-"), text)


def _item(verb: Verb, param: Param, item: str, track: TrackName | None, choices: Lists) -> str:
    if param.type == "choices":
        return _choice(verb, param, item, track, choices)
    return _matched(verb, param, param.type.removesuffix("s"), item)


def _items(verb: Verb, param: Param, raw: Argument) -> list[str]:
    if isinstance(raw, str):
        return [raw.strip()]
    if isinstance(raw, Sequence) and all(isinstance(item, str) for item in raw):
        return [item.strip() for item in raw if item.strip()]
    raise _bad(verb, param, raw, "应为文字列表", "expected a list of texts")


def _matched(verb: Verb, param: Param, kind: str, text: str) -> str:
    pattern = _PATTERNS.get(kind)
    if pattern is not None and not pattern.match(text):
        example = _EXAMPLES[kind]
        raise _bad(verb, param, text, f"应如 {example}", f"expected something like {example}")
    return text


def _text(verb: Verb, param: Param, raw: Argument) -> str:
    if not isinstance(raw, str):
        raise _bad(verb, param, raw, "应为文字", "expected a text")
    return raw.strip()


def _choice(verb: Verb, param: Param, text: str, track: TrackName | None, choices: Lists) -> str:
    lists = [param.of.format(track=track or "")] if track or "{" not in param.of else _both(param.of)
    values = {value: one for name in lists for value, one in choices[name].items()}
    if text in values:
        return text
    if named := [value for value, one in values.items() if text in {one.zh, one.en}]:
        return named[0]
    listed = ", ".join(values)
    raise _bad(verb, param, text, f"应为 {listed} 之一", f"expected one of {listed}")


def _both(template: str) -> list[str]:
    return [template.format(track=track) for track in ("administrative", "civil")]


def _day(verb: Verb, param: Param, raw: Argument) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if isinstance(raw, str):
        try:
            return date.fromisoformat(raw.strip())
        except ValueError as error:
            raise _bad(
                verb, param, raw, "应为 2026-01-31 这样的日期", "expected a date such as 2026-01-31"
            ) from error
    raise _bad(verb, param, raw, "应为日期", "expected a date")


def _time(verb: Verb, param: Param, raw: Argument) -> datetime:
    read = raw
    if isinstance(raw, str):
        try:
            read = datetime.fromisoformat(raw.strip())
        except ValueError:
            read = None
    if isinstance(read, datetime) and read.tzinfo is not None:
        return read
    raise _bad(
        verb,
        param,
        raw,
        "应为 2026-01-31T15:20+08:00 这样带时区的时刻",
        "expected a time with its offset such as 2026-01-31T15:20+08:00",
    )


def _flag(verb: Verb, param: Param, raw: Argument) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().lower() in _TRUE | _FALSE:
        return raw.strip().lower() in _TRUE
    raise _bad(verb, param, raw, "应为 true 或 false", "expected true or false")


def _number(verb: Verb, param: Param, raw: Argument) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0:
        return raw
    if isinstance(raw, str) and re.fullmatch(r"[0-9]{1,15}", raw.strip()):
        return int(raw)
    raise _bad(verb, param, raw, "应为非负整数", "expected a whole number, not negative")


def _counts(verb: Verb, param: Param, raw: Argument) -> dict[str, int]:
    if isinstance(raw, Mapping) and all(
        isinstance(k, str) and isinstance(v, int) and not isinstance(v, bool) and v >= 0
        for k, v in raw.items()
    ):
        return dict(raw)
    raise _bad(verb, param, raw, "应为“种类: 条数”", "expected counts by kind")


_READERS: dict[str, Callable[[Verb, Param, Argument], Value]] = {
    "date": _day,
    "time": _time,
    "bool": _flag,
    "int": _number,
    "counts": _counts,
}


def _bad(verb: Verb, param: Param, raw: object, zh: str, en: str) -> CasesError:
    # The value itself may be personal, so a text is not repeated, and of anything else but a number only the type.
    shown = "" if isinstance(raw, str) else repr(raw) if isinstance(raw, (bool, int)) else type(raw).__name__
    return CasesError(
        "cases.bad-argument",
        zh=f"“{param.zh}”的值无法理解{shown and f'（{shown}）'}：{zh}",
        en=f"the value of “{param.en}”{shown and f' ({shown})'} cannot be read: {en}",
        where=f"{verb.name} {param.name}",
        remedy_zh="请改正后重试",
        remedy_en="correct it and try again",
    )
