"""Getting the types of this program ready before threads use them.

What msgspec knows of a type it finds out when the type is first read or written, and keeps. While one thread finds it out another
sees it half done, and the process dies (a memory fault, in msgspec 0.22). So a program of several threads finds out
everything while there is one.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator

import msgspec

#: Rooms that are imported when they are first needed, and whose types are small.
_LATE = (
    "qingyuan.cases._overlay",
    "qingyuan.office.recording",
    "qingyuan.pii.ages",
    "qingyuan.pii.kanonymity",
    "qingyuan.pii.profiles",
    "qingyuan.pii.rates",
    "qingyuan.pii.recheck",
)


def ready_types() -> int:
    """Find out everything about every record type that is imported, and return how many there are; some 0.1 s."""
    for name in _LATE:
        importlib.import_module(name)
    found = dict.fromkeys(_below(msgspec.Struct))
    for one in found:
        # What cannot be read or written at all is never found out, and never asked for.
        with contextlib.suppress(TypeError, NameError):
            msgspec.json.Decoder(one)
    return len(found)


def _below(one: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for each in one.__subclasses__():
        yield each
        yield from _below(each)
