"""The text of a form: Jinja2 in a sandbox, whose output remembers where each value came from."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path

import jinja2
import jinja2.sandbox
import msgspec

from qingyuan.documents._compiling import template
from qingyuan.documents.errors import DocumentError
from qingyuan.documents.model import Run

_OPEN, _MIDDLE, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARK = re.compile(f"{_OPEN}([ebgo])([^{_MIDDLE}]*){_MIDDLE}(.*?){_CLOSE}", re.DOTALL)
#: Controls, marks of direction, tags and fillers, which make text read otherwise than it is written, what is no character, and our own marks.
_CONTROLS = re.compile(
    "[\ue000-\ue002\x00-\x08\x0b-\x1f\x7f-\x9f\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
#: Nothing, or a text that ends: a full stop may stand before a closing bracket or quotation mark.
_ENDED = re.compile(r"(\A|[。；！？.;!?][）”’」]?)\Z")
#: The same law named twice in a row, and the same article.
_LAW_AGAIN = re.compile(r"(《[^《》]+》)([^《》（）。；，]*)、\1(?=第)")
_ARTICLE_AGAIN = re.compile(r"(第[^条《》、]+条)((?:第[^、《》条]+[款项]、)+)\1(?=第)")
_DIGITS = "〇一二三四五六七八九"
_FEN = 100
_BLANK_LINE = "＿＿＿＿＿＿"


class Fact(msgspec.Struct, frozen=True):
    """A fact with the event that states it; prints as its value.

    Attributes:
        value: What the document shows.
        event: Index of the event in the log.
        also: The other events of a fact that several state together, such as a count.
        origin: What else it rests on, see :class:`~qingyuan.documents.model.Run`.
    """

    value: str
    event: int
    also: tuple[int, ...] = ()
    origin: str = ""

    def __str__(self) -> str:
        """Return the value."""
        return self.value

    def __bool__(self) -> bool:
        """Return whether there is anything to show."""
        return bool(self.value.strip())


class Datum(msgspec.Struct, frozen=True):
    """A value that no event states: of the law data, of the office's own records, of a closed list; prints as its value.

    Attributes:
        value: What the document shows.
        origin: Where it is from, see :class:`~qingyuan.documents.model.Run`.
    """

    value: str
    origin: str

    def __str__(self) -> str:
        """Return the value."""
        return self.value

    def __bool__(self) -> bool:
        """Return whether there is anything to show."""
        return bool(self.value.strip())


class Given(msgspec.Struct, frozen=True):
    """A particular that a person supplied for this document; prints as its value."""

    value: str
    name: str

    def __str__(self) -> str:
        """Return the value."""
        return self.value


class Unknown(msgspec.Struct, frozen=True):
    """A particular that nobody has stated; prints as a mark, and is false."""

    name: str
    mark: str

    def __str__(self) -> str:
        """Return the mark."""
        return self.mark

    def __bool__(self) -> bool:
        """Return ``False``."""
        return False


Valued = Fact | Given | Datum


def unknown(name: str, zh: str, *, line: bool) -> Unknown:
    """Return the mark for the particular ``name``: a line to write on, or its name in brackets."""
    return Unknown(name, _BLANK_LINE if line else f"【{zh}】")


def clean(value: str) -> str:
    """Return ``value`` without control characters and marks of direction, which no page shows."""
    return _CONTROLS.sub("", value)


def _marked(value: object) -> object:
    match value:
        case Fact():
            events = ",".join(map(str, (value.event, *value.also)))
            return f"{_OPEN}e{events}|{value.origin}{_MIDDLE}{clean(value.value)}{_CLOSE}"
        case Datum():
            return f"{_OPEN}o{value.origin}{_MIDDLE}{clean(value.value)}{_CLOSE}"
        case Given():
            return f"{_OPEN}g{value.name}{_MIDDLE}{clean(value.value)}{_CLOSE}"
        case Unknown():
            return f"{_OPEN}b{value.name}{_MIDDLE}{value.mark}{_CLOSE}"
        case _:
            return value


def _written(write: Callable[[str], str]) -> Callable[[object], object]:
    """Make a filter that rewrites a value and keeps its source; a blank stays as it is."""

    def filtered(value: object) -> object:
        match value:
            case Unknown() | jinja2.Undefined():
                return value
            case Fact() | Given() | Datum():
                return msgspec.structs.replace(value, value=write(value.value))
            case _:
                return write(str(value))

    return filtered


def _chinese_date(value: str) -> str:
    """Write an ISO date as ``2026年3月2日``; other text stays as a person wrote it."""
    try:
        day = date.fromisoformat(value[:10])
    except ValueError:
        return value
    return f"{day.year}年{day.month}月{day.day}日"


def ordinal(value: int) -> Datum:
    """Return the number of an item or row, which a form counts itself."""
    return Datum(str(value), "form")


def _numeral(value: object) -> Datum:
    """Write 1–99 as a Chinese numeral for headings and items."""
    number = int(str(value))
    tens, ones = divmod(number, 10)
    if not 0 < number < 100:  # noqa: PLR2004 - the numerals end here
        return ordinal(number)
    head = "" if tens == 0 else ("十" if tens == 1 else _DIGITS[tens] + "十")
    return Datum(head + (_DIGITS[ones] if ones else ""), "form")


def _thousands(value: str) -> str:
    return f"{int(value):,}"


def _yuan(value: str) -> str:
    """Write an amount in fen (分) as yuan (元)."""
    yuan, fen = divmod(int(value), _FEN)
    return f"{yuan:,}.{fen:02d}元" if fen else f"{yuan:,}元"


def sentence(value: str) -> str:
    """End a text with a full stop unless it ends with punctuation."""
    text = value.strip()
    return text if _ENDED.search(text) else f"{text}。"


def folded(text: str) -> str:
    """Name a law once where its articles follow one another: ``《甲法》第一条、《甲法》第二条`` gives ``《甲法》第一条、第二条``."""
    gone = _repeated(text)
    return "".join(char for at, char in enumerate(text) if at not in gone)


def _repeated(text: str) -> set[int]:
    """Return the places of a text at which a law or an article stands that is already named."""
    places = list(range(len(text)))
    gone: set[int] = set()
    for again in (_LAW_AGAIN, _ARTICLE_AGAIN):
        while found := again.search(text):
            start, end = found.end() - len(found[1]), found.end()
            gone.update(places[start:end])
            del places[start:end]
            text = text[:start] + text[end:]
    return gone


def _plain(value: str) -> str:
    """Take the punctuation at the end away, so that a text can stand inside a sentence."""
    return value.strip().rstrip("。；;，,. ")


def _listed(values: Iterable[object], between: str = "、") -> str:
    """Join values; each keeps its source."""
    return between.join(str(_marked(value)) for value in values)


def _raw(value: object) -> object:
    """Return the bare value, for comparisons."""
    return value.value if isinstance(value, Fact | Given | Datum) else value


def _head(value: object, length: int) -> object:
    """Return the first characters of a value, with its source."""
    return _written(lambda text: text[:length])(value)


def _counted(values: Sequence[object]) -> object:
    """Return how many rows there are; the events of the count are the first that state each row."""
    events = sorted({min(stating) for value in values if (stating := _stating(value))})
    if not events:
        return Datum(str(len(values)), "record")
    return Fact(str(len(values)), events[0], tuple(events[1:]))


def _stating(value: object) -> list[int]:
    """Return the events that state a row, in the order of its members."""
    match value:
        case Fact():
            return [value.event]
        case Mapping():
            return [index for one in value.values() for index in _stating(one)]
        case _:
            return []


class _Environment(jinja2.sandbox.SandboxedEnvironment):
    """Names in a form are facts: ``item.clear`` is the member of that name, never a method."""

    def getattr(self, obj: object, attribute: str) -> object:
        """Look a name up as a member first."""
        if isinstance(obj, Mapping):
            return self.getitem(obj, attribute)
        return super().getattr(obj, attribute)


@cache
def _environment() -> jinja2.Environment:
    environment = _Environment(
        undefined=jinja2.StrictUndefined, finalize=_marked, autoescape=False, keep_trailing_newline=False
    )
    environment.filters |= {
        "day": _written(_chinese_date),
        "thousands": _written(_thousands),
        "yuan": _written(_yuan),
        "sentence": _written(sentence),
        "plain": _written(_plain),
        "numeral": _numeral,
        "listed": _listed,
        "raw": _raw,
        "head": _head,
        "counted": _counted,
    }
    return environment


def render(source: str, facts: Mapping[str, object], where: str) -> tuple[Run, ...]:
    """Return the runs of the template ``source``.

    Raises:
        DocumentError: It is no template, or names a fact that is not there.
    """
    try:
        return _runs(_compiled(source).render(facts).strip())
    except (jinja2.TemplateError, ValueError, TypeError) as error:
        raise _bad_text(where, error) from error


def holds(expression: str, facts: Mapping[str, object], where: str) -> bool:
    """Return whether a Jinja2 expression is true; unknown names count as false.

    Raises:
        DocumentError: It is no expression.
    """
    try:
        return bool(_expression(expression)(**facts))
    except (jinja2.TemplateError, TypeError) as error:
        raise _bad_text(where, error) from error


@cache
def _compiled(source: str) -> jinja2.Template:
    return template(_environment(), source, _own())


@cache
def _own() -> bytes:
    """Return the text of this module, whose filters may be worked into a template when it is compiled."""
    return Path(__file__).read_bytes()


@cache
def _expression(source: str) -> Callable[..., object]:
    return _environment().compile_expression(source, undefined_to_none=True)


def _runs(text: str) -> tuple[Run, ...]:
    runs: list[Run] = []
    position = 0
    for match in _MARK.finditer(text):
        if match.start() > position:
            runs.append(Run(text[position : match.start()]))
        runs.append(_run(*match.groups()))
        position = match.end()
    if position < len(text):
        runs.append(Run(text[position:]))
    return tuple(_folded(_once(runs)))


def _once(runs: Sequence[Run]) -> Sequence[Run]:
    """Leave out a blank that says the same as the one before it: two rules that are both to be stated by a person."""
    kept: list[Run] = []
    for run in runs:
        again = len(kept) > 1 and kept[-1].text == "、" and kept[-2].blank and kept[-2].text == run.text
        if again and run.blank:
            kept.pop()
        else:
            kept.append(run)
    return kept


def _run(kind: str, source: str, value: str) -> Run:
    """Return the run of a marked value."""
    match kind:
        case "e":
            indices, _, origin = source.partition("|")
            event, *also = map(int, indices.split(","))
            return Run(value, event, also=tuple(also), origin=origin)
        case "b":
            return Run(value, blank=source)
        case "g":
            return Run(value, given=source)
        case _:
            return Run(value, origin=source)


def _folded(runs: Sequence[Run]) -> Iterable[Run]:
    """Name a law once where its articles follow one another, also where each citation is a run of its own."""
    of_the_form = [run.event is None and not run.blank and not run.given for run in runs]
    for own, group in itertools.groupby(zip(runs, of_the_form, strict=True), key=lambda pair: pair[1]):
        held = [run for run, _ in group]
        yield from _cut(held) if own else held


def _cut(runs: Sequence[Run]) -> Iterable[Run]:
    """Leave out of the runs what :func:`folded` leaves out of their text."""
    text = "".join(run.text for run in runs)
    gone = _repeated(text)
    position = 0
    for run in runs:
        stop = position + len(run.text)
        kept = "".join(text[at] for at in range(position, stop) if at not in gone) if gone else run.text
        if kept:
            yield msgspec.structs.replace(run, text=kept)
        position = stop


def _bad_text(where: str, error: Exception) -> DocumentError:
    return DocumentError(
        "documents.bad-text",
        zh=f"格式文本无法填写：{error}",
        en=f"the text cannot be filled: {error}",
        where=where,
        remedy_zh="请检查格式中的事实名称",
        remedy_en="check the names of facts in the form",
    )
