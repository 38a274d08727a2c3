"""Patterns of the catalogue: a small language of regular expressions, made into automata over characters.

The language: a character stands for itself; ``[A-Z0-9]`` is one of several, ``[^…]`` any printable ASCII
character but those; ``( | )``, ``?``, ``*``, ``+``, ``{m}``, ``{m,}``, ``{m,n}`` as usual; a backslash takes the
meaning from a sign or names a class (:data:`NAMED`). ASCII signs but ! and ? also match their full-width forms. There are no
anchors: what may stand around a value is said beside the pattern.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

#: Any 汉字 that no pattern names.
HAN = -1
_ASCII = frozenset(range(0x21, 0x7F))
_DIGITS = frozenset(range(48, 58))
_LETTERS = frozenset((*range(65, 91), *range(97, 123)))
#: Classes by their letter: digits, ASCII letters and digits, hexadecimal digits, signs that hide, Chinese
#: numerals, blanks, printable ASCII, 汉字.
NAMED = {
    "d": _DIGITS,
    "w": _DIGITS | _LETTERS,
    "h": _DIGITS | frozenset(map(ord, "abcdefABCDEF")),
    "m": frozenset(map(ord, "*＊×•●○∗#█▇▓■□◆◇★☆✱✲✳﹡⁎")),
    "n": frozenset(map(ord, "零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖")),
    "s": frozenset((0x20, 0xA0, 0x3000)),
    "x": _ASCII,
    "c": frozenset((HAN,)),
}
#: Longest repetition and most characters of one pattern.
MOST = 512

Chars = frozenset[int]


class PatternError(ValueError):
    """A pattern that cannot be read; the message says where."""


class _Node(msgspec.Struct, frozen=True):
    """A part of a pattern: positions it may begin and end with, and whether it may be empty."""

    first: int
    last: int
    empty: bool


@dataclass(slots=True)
class Automaton:
    """A deterministic automaton over sets of characters.

    Attributes:
        steps: For each state, ``(characters, next state)`` pairs; state 0 is the start.
        accepting: States in which the pattern may end.
    """

    steps: list[list[tuple[Chars, int]]] = field(default_factory=list)
    accepting: set[int] = field(default_factory=set)


class _Reader:
    """Reads a pattern into positions (Glushkov): the set of each and which may follow it, as bits."""

    def __init__(self, pattern: str, *, fold: bool) -> None:
        """Start at the first sign."""
        self.pattern = pattern
        self.fold = fold
        self.at = 0
        self.sets: list[Chars] = []
        self.follow: list[int] = []

    def fail(self, why: str) -> PatternError:
        """Return the error at the present place."""
        return PatternError(f"{self.pattern!r} at {self.at + 1}: {why}")

    def peek(self) -> str:
        """Return the next sign, "" at the end."""
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        """Return the next sign and step over it."""
        char = self.peek()
        if not char:
            raise self.fail("ends too early")
        self.at += 1
        return char

    def read(self) -> _Node:
        """Return the whole pattern.

        Raises:
            PatternError: It is not well formed, may be empty or is too long.
        """
        node = self.choice()
        if self.peek():
            raise self.fail(f"{self.peek()!r} is not expected here")
        if node.empty:
            raise self.fail("may match nothing")
        return node

    def choice(self) -> _Node:
        """Return alternatives."""
        node = self.sequence()
        while self.peek() == "|":
            self.take()
            other = self.sequence()
            node = _Node(node.first | other.first, node.last | other.last, node.empty or other.empty)
        return node

    def sequence(self) -> _Node:
        """Return one part after another."""
        node = _Node(0, 0, empty=True)
        while self.peek() not in ("", "|", ")"):
            node = self.joined(node, self.repeated())
        return node

    def joined(self, a: _Node, b: _Node) -> _Node:
        """Return ``a`` and then ``b``."""
        self.link(a.last, b.first)
        return _Node(
            a.first | (b.first if a.empty else 0), b.last | (a.last if b.empty else 0), a.empty and b.empty
        )

    def link(self, last: int, first: int) -> None:
        """Let every position of ``first`` follow every one of ``last``."""
        for position in _bits(last):
            self.follow[position] |= first

    def repeated(self) -> _Node:
        """Return one part with what says how often."""
        begin = self.at
        node = self.atom()
        sign = self.peek()
        if sign not in ("?", "*", "+", "{"):
            return node
        end = self.at
        self.take()
        low, high = {"?": (0, 1), "*": (0, None), "+": (1, None)}.get(sign) or self.counts()
        after = self.at
        parts = [node]
        for _ in range(max(low, high or low) - 1):
            self.at = begin
            parts.append(self.atom())
            if self.at != end:
                raise self.fail("cannot be repeated")
        self.at = after
        total = _Node(0, 0, empty=True)
        for number, part in enumerate(parts):
            optional = _Node(part.first, part.last, empty=True) if number >= low else part
            total = self.joined(total, optional)
        if high is None:
            self.link(parts[-1].last, parts[-1].first)
        return total

    def counts(self) -> tuple[int, int | None]:
        """Return the numbers of ``{m,n}`` after its bracket."""
        end = self.pattern.find("}", self.at)
        low, comma, high = self.pattern[self.at : end].partition(",")
        if end < 0 or not low.isdigit() or (high and not high.isdigit()):
            raise self.fail("{m}, {m,} or {m,n} is expected")
        self.at = end + 1
        bounds = int(low), (int(high) if high else None) if comma else int(low)
        if (bounds[1] is not None and bounds[1] < max(1, bounds[0])) or max(bounds[0], bounds[1] or 0) > MOST:
            raise self.fail("the counts are wrong")
        return bounds

    def atom(self) -> _Node:
        """Return one character, class or bracket."""
        char = self.take()
        if char == "(":
            node = self.choice()
            if self.take() != ")":
                raise self.fail("')' is missing")
            return node
        if char in "?*+{}])|":
            raise self.fail(f"{char!r} is not expected here")
        if char == "[":
            chars = self.members()
        elif char == "\\":
            chars = self.escaped()
        else:
            chars = frozenset((ord(char),))
        return self.position(chars)

    def position(self, chars: Chars) -> _Node:
        """Return a new position."""
        if self.fold:
            chars |= frozenset(c ^ 32 for c in chars & _LETTERS)
        if len(self.sets) >= MOST:
            raise self.fail("is too long")
        self.sets.append(chars)
        self.follow.append(0)
        bit = 1 << (len(self.sets) - 1)
        return _Node(bit, bit, empty=False)

    def escaped(self) -> Chars:
        """Return what stands after a backslash."""
        char = self.take()
        if char in NAMED:
            return NAMED[char]
        if char.isalnum():
            raise self.fail(f"\\{char} is no class")
        return frozenset((ord(char),))

    def members(self) -> Chars:
        """Return a class in square brackets."""
        chars: set[int] = set()
        negated = self.peek() == "^"
        if negated:
            self.take()
        while self.peek() != "]":
            char = self.take()
            if char == "\\":
                chars |= self.escaped()
                continue
            if self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.take()
                last = self.take()
                if last < char:
                    raise self.fail("the range is upside down")
                chars |= set(range(ord(char), ord(last) + 1))
            else:
                chars.add(ord(char))
        self.take()
        return _ASCII - frozenset(chars) if negated else frozenset(chars)


def _bits(mask: int) -> Iterable[int]:
    """Return the numbers of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def automaton(pattern: str, *, fold: bool = False) -> Automaton:
    """Return the automaton of a pattern.

    Args:
        pattern: See the module.
        fold: Whether ASCII letters match in either case.

    Raises:
        PatternError: The pattern is not well formed, may match nothing or is too long.
    """
    reader = _Reader(pattern, fold=fold)
    node = reader.read()
    made = Automaton()
    masks, parts = _masks(reader.sets)
    joined: dict[int, Chars] = {}
    numbers: dict[int, int] = {}

    def state(mask: int) -> int:
        """Return the number of the state of these last positions."""
        if mask not in numbers:
            numbers[mask] = len(numbers)
            made.steps.append([])
            waiting.append(mask)
        return numbers[mask]

    waiting: list[int] = []
    state(-1)
    while waiting:
        mask = waiting.pop()
        number = numbers[mask]
        after = node.first
        if mask >= 0:
            after = 0
            for position in _bits(mask):
                after |= reader.follow[position]
            if mask & node.last:
                made.accepting.add(number)
        for chars, positions in _split([(masks[p], 1 << p) for p in _bits(after)]):
            if chars not in joined:
                joined[chars] = frozenset().union(*(parts[bit] for bit in _bits(chars)))
            made.steps[number].append((joined[chars], state(positions)))
    return made


def _masks(sets: list[Chars]) -> tuple[list[int], list[Chars]]:
    """Return the sets as bits of the parts that none of them divides, and those parts."""
    inside: dict[int, int] = {}
    known: dict[Chars, int] = {}
    for chars in sets:
        if chars not in known:
            bit = 1 << len(known)
            known[chars] = bit
            for char in chars:
                inside[char] = inside.get(char, 0) | bit
    parts: dict[int, set[int]] = {}
    for char, of in inside.items():
        parts.setdefault(of, set()).add(char)
    masks = {
        chars: sum(1 << number for number, of in enumerate(parts) if of & bit) for chars, bit in known.items()
    }
    return [masks[chars] for chars in sets], [frozenset(part) for part in parts.values()]


def _split(parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return disjoint sets of characters, each with all the positions it leads to."""
    out: list[tuple[int, int]] = []
    for chars, position in parts:
        rest = chars
        renewed: list[tuple[int, int]] = []
        for known, positions in out:
            both = known & rest
            if not both:
                renewed.append((known, positions))
                continue
            renewed.append((both, positions | position))
            if known & ~both:
                renewed.append((known & ~both, positions))
            rest &= ~both
        out = renewed
        if rest:
            out.append((rest, position))
    return out
