"""Hostile texts in every field of every act: dockets in which each was recorded, told from the acts' own data; and what of them a page shows."""

from __future__ import annotations

import functools
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from qingyuan.cases import VERBS, CaseEvent, Param, Verb, read_event
from qingyuan.cases.events import Foreign
from qingyuan.office.cells import FORMULA
from qingyuan.office.home import Home
from qingyuan.office.register import rebuild
from qingyuan.store import EventDraft
from tests.cases import test_every_act as acts
from tests.cases._world import World, stories, told

#: What every payload holds: elements, attributes, ends of what it may stand in, templates, markup of papers, line ends of scripts, look-alikes.
_BODY = (
    "\"'><img src=x onerror=qyx(1)><svg/onload=qyx(2)></textarea></title></option></script><script>qyx(3)</script>"
    "<qyx>{{'qz'*3}}${'qz'*3}{%print('qz'*3)%}<%='qz'*3%>#('qz'*3)#eval('qz*3')$qz$"
    "<a href=javascript:qyx(4)>\u2028\u2029\uff1cscript\uff1eqyx\u202e\u0131\u2066&lt;qyx&gt;&#60;qyx&#62;--><!--]]>"
)
#: What it begins with, in turn: schemes of addresses and what a spreadsheet takes for a formula.
_HEADS = ("javascript:qyx(5)//", "=1+1", "data:text/html,<qyx>", "+1", "@SUM(1)", "-1", "//qyx.invalid/", " \tvbscript:qyx", "＝1")  # fmt: skip
#: What a template, a paper or a sheet that runs a payload shows.
RUN = "qz" * 3
#: What any page of ours may hold; anything else comes from a payload.
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9-]*\Z|xmlns(:\w+)?\Z|viewBox\Z|preserveAspectRatio\Z")
_ADDRESSES = {
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "poster",
    "background",
    "cite",
    "xlink:href",
    "srcset",
    "ping",
}
_SCHEME = re.compile(r"[\x00-\x20]*([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_NEVER = {"qyx", "iframe", "object", "embed", "base", "frame", "applet", "style", "math", "foreignobject"}
#: Types of particulars whose value is free text.
FREE = {"text", "texts", "reference"}


def payload(name: str) -> str:
    """Return a payload: of one name always the same, so that acts that have to agree with each other do."""
    return f"{_HEADS[zlib.crc32(name.encode()) % len(_HEADS)]}{_BODY}"


def is_free(param: Param) -> bool:
    """Tell whether a person types what they like there: not what the law data or the findings of a scan have to know."""
    return param.type in FREE and not param.system and param.name not in {*acts.NAMED, "findings"}


def wrong_in(html: str) -> list[str]:
    """Return what a payload became in a page, by a parser that reads like a browser: elements, attributes, schemes, results."""
    found = []
    root = LexborHTMLParser(html).root
    for node in root.traverse() if root else ():
        tag, attributes = str(node.tag), node.attributes
        if tag in _NEVER or (tag == "script" and not str(attributes.get("src", "")).startswith("/static/")):
            found.append(f"<{tag}>")
        for name, value in attributes.items():
            scheme = _SCHEME.match(value or "") if name in _ADDRESSES else None
            if name.startswith("on") or name in {"style", "srcdoc"} or not _ATTRIBUTE.match(name):
                found.append(f"<{tag} {name}>")
            elif scheme and scheme[1].lower() not in {"http", "https"}:
                found.append(f"<{tag} {name}={scheme[1]}:>")
            elif (name in {"src", "action", "formaction"} and not (value or "/").startswith("/")) or (
                name in _ADDRESSES and (value or "").lstrip().startswith(("//", "/\\"))
            ):
                found.append(f"<{tag} {name}={value}>")
    return [*found, *([RUN] if RUN in html else [])]


def formulas(cells: Iterator[str]) -> list[str]:
    """Return the cells that a spreadsheet would take for a formula."""
    return [cell for cell in cells if cell.startswith(FORMULA)]


class Hostile:
    """Dockets in which every free particular of every act holds a payload.

    Attributes:
        typed: Act and particular that hold one somewhere.
        worlds: The dockets.
    """

    def __init__(self) -> None:
        """Do every act that goes on from the end of a story, and then those that others have to be done for first."""
        self.typed: set[tuple[str, str]] = set()
        self.worlds: list[World] = []
        self._rich = True
        told_last = {one.get("after") for one in stories().values()}
        ends = sorted(set(stories()) - told_last, key=lambda name: -len(told(name).events))
        left = {name: verb for name, verb in VERBS.items() if name not in acts.ELSEWHERE}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(acts, "_value", functools.partial(self._value, acts._value))
            patch.setattr(acts, "_tries", functools.partial(self._tries, acts._tries))
            plain = World.act
            patch.setattr(World, "act", lambda world, *asked: self._act(plain, world, *asked))
            for name in ends:
                self._go_on(told(name), left)
            for self._rich in (True, False):
                for name in list(left):
                    self._reach(left, name)
            for verb in VERBS.values():
                self._more(verb)

    def _go_on(self, world: World, left: dict[str, Verb]) -> None:
        before = -1
        while before != len(world.events):
            before = len(world.events)
            for name, verb in list(left.items()):
                if after := acts._done(verb, world, max(acts.TODAY, world.events[-1].at.date()), {}):
                    world = after
                    del left[name]
        self.worlds.append(world)

    def _reach(self, left: dict[str, Verb], name: str) -> None:
        if name not in left:
            return
        verbs, starts = tuple(VERBS.values()), sorted(stories(), key=lambda one: len(told(one).events))
        found = (
            acts._reach(VERBS[name], told(one), acts.TODAY, {}, depth, verbs)
            for depth in range(acts.DEPTH)
            for one in starts
        )
        if world := next(filter(None, found), None):
            del left[name]
            self.worlds.append(world)

    def _more(self, verb: Verb) -> None:
        """Do an act once more where particulars of it are for another kind of case than it was done in."""
        for name in stories():
            if {(verb.name, one.name) for one in verb.params if is_free(one)} <= self.typed:
                return
            known, on = len(self.typed), max(acts.TODAY, told(name).events[-1].at.date())
            world = acts._done(verb, told(name), on, {})
            if world and len(self.typed) > known:
                self.worlds.append(world)

    def _value(self, plain: Any, param: Param, track: Any, on: date) -> Any:
        if not is_free(param):
            return plain(param, track, on)
        return [payload(param.name)] if param.type == "texts" else payload(param.name)

    def _tries(self, plain: Any, *asked: Any) -> Iterator[dict[str, Any]]:
        return iter(sorted(plain(*asked), key=lambda one: -len(one)) if self._rich else plain(*asked))

    def _act(self, plain: Any, world: World, verb: Verb | str, args: Mapping[str, Any], *more: Any) -> Any:
        drafts = plain(world, verb, args, *more)
        if isinstance(verb, Verb):
            self.typed |= {(verb.name, one.name) for one in verb.params if _has_body(args.get(one.name))}
        return drafts

    def write(self, home: Home) -> list[str]:
        """Write the dockets into a home, each under numbers of its own, and return the numbers of all records."""
        with home.database.write() as connection:
            for number, world in enumerate(self.worlds):
                drafts = [
                    EventDraft(*_renumbered((one.stream, one.type, _raw(one)), number))
                    for one in world.events
                ]
                home.record(connection, drafts, actor="P001")
        rebuild(home)
        return [
            _renumbered(one, number) for number, world in enumerate(self.worlds) for one in world.docket.heads
        ]


def _has_body(value: object) -> bool:
    return any(_BODY in str(one) for one in (value if isinstance(value, list) else [value]))


def _raw(event: CaseEvent) -> dict[str, Any]:
    if event.type == "evidence.transferred" and isinstance(event.payload, Foreign):
        return {**dict(event.payload.data), "to": payload("to"), "manifest_sha256": "0" * 64}
    if isinstance(event.payload, Foreign):
        return dict(event.payload.data)
    raw: dict[str, Any] = msgspec.to_builtins(event.payload)
    assert read_event(event.stream, event.n, event.type, event.at, event.actor, raw) == event
    return raw


def _renumbered(value: Any, number: int) -> Any:
    if isinstance(value, str):
        return re.sub(r"\b([LMC])2026-", rf"\g<1>{2100 + number}-", value)
    if isinstance(value, Mapping):
        return {name: _renumbered(one, number) for name, one in value.items()}
    return [_renumbered(one, number) for one in value] if isinstance(value, list | tuple) else value
