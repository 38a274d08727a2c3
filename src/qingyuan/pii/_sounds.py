"""How names sound, in Hanyu Pinyin without tones: the first readings of the ``pypinyin`` package, read as data."""

from __future__ import annotations

import functools
import json
import unicodedata
from importlib import resources


@functools.cache
def _readings() -> dict[int, str]:
    """Return the first reading of each character without its tone (ü becomes u)."""
    listed = json.loads((resources.files("pypinyin") / "pinyin_dict.json").read_text("utf-8"))
    return {int(code): _toneless(readings.partition(",")[0]) for code, readings in listed.items()}


def _toneless(reading: str) -> str:
    plain = unicodedata.normalize("NFD", reading)
    return "".join(c for c in plain if not unicodedata.combining(c))


def sound(name: str) -> str:
    """Return how a name sounds: Latin letters in lower case, nothing else; ``""`` where a character has no reading.

    A name that is written in Pinyin sounds like the one in characters, if the family name stands first.
    """
    if name.isascii():
        return "".join(c for c in name.lower() if c.isalpha())
    syllables = [_readings().get(ord(c), "") for c in name]
    return "".join(syllables) if all(syllables) else ""
