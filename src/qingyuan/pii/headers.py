"""What a column's name says: which kind it holds, whose, or that it holds something else."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from qingyuan.pii._kernel import flags
from qingyuan.pii._tables import OTHER_LABEL, OWN_LABEL
from qingyuan.pii.catalog import Words, catalog

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TOKEN = re.compile(r"[a-z]+")
#: Cards that are no bank cards, written with Latin letters.
_OTHER_CARD = re.compile(r"(?:sim|usim|ic|id|vip|nfc|cpu|etc|rfid|m1)\s*卡", re.IGNORECASE)
#: The header of an e-mail with the numbers of the messages before it (RFC 5322, section 3.6.4).
_THREAD = "References"
_HAN = re.compile(r"[㐀-鿿/]+")


@dataclass(frozen=True, slots=True)
class Header:
    """The reading of one column name.

    Attributes:
        label: A class of :mod:`qingyuan.pii._kernel.flags` (``LABEL_…``), 0 if the name says nothing.
        role: Index into :func:`roles`, 0 for none.
        contact: Whether the role is that of a contact, who may be the very person of the record.
        waybill: Whether the name belongs to a table of parcels.
    """

    label: int
    role: int
    waybill: bool
    contact: bool = False


@functools.cache
def roles() -> tuple[str, ...]:
    """Return the role names; index 0 is "" (no role)."""
    return ("", *catalog().labels.roles)


@functools.cache
def _labels() -> tuple[dict[str, int], dict[str, int]]:
    """Return the class of each header word, strong and weak."""
    data = catalog()
    strong: dict[str, int] = {}
    for name, kind in data.kinds.items():
        for word in (*kind.header.zh, *kind.header.en):
            strong.setdefault(word, OWN_LABEL[name])
    for name, words in data.labels.labels.items():
        for word in (*words.zh, *words.en):
            strong.setdefault(word, OTHER_LABEL[name])
    weak = dict.fromkeys((*data.labels.weak_order.zh, *data.labels.weak_order.en), flags.LABEL_WEAK)
    return strong, weak


def _parts(name: str) -> tuple[str, str]:
    """Return the 汉字 of a column name and its Latin tokens as ``" tok tok "``."""
    han = "".join(_HAN.findall(name))
    tokens = _TOKEN.findall(_CAMEL.sub(" ", name).lower())
    return han, f" {' '.join(tokens)} "


def _rightmost(han: str, tokens: str, words: dict[str, int]) -> int:
    """Return the class of the word that ends last, the longest of several; 0 if there is none."""
    best = (-1, 0, 0)
    for word, label in words.items():
        if word[0].isascii():
            at = tokens.rfind(f" {word} ")
            end = at + len(word) + 2 if at >= 0 else -1
        else:
            at = han.rfind(word)
            end = at + len(word) if at >= 0 else -1
        if at >= 0:
            best = max(best, (end, len(word), label))
    return best[2]


@functools.cache
def _mixed_words() -> tuple[tuple[str, int], ...]:
    """Return the header words of Latin letters and 汉字 together (``MAC地址``), longest first."""
    strong, _ = _labels()
    mixed = [
        (w.lower(), label) for w, label in strong.items() if not w.isascii() and _TOKEN.search(w.lower())
    ]
    return tuple(sorted(mixed, key=lambda item: -len(item[0])))


def _mixed(name: str) -> int:
    """Return the class of the longest such word in a lower-case name, 0 if there is none."""
    return next((label for word, label in _mixed_words() if word in name), 0)


def _any(han: str, tokens: str, words: Words) -> bool:
    """Tell whether one of the words occurs."""
    return any(w in han for w in words.zh) or any(f" {w} " in tokens for w in words.en)


def last_step(name: str) -> str:
    """Return the last step of a path (``$.user.name``, ``/users/user/name``, ``users.name``), else the whole name."""
    return name.rsplit("/" if name.startswith("/") else ".", 1)[-1].lstrip("@")


@functools.lru_cache(maxsize=4096)
def read_header(name: str) -> Header:
    """Return the reading of a column name or a path such as ``$.items[].receiver.phone``."""
    if not name:
        return Header(0, 0, waybill=False)
    strong, weak = _labels()
    han, tokens = _parts(name)
    step = last_step(name)
    last_han, last_tokens = _parts(step)
    label = _mixed(step.lower())
    if last_han and not label:
        label = _rightmost(last_han, "", strong)
    if label == flags.LABEL_CARD and _OTHER_CARD.search(step):
        label = flags.LABEL_ORDER
    if step == _THREAD:
        label = flags.LABEL_ORDER
    label = label or _rightmost("", last_tokens, strong)
    if not label:
        label = _rightmost(han, tokens, strong)
        # What is inside an ``item`` or a ``product`` is not the item's name.
        if label == OTHER_LABEL["not-name"] and step != name:
            label = 0
    label = label or _rightmost(last_han, last_tokens, weak)
    data = catalog().labels
    role = 0
    for index, words in enumerate(data.roles.values(), start=1):
        if _any(han, tokens, words):
            role = index
            break
    return Header(label, role, _any(han, tokens, data.waybill), contact=roles()[role] == "contact")
