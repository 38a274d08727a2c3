"""The forms of the catalogue made ready for the compiled pass: automata, words and evidence as arrays."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kept import kept
from qingyuan.pii._kernel import checks, flags
from qingyuan.pii._kernel import forms as k
from qingyuan.pii._kernel.beside import RUN, fingerprint
from qingyuan.pii._kernel.nearby import CUE
from qingyuan.pii._patterns import HAN, PatternError, automaton
from qingyuan.pii._tables import OTHER_LABEL, OWN_LABEL, word_table
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.catalog import Catalog, Form, Kind, catalog
from qingyuan.pii.errors import PiiError

#: Bits in which the number of the form of a candidate stands (no other kind of candidate uses them so).
FORM_SHIFT = 8
FORM_MASK = 0xF << FORM_SHIFT
#: Most forms of one kind; the numbers after them are words in text about a person, and whole cells.
MOST_FORMS = 14
MENTION = 14
WHOLE_CELL = 15
_LABELS = 128
#: Characters of the shortest word of column names that is a label in text too.
_FIELD = 3
#: Full-width signs that end a sentence and never stand for the ASCII ones: ！ and ？.
_SENTENCE = (0xFF01, 0xFF1F)
#: Most classes of characters, and most validators of a form.
_MOST_CLASSES = 255
_MOST_CHECKS = 4
#: First 汉字 and one past the last.
_HAN = (0x3400, 0xA000)
_BASIC = 0x10000  # one past the last code point of the basic plane
_EVIDENCE = {
    "column": k.COLUMN, "label": k.LABEL, "context": k.NEAR, "profile": k.PROFILE, "alone": k.ALONE,
}  # fmt: skip
#: Bits of the candidates of kinds whose rules are older than the forms.
_FIXED_BITS = flags.STANDARD | flags.ASSIGNED | flags.GROUPED


@dataclass(frozen=True, slots=True)
class Grammar:
    """Arrays for :func:`qingyuan.pii._kernel.forms.scan_forms`, in the order of its arguments.

    ``mentions`` are those of :func:`qingyuan.pii._kernel.nearby.words_near`.
    """

    classes: Bytes
    steps: npt.NDArray[np.uint16]
    ending: Bytes
    forms: Longs
    checks: Longs
    guard_text: Bytes
    guards: Longs
    firsts: npt.NDArray[np.uint64]
    lengths: npt.NDArray[np.uint64]
    owned: npt.NDArray[np.uint64]
    modes: npt.NDArray[np.uint64]
    refusing: Bytes
    cells_of: Longs
    empty: Longs
    text: Bytes
    words: Longs
    buckets: Longs
    mentions: tuple[Bytes, Longs, Longs]

    def scope(self, label: int) -> int:
        """Return what the pass does with the cells of a column whose name is of the class ``label``."""
        if label in (flags.NO_LABEL, flags.LABEL_WEAK):
            return k.NAMELESS
        if label == flags.LABEL_TEXT:
            return k.TEXT
        return label if self.owned[label].any() or self.cells_of[label] != -1 else k.SKIP


def _wrong(kind: str, field: str, why: str) -> PiiError:
    """Return the error of a form."""
    return PiiError(
        "pii.bad-data",
        zh=f"{field} 有误：{why}",
        en=f"{field} is wrong: {why}",
        where=f"{kind}.yaml",
        remedy_zh="请按 docs/pii.md 的写法改正该字段",
        remedy_en="correct the field; docs/pii.md says how it is written",
    )


@dataclass(slots=True)
class _Compiled:
    """One form: its automaton numbered into the whole, and its row."""

    kind: int
    name: str
    form: Form
    steps: list[list[tuple[frozenset[int], int]]]
    accepting: set[int]
    row: list[int]
    validators: list[int]


def _compile(kind: Kind, code: int, own: int, number: int, form: Form) -> _Compiled:
    """Return one form of a kind.

    Raises:
        PiiError: Its pattern, a validator or its evidence is wrong.
    """
    field = f"$.forms[{number}]"
    try:
        made = automaton(form.prefix + form.pattern, fold=form.fold)
    except PatternError as error:
        raise _wrong(kind.kind, f"{field}.pattern", str(error)) from error
    unknown = [c for c in form.checks if c not in checks.NAMES[1:]]
    if unknown or len(form.checks) > _MOST_CHECKS:
        raise _wrong(kind.kind, f"{field}.checks", ", ".join(unknown) or "at most four validators")
    if not form.states:
        raise _wrong(kind.kind, f"{field}.states", "no evidence is named, so nothing would ever be found")
    needs = k.STANDS if form.stands else 0
    for evidence in form.states:
        needs |= _EVIDENCE[evidence]
    bits = _FIXED_BITS if code <= flags.ADDRESS else number << FORM_SHIFT
    bits |= flags.CHECKED if form.checks else 0
    bits |= flags.MASKED if form.masked else 0
    prefix = len(form.prefix.replace("\\", "").encode())
    row = [0, code, bits, own, needs, prefix, 0, 0, 0, int(":" in form.pattern)]
    numbers = [checks.NAMES.index(c) for c in form.checks] + [0] * (_MOST_CHECKS - len(form.checks))
    return _Compiled(code, kind.kind, form, made.steps, made.accepting, row, numbers)


def _spell_out_han(compiled: list[_Compiled]) -> None:
    """Give the sets of 汉字 the characters that other forms name, which are 汉字 too (in place).

    A character a form itself names is in that set of its own which its automaton has for it.
    """
    named = [
        {char for steps in c.steps for chars, _ in steps for char in chars if _HAN[0] <= char < _HAN[1]}
        for c in compiled
    ]
    every = frozenset().union(*named)
    for c, own in zip(compiled, named, strict=True):
        more = every - own
        c.steps = [
            [(chars | more if HAN in chars else chars, to) for chars, to in steps] for steps in c.steps
        ]


def _character_classes(compiled: list[_Compiled]) -> tuple[Bytes, dict[frozenset[int], list[int]]]:
    """Return the class of each character, and the classes of each set of characters used."""
    _spell_out_han(compiled)
    ordered = sorted({chars for c in compiled for steps in c.steps for chars, _ in steps}, key=sorted)
    inside: dict[int, tuple[int, ...]] = {}
    for number, chars in enumerate(ordered):
        for char in chars:
            inside[char] = (*inside.get(char, ()), number)
    numbers: dict[tuple[int, ...], int] = {(): 0}
    for _, sets in sorted(inside.items()):
        numbers.setdefault(sets, len(numbers))
    if len(numbers) > _MOST_CLASSES:
        raise _wrong("kinds", "$.forms", f"too many classes of characters: {len(numbers)}")
    table = np.zeros(_BASIC, dtype=np.uint8)
    table[_HAN[0] : _HAN[1]] = numbers[inside.get(HAN, ())]
    for char, sets in inside.items():
        if 0 <= char < _BASIC:
            table[char] = numbers[sets]
    wide = np.setdiff1d(np.arange(0xFF01, 0xFF5F), _SENTENCE)
    table[wide] = np.where(table[wide] == 0, table[wide - 0xFEE0], table[wide])
    classes: dict[frozenset[int], list[int]] = {chars: [] for chars in ordered}
    for sets, number in numbers.items():
        for at in sets:
            classes[ordered[at]].append(number)
    return table, classes


class _Automata:
    """All automata in one table of steps, and what may begin a value of each form."""

    def __init__(self, compiled: list[_Compiled]) -> None:
        """Number the states of all forms and note which characters and how long a run each begins with."""
        self.classes, sets = _character_classes(compiled)
        width = int(self.classes.max()) + 1
        total = 1 + sum(len(c.steps) for c in compiled)
        masks = len(compiled) // 64 + 1
        self.steps = np.zeros((total, width), dtype=np.uint16)
        self.ending = np.zeros(total, dtype=np.uint8)
        self.firsts = np.zeros((width, masks), dtype=np.uint64)
        self.lengths = np.zeros((k.LONGEST + 1, masks), dtype=np.uint64)
        self.runs = np.zeros(width, dtype=np.bool_)
        self.runs[self.classes[np.flatnonzero(RUN)]] = True
        self.runs[0] = False
        base = 1
        for number, c in enumerate(compiled):
            for state, moves in enumerate(c.steps):
                self.ending[base + state] = state in c.accepting
                for chars, after in moves:
                    self.steps[base + state, sets[chars]] = base + after
            c.row[k.START] = base
            word, bit = _bit(number)
            self.firsts[np.flatnonzero(self.steps[base]), word] |= bit
            self.lengths[self._run_lengths(base), word] |= bit
            base += len(c.steps)

    def _run_lengths(self, start: int) -> list[int]:
        """Return the lengths of the runs of letters and digits a value may begin with."""
        out = []
        states = np.array([start])
        for length in range(1, k.LONGEST + 1):
            states = np.unique(self.steps[states][:, self.runs])
            states = states[states > 0]
            if not states.size:
                break
            if self.ending[states].any() or self.steps[states][:, ~self.runs].any():
                out.append(length)
        return out


def _bit(number: int) -> tuple[int, np.uint64]:
    """Return the word and the bit of a form in a mask."""
    return number // 64, np.uint64(1 << (number % 64))


def _evidence(
    compiled: list[_Compiled], owns: Mapping[str, int]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return the forms each class of label owns, and those for nameless columns and for text without a label."""
    masks = len(compiled) // 64 + 1
    owned = np.zeros((_LABELS, masks), dtype=np.uint64)
    modes = np.zeros((2, masks), dtype=np.uint64)
    for number, c in enumerate(compiled):
        word, bit = _bit(number)
        for name in (c.name, *c.form.also):
            if name not in owns:
                raise _wrong(c.name, "$.forms", f"also: {name}")
            owned[owns[name], word] |= bit
        if "profile" in c.form.states:
            modes[0, word] |= bit
        if {"alone", "context"} & c.form.states.keys() or c.form.prefix:
            modes[1, word] |= bit
    return owned, modes


def _guards(compiled: list[_Compiled]) -> tuple[Bytes, Longs]:
    """Return the texts that may not stand beside values, and their ``(offset, length, side)``."""
    text = bytearray(b"\0")
    rows: list[int] = []
    for c in compiled:
        c.row[k.GUARD] = len(rows) // 3
        for side, guards in enumerate((c.form.not_after, c.form.not_before)):
            for raw in (guard.encode() for guard in guards):
                rows += [len(text), len(raw), side]
                text += raw
        c.row[k.GUARDS] = len(rows) // 3
    return np.frombuffer(bytes(text), dtype=np.uint8), np.array(rows, dtype=np.int64)


def _cells(data: Catalog, owns: Mapping[str, int], rows: list[list[int]]) -> tuple[Longs, Longs]:
    """Add the forms of whole cells to ``rows``; return which each class of column has, and words for nothing."""
    cells_of = np.full(_LABELS, -1, dtype=np.int64)
    empty: list[int] = []
    for code, (name, kind) in enumerate(data.kinds.items(), start=1):
        if kind.cell is None:
            continue
        number = len(rows)
        rows.append([0, code, WHOLE_CELL << FORM_SHIFT, owns[name], k.COLUMN, 0, 0, 0, 0, 0])
        cells_of[owns[name]] = -2 - number if "label" in kind.cell.states else number
        for text in kind.cell.empty:
            raw: Bytes = np.frombuffer(text.encode(), dtype=np.uint8)
            empty.append(fingerprint(raw, 0, len(raw)))
    return cells_of, np.array(sorted(empty), dtype=np.int64)


def build(data: Catalog) -> Grammar:
    """Return the arrays of a catalogue.

    Raises:
        PiiError: A form is wrong; the error names file and field.
    """
    owns = {
        name: OWN_LABEL[name] if code <= flags.ADDRESS else flags.LABEL_KIND + code
        for code, name in enumerate(data.kinds, start=1)
    }
    compiled: list[_Compiled] = []
    for code, (name, kind) in enumerate(data.kinds.items(), start=1):
        if len(kind.forms) > MOST_FORMS:
            raise _wrong(name, "$.forms", f"at most {MOST_FORMS} forms")
        compiled += [_compile(kind, code, owns[name], i, form) for i, form in enumerate(kind.forms)]
    made = _Automata(compiled)
    guard_text, guards = _guards(compiled)
    owned, modes = _evidence(compiled, owns)
    rows = [c.row for c in compiled]
    validators = [c.validators for c in compiled] or [[0] * _MOST_CHECKS]
    cells_of, empty = _cells(data, owns, rows)
    words, refusing = _words(data, owns)
    return Grammar(
        made.classes, made.steps, made.ending, np.array(rows, dtype=np.int64).reshape(-1, k.FORM_COLUMNS),
        np.array(validators, dtype=np.int64), guard_text, guards, made.firsts, made.lengths, owned, modes, refusing,
        cells_of, empty, *word_table(words), word_table(_mentions(data)),
    )  # fmt: skip


def _mentions(data: Catalog) -> dict[str, int]:
    """Return the kind of every word of text about a person, :data:`CUE` for those that announce one."""
    out: dict[str, int] = {}
    for code, kind in enumerate(data.kinds.values(), start=1):
        if kind.mentions is not None:
            out |= dict.fromkeys(kind.mentions.cues, CUE)
            out |= dict.fromkeys(kind.mentions.words, code)
    return out


def _words(data: Catalog, owns: Mapping[str, int]) -> tuple[dict[str, int], Bytes]:
    """Return the class of every word in free text, and which classes say that a value is something else.

    A word of two kinds belongs to the one with forms of its own.
    """
    out: dict[str, int] = {}
    refusing = np.zeros(_LABELS, dtype=np.uint8)
    refusing[[flags.LABEL_ORDER, flags.LABEL_TIME]] = 1
    ordered = sorted(data.kinds.items(), key=lambda item: owns[item[0]] <= flags.LABEL_KIND)
    for name, kind in ordered:
        for word in (*kind.context.zh, *kind.context.en):
            out.setdefault(word, owns[name])
        if kind.displaces:
            refusing[owns[name]] = 1
    for name, words in data.labels.labels.items():
        for word in (*words.zh, *words.en):
            out.setdefault(word, OTHER_LABEL[name])
    for name, kind in ordered:
        # Names of fields (``wxh=``) are labels in logs and addresses too.
        for word in kind.header.en:
            if len(word) >= _FIELD:
                out.setdefault(word, owns[name])
    return {word: label for word, label in out.items() if len(word) > 1}, refusing


@functools.cache
def grammar() -> Grammar:
    """Return the arrays of the shipped catalogue, built once."""
    return kept("grammar", lambda: build(catalog()))
