"""How names sound, in Hanyu Pinyin without tones: the first readings of the ``pypinyin`` package, read as data."""

from __future__ import annotations

import functools
import json
import unicodedata
from importlib import resources

from qingyuan.pii.catalog import catalog


@functools.cache
def _readings() -> dict[int, str]:
    """Return the first reading of each character without its tone (ü becomes u)."""
    listed = json.loads((resources.files("pypinyin") / "pinyin_dict.json").read_text("utf-8"))
    return {int(code): _toneless(readings.partition(",")[0]) for code, readings in listed.items()}


def _toneless(reading: str) -> str:
    plain = unicodedata.normalize("NFD", reading)
    return "".join(c for c in plain if not unicodedata.combining(c))


@functools.cache
def _family_sounds() -> frozenset[str]:
    """Return how the listed family names sound."""
    names = catalog().names
    # Both lists are of characters that have a reading.
    return frozenset(
        "".join(_readings().get(ord(c), "?") for c in name) for name in (*names.single, *names.double)
    )


def surname_first(name: str) -> str:
    """Return a name in Latin letters with the family name first.

    It stands last where it alone is in capitals, or where the last word is a Chinese family name and the first is none; a
    comma stands behind a family name. Where both could be one, the order is left as it is.
    """
    words = name.replace(",", " ").split()
    if len(words) < 2 or "," in name:  # noqa: PLR2004 - a family name and a given name
        return " ".join(words)
    first, last = words[0], words[-1]
    capitals = [word for word in words if len(word) > 1 and word.isupper()]
    known = _family_sounds()
    if capitals == [last] or (capitals != [first] and last.lower() in known and first.lower() not in known):
        words = [last, *words[:-1]]
    return " ".join(words)


def sound(name: str) -> str:
    """Return how a name sounds: Latin letters in lower case, nothing else; ``""`` where a character has no reading.

    A name that is written in Pinyin sounds like the one in characters, if the family name stands first.
    """
    if name.isascii():
        return "".join(c for c in name.lower() if c.isalpha())
    syllables = [_readings().get(ord(c), "") for c in name]
    return "".join(syllables) if all(syllables) else ""
