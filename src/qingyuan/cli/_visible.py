"""What a terminal would obey, made visible: names of files, answers of peers and texts of others are only ever shown."""

from __future__ import annotations

import re

#: Controls but line ends and tabs, and what turns the direction of a line: with these a name moves the cursor, clears the screen, sets the
#: title of the window or reads backwards.
_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]|[\ud800-\udfff]"
)


def visible(text: str) -> str:
    r"""Return a text with every character that a terminal would obey written as its number, such as ``\u001b``.

    JSON means the same afterwards.

    Args:
        text: What is to be shown; line ends and tabs stay.
    """
    return _OBEYED.sub(_number, text)


def _number(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
