"""The kind of every column of a table: by its name where that tells, by its values always.

Each column gets exactly one answer, a kind or ``"none"``, with its score and what spoke for it. The forms of values are data
(``data/columns.yaml``); personal names and addresses come from the models of :mod:`.prose` and :mod:`.places`.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np
import pyarrow as pa

from qingyuan.pii import prose
from qingyuan.pii._colchecks import CHECKS, accounts, births
from qingyuan.pii._kernel import cells
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._kernel import people as k
from qingyuan.pii._kernel.lexicon import slot_of
from qingyuan.pii._tables import OWN_LABEL, tables
from qingyuan.pii.catalog import catalog, load_file
from qingyuan.pii.headers import read_header

Column: TypeAlias = "pa.ChunkedArray[Any] | pa.Array[Any]"

NONE = "none"


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One form of values; see ``data/columns.yaml``."""

    form: str
    kind: str
    pattern: str
    unlike: str = ""
    drop: str = ""
    check: Literal[
        "",
        "birth",
        "identity",
        "credit",
        "registration",
        "id-length",
        "card-length",
        "luhn",
        "issuer",
        "date",
    ] = ""
    checked: float = 1.0
    letters: float = 0.0
    variety: float = 0.0
    lengths: int = 0
    spread: Literal["", "births", "accounts"] = ""
    least: float = 0.0
    after: float = 0.0
    masked: bool = False


class Births(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When dates are dates of birth: the share ``within`` up to the year ``latest``, over ``span`` years, early ones ``before``."""

    latest: int
    within: float
    span: int
    before: int


class NameRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a column holds names: shares of name-like values, of listed surnames, of ordinary words, of different values (in short columns: `few`)."""

    least: float
    listed: float
    words: float
    variety: float
    few: float


class AddressRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a column holds addresses: the share of values with levels of place and a detail."""

    least: float


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See ``data/columns.yaml``."""

    forms: tuple[Form, ...]
    births: Births
    least: float
    headed: float
    sample: int
    name: NameRule
    address: AddressRule


@dataclass(frozen=True, slots=True)
class ColumnType:
    """What a column holds.

    Attributes:
        column: Its name, or ``"#3"`` when it has none.
        kind: The kind of personal information, or ``"none"``.
        form: What the values look like, also when the kind is ``"none"``: ``date``, ``postcode``, ``word``….
        score: Share of the filled cells that have the form, 0 to 1.
        filled: Filled cells looked at.
        reason: What decided: ``values``, ``values+column``, ``column``, ``too-few``, ``empty``.
        zh: The reason in words, Chinese.
        en: The same in English.
    """

    column: str
    kind: str
    form: str
    score: float
    filled: int
    reason: str
    zh: str
    en: str


@functools.cache
def rules() -> Rules:
    """Return the shipped rules."""
    return load_file(resources.files("qingyuan.pii") / "data" / "columns.yaml", Rules)


@functools.cache
def _compiled() -> tuple[tuple[Form, re.Pattern[str], re.Pattern[str] | None], ...]:
    return tuple(
        (x, re.compile(x.pattern), re.compile(x.unlike) if x.unlike else None) for x in rules().forms
    )


def type_columns(table: pa.Table | pa.RecordBatch, *, headers: bool = True) -> tuple[ColumnType, ...]:
    """Return what each column of a table holds.

    Args:
        table: Columns of any type; values are read as text.
        headers: Whether the column names are names; otherwise only the values count.
    """
    out = []
    for i, name in enumerate(table.column_names):
        column = table.column(i)
        values = _sample(column)
        out.append(type_values(values, name if headers else "", number=i))
    return with_partners(out)


#: Each half of a position, and the other.
_HALVES = {"longitude": "latitude", "latitude": "longitude"}


def with_partners(types: Sequence[ColumnType]) -> tuple[ColumnType, ...]:
    """Return the types of columns, where halves of positions find their other halves.

    A number between 73 and 135 may be anything. Where a table has one beside one between 18 and 54, or only one column of each in
    all, all with four decimals, they are positions.
    """
    out = list(types)
    halves = [i for i, t in enumerate(types) if t.form in _HALVES and t.reason == "values"]
    for i, j in itertools.pairwise(halves):
        one, other = types[i], types[j]
        if _HALVES[one.form] == other.form and (j == i + 1 or len(halves) == len(_HALVES)):
            for n, half in ((i, one), (j, other)):
                out[n] = _answer(half.column, "geo", half.form, half.score, half.filled, "values")
    return tuple(out)


def _sample(column: Column) -> list[str]:
    """Return filled values from all over a column as text."""
    n, most = len(column), rules().sample
    if n > 4 * most:
        column = column.take(np.linspace(0, n - 1, 4 * most).astype(np.int64))
    values = [str(v) for v in column.to_pylist() if v is not None and str(v).strip()]
    step = max(1, len(values) // most)
    return values[::step][:most]


def type_values(values: Sequence[str], header: str = "", *, number: int = 0) -> ColumnType:
    """Return what a column with these values holds; ``header`` is its name, ``""`` if it has none."""
    plain = [p for p in (_plain(v) for v in values) if p]
    label = read_header(header).label if header else 0
    name = header or f"#{number + 1}"
    if not plain:
        return _answer(name, NONE, "empty", 0.0, 0, "empty")
    wanted = _kind_of(label)
    best = _by_form(plain, wanted)
    found = best or _by_words(plain, wanted) or _by_form(plain, wanted, weak=True)
    if found is None:
        return _answer(name, NONE, "text", 0.0, len(plain), "values")
    kind, form, share = found
    agrees = "+column" if wanted == kind != NONE else ""
    if kind != NONE and _denied(kind, label, wanted) and not _outweighs(kind, form, share, label, plain):
        return _answer(name, NONE, form, share, len(plain), "column")
    return _answer(name, kind, form, share, len(plain), "values" + agrees)


def _plain(value: str) -> str:
    """Return the value with full-width characters, blanks and quotes made plain."""
    return unicodedata.normalize("NFKC", value).strip(" \t\r\n\"'`“”‘’\ufeff")


@functools.cache
def _kinds_by_label() -> dict[int, str]:
    return {label: kind for kind, label in OWN_LABEL.items()}


def _kind_of(label: int) -> str:
    """Return the kind a column's name says, ``""`` if it says none."""
    if label >= f.LABEL_KIND:
        return f.KINDS[label - f.LABEL_KIND]
    return _kinds_by_label().get(label, "")


#: Forms so plain that a column's name that says something else outweighs them.
_PLAIN_FORMS = frozenset({"qq", "birth-date", "imei", "imsi", "passport", "bank-card", "hkmo-permit", "name"})


def _denied(kind: str, label: int, wanted: str) -> bool:
    """Tell whether the column's name speaks against a kind whose form is plain."""
    if kind not in _PLAIN_FORMS or wanted == kind:
        return False
    return bool(wanted) or label in (f.LABEL_ORDER, f.LABEL_TIME, f.LABEL_NOT_NAME)


#: Forms with a prefix or check digit that other numbers have once in ten or seldomer: enough of them outweigh a column's name.
_TELLING_FORMS = frozenset({"imei", "imsi", "bank-card", "listed-bank-card"})
#: Share of the cells, and numbers of cells, from which values outweigh the name; names of people must differ besides.
_SURELY, _SEVERAL, _PEOPLE, _DIFFERENT = 0.9, 8, 20, 0.7


def _outweighs(kind: str, form: str, share: float, label: int, values: Sequence[str]) -> bool:
    """Tell whether so many values have so telling a form that the column's name must be wrong."""
    if share < _SURELY:
        return False
    if kind == "name":
        return len(values) >= _PEOPLE and len(set(values)) >= _DIFFERENT * len(values)
    # Order numbers may carry the check digit of cards.
    return (
        form in _TELLING_FORMS
        and len(values) >= _SEVERAL
        and not (kind == "bank-card" and label == f.LABEL_ORDER)
    )


#: Signs that hide characters, written as stars for the forms of masked values.
_HIDING = {ord(c): "*" for c in "×•●○∗█▇▓■□◆◇★☆✱✲✳﹡⁎#?？"} | {ord("…"): "**"}


def _matches(
    form: Form, pattern: re.Pattern[str], unlike: re.Pattern[str] | None, values: Sequence[str]
) -> list[str]:
    """Return the values of the form, without the characters it leaves out."""
    if form.drop:
        gone = str.maketrans("", "", form.drop)
        values = [v.translate(gone) for v in values]
    found = [v for v in values if pattern.fullmatch(v)]
    return [v for v in found if not unlike.fullmatch(v)] if unlike else found


def _by_form(values: Sequence[str], wanted: str, *, weak: bool = False) -> tuple[str, str, float] | None:
    """Return ``(kind, form, share)`` of the first form the column has; ``weak``: forms of a rest of words count too."""
    r = rules()
    masked: dict[str, float] = {}
    hidden = [v.translate(_HIDING) for v in values]
    for form, pattern, unlike in _compiled():
        if weak != (form.form == "organisation"):
            continue
        if masked.get(form.kind, 0.0) < form.after:
            continue
        found = _matches(form, pattern, unlike, hidden if form.masked else values)
        share = len(found) / len(values)
        share_of_kind = share + masked.get(form.kind, 0.0) if form.kind != NONE else share
        least = r.headed if wanted == form.kind else form.least or r.least
        if share_of_kind < least or not found:
            if _holds(form, found):
                masked[form.kind] = masked.get(form.kind, 0.0) + share
            continue
        if _holds(form, found) or (
            wanted == form.kind and form.check in ("", "date", "identity", "id-length", "card-length")
        ):
            return form.kind, form.form, min(1.0, share_of_kind)
    return None


def _holds(form: Form, found: Sequence[str]) -> bool:
    """Tell whether the values of a form pass what it asks for besides the pattern."""
    n = len(found)
    checked = not form.check or sum(map(CHECKS[form.check], found)) >= form.checked * n * _SLACK
    lettered = not form.letters or sum(not v.isdigit() for v in found) >= form.letters * n
    varied = not form.variety or len(set(found)) >= form.variety * n
    sizes = not form.lengths or len({len(v) for v in found}) >= form.lengths
    if not (found and checked and lettered and varied and sizes):
        return False
    if form.spread == "births":
        when = rules().births
        return births(found, when.latest, when.within, when.span, when.before)
    return form.spread != "accounts" or accounts(found)


#: A tenth of the values of a form may fail its check: columns hold wrong values.
_SLACK = 0.9


def _by_words(values: Sequence[str], wanted: str) -> tuple[str, str, float] | None:
    """Return ``(kind, form, share)`` of a column of names or addresses, or of ordinary words."""
    r = rules()
    n = len(values)
    shapes = _shapes(values)
    good = int(np.count_nonzero(shapes & (cells.ADDRESS | cells.ADDRESS_MASKED)))
    loose = int(np.count_nonzero(shapes & cells.ADDRESS_LOOSE))
    if good / n >= (r.headed if wanted == "address" else r.address.least):
        return "address", "address", good / n
    if wanted == "address" and (good + loose) / n >= r.headed:
        return "address", "place", (good + loose) / n
    named = sum(_like_name(v, int(s)) for v, s in zip(values, shapes, strict=True))
    words = sum(map(_is_word, values))
    variety = len(set(values)) / n
    if wanted == "name" and named / n >= r.headed:
        return "name", "name", named / n
    listed = int(np.count_nonzero(shapes & (cells.NAME | cells.NAME_MASKED)))
    varied = n < _FEW or variety >= (r.name.few if n < _SOME else r.name.variety)
    if named / n >= r.name.least and listed / n >= r.name.listed and words / n <= r.name.words and varied:
        return "name", "name", named / n
    return (NONE, "word", words / n) if words / n >= r.least else None


def _shapes(values: Sequence[str]) -> cells.Shapes:
    """Return the shape bits of each value."""
    t = tables()
    raw = [v.encode("utf-8", "replace") for v in values]
    sizes = np.array([len(b) for b in raw], dtype=np.int64)
    ends = np.cumsum(sizes)
    out = np.zeros(len(raw), dtype=np.uint16)
    data = np.frombuffer(b"".join(raw), dtype=np.uint8)
    cells.cell_shapes(data, ends - sizes, ends, t.letters, t.surnames, t.marks, t.regions, out)
    return out


def _like_name(value: str, shape: int) -> bool:
    """Tell whether a value may be a name; a surname that is not listed needs a telling given name."""
    if shape & (cells.NAME | cells.NAME_MASKED):
        return True
    if not shape & cells.NAME_LOOSE or value.isascii():
        return False
    m = prose.model()
    rest = [ord(c) for c in value[1:]]
    rows = (k.ONLY,) if len(rest) == 1 else (k.FIRST, k.SECOND)
    gain = sum(float(m.given[row, c] - m.single[c]) for row, c in zip(rows, rest, strict=False))
    return gain > _TELLING


#: Fewer values than these tell nothing by how they repeat.
_FEW = 8
#: In columns of fewer values than these, people come up twice more seldom.
_SOME = 40
#: How much likelier a character must be in a given name than elsewhere, a logarithm.
_TELLING = 1.0
#: Logarithm of the share of a word from which on it is ordinary.
_ORDINARY = -13.0


def _is_word(value: str) -> bool:
    """Tell whether a value is an ordinary word (and not listed as a name)."""
    if not 2 <= len(value) <= 4 or any(ord(c) > 0xFFFF for c in value):  # noqa: PLR2004
        return False
    m = prose.model()
    # Without Numba this is Python, where NumPy tells when a product loses its upper half.
    with np.errstate(over="ignore"):
        slot = int(slot_of(m.keys, np.uint64(prose.pack(value))))
    return slot >= 0 and bool(m.cost[slot] > _ORDINARY) and int(m.tags[slot]) != _PERSON


_PERSON = 3

_WORDS = {
    "values": ("{share}的非空值符合“{form}”的形式", "{share} of the filled cells have the form {form}"),
    "values+column": (
        "列名与取值一致：{share}的非空值符合“{form}”的形式",
        "name and values agree: {share} of the filled cells have the form {form}",
    ),
    "column": (
        "取值形似“{form}”，但列名表明是其他内容",
        "the values look like {form}, but the column's name says otherwise",
    ),
    "empty": ("没有可供判断的值", "there are no values to judge by"),
}


def _answer(column: str, kind: str, form: str, share: float, filled: int, reason: str) -> ColumnType:
    """Return the answer with its reason in words."""
    named = catalog().kinds.get(form)
    zh, en = (
        text.format(share=f"{share:.0%}", form=(named.zh if i == 0 else named.en) if named else form)
        for i, text in enumerate(_WORDS[reason])
    )
    return ColumnType(column, kind, form, round(share, 4), filled, reason, zh, en)
