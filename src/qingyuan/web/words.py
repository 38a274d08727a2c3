"""The words of the interface, in both languages, from ``words/*.yaml``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.resources import files
from typing import Literal

import msgspec

from qingyuan.plainyaml import read_yaml
from qingyuan.shapes import convert

Lang = Literal["zh", "en"]


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One string of the interface; braces are filled in.

    Attributes:
        zh: In Chinese.
        en: In English.
    """

    zh: str
    en: str


@functools.cache
def catalogue() -> Mapping[str, Word]:
    """Return every word by its key, ``"area.name"``.

    Raises:
        ValueError: A key stands in two files.
    """
    found: dict[str, Word] = {}
    for file in sorted((files("qingyuan.web") / "words").iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".yaml"):
            continue
        read = convert(read_yaml(file.read_bytes()), dict[str, Word])
        if twice := found.keys() & read.keys():
            raise ValueError(f"{file.name}: {sorted(twice)}")
        found |= read
    return found


def word(lang: Lang, key: str, **values: object) -> str:
    """Return a word of the interface.

    Raises:
        KeyError: There is no such word.
    """
    found = catalogue()[key]
    text = found.zh if lang == "zh" else found.en
    return text.format(**values) if values else text


def said(lang: Lang, thing: object, name: str = "") -> str:
    """Return what a thing of the rooms below is called: its ``zh`` or ``en``, or ``name_zh`` and ``name_en``."""
    wanted = f"{name}_{lang}" if name else lang
    value = thing.get(wanted, "") if isinstance(thing, Mapping) else getattr(thing, wanted)
    return str(value)
