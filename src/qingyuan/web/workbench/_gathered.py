"""What the scans of a lead or matter found, kept while nothing of them changes: adding many scans up takes longer than a page may."""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections import OrderedDict

from qingyuan.office.home import Home
from qingyuan.office.summary import Gathered, gather
from qingyuan.store.intakes import items

#: Leads and matters kept for a home.
_MOST = 8
_LOCK = threading.Lock()
_HELD: weakref.WeakKeyDictionary[Home, OrderedDict[tuple[str, ...], tuple[bytes, Gathered]]] = (
    weakref.WeakKeyDictionary()
)


def gathered(home: Home, *scopes: str) -> Gathered:
    """Return what :func:`~qingyuan.office.summary.gather` does, from memory when no scan came since.

    Args:
        home: The office.
        scopes: The lead, or what a matter's material was sealed for.
    """
    digest = hashlib.sha256()
    with home.database.read() as connection:
        for scope in scopes:
            for one in items(connection, scope):
                digest.update(repr((scope, one.path, one.state, one.exhibit, one.scan, one.detail)).encode())
    key = digest.digest()
    with _LOCK:
        known = _HELD.setdefault(home, OrderedDict())
        found = known.get(scopes)
        if found is not None and found[0] == key:
            known.move_to_end(scopes)
            return found[1]
    made = gather(home, *scopes)
    with _LOCK:
        known[scopes] = key, made
        while len(known) > _MOST:
            known.popitem(last=False)
    return made
