"""What the reason of a hit says, as a sentence.

A reason is codes joined by plus signs (``checksum+column``): what the value itself shows, then what stands beside it. Programs compare
codes; people read sentences. The words are data (``data/reasons.yaml``).
"""

from __future__ import annotations

import functools
from importlib import resources

import msgspec

from qingyuan.plainyaml import read_yaml
from qingyuan.shapes import convert


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words in both languages.

    Attributes:
        zh: In Chinese.
        en: In English.
    """

    zh: str
    en: str


class Reasons(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of all reasons.

    Attributes:
        whole: Of beginnings that are said as one, by their codes joined with plus signs.
        codes: Of single codes.
    """

    whole: dict[str, Said]
    codes: dict[str, Said]


@functools.lru_cache(maxsize=1)
def reasons() -> Reasons:
    """Return the words that come with the program."""
    raw = resources.files("qingyuan.pii").joinpath("data", "reasons.yaml").read_bytes()
    return convert(read_yaml(raw), Reasons)


def said(reason: str) -> Said:
    """Return what ``reason`` says; a code without words stands as it is, and nothing says nothing."""
    known, codes = reasons(), [code for code in reason.split("+") if code]
    parts: list[Said] = []
    while codes:
        size = next((n for n in range(len(codes), 1, -1) if "+".join(codes[:n]) in known.whole), 1)
        key, codes = "+".join(codes[:size]), codes[size:]
        parts.append(known.whole[key] if size > 1 else known.codes.get(key, Said(key, key)))
    return Said("；".join(one.zh for one in parts), "; ".join(one.en for one in parts))
