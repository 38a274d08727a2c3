"""The small encodings that notes, checkpoints, proofs and policies share."""

from __future__ import annotations

import base64
import binascii
import re

from qingyuan.ledger.tree import MAX_SIZE

_CONTROL = re.compile(r"[\x00-\x1f]")
_CONTROL_BUT_LF = re.compile(r"[\x00-\x09\x0b-\x1f]")
# Unicode spaces, the plus sign, control characters, and the lone surrogates of undecodable bytes.
_NOT_IN_NAME = re.compile(r"[\s+\x00-\x1f\ud800-\udfff]")


def b64encode(data: bytes) -> str:
    """Return standard base64 with padding (RFC 4648 section 4)."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def b64decode(text: str) -> bytes | None:
    """Return the bytes of canonical standard base64, or ``None``.

    Canonical means that encoding again gives the same text: no white space, no missing padding and no
    stray bits in the last character, so that one value has one spelling.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if b64encode(data) == text else None


def parse_decimal(text: str) -> int | None:
    """Return the value of an ASCII decimal without leading zeroes, at most 2^63 − 1, or ``None``."""
    if (
        not (text.isascii() and text.isdigit())
        or (text[0] == "0" and text != "0")
        or len(text) > len(str(MAX_SIZE))
    ):
        return None
    value = int(text)
    return value if value <= MAX_SIZE else None


def has_control(text: str, *, line_feeds: bool = False) -> bool:
    """Say whether ``text`` has an ASCII control character, other than line feeds where they are allowed."""
    return (_CONTROL_BUT_LF if line_feeds else _CONTROL).search(text) is not None


def is_key_name(name: str) -> bool:
    """Say whether ``name`` may be a key name of a C2SP note: not empty, no space, no plus sign."""
    return bool(name) and _NOT_IN_NAME.search(name) is None
