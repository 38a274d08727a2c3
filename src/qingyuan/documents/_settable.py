"""What no page shows: characters that a document leaves out, in every form of it alike."""

from __future__ import annotations

_CONTROLS = {*range(0x20), *range(0x7F, 0xA0)} - {0x09, 0x0A, 0x0D}
#: Halves of pairs, and code points that are no characters.
_NONE = {*range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0)} | {
    plane << 16 | end for plane in range(17) for end in (0xFFFE, 0xFFFF)
}
#: With these a number or a name that others sent in reads otherwise than it is written.
_TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
#: Joiners and blanks at which no line may break: of a long row of them the line stands outside the page, and the document cannot be made.
_JOINERS, _BLANKS = {0x2060, 0xFEFF}, {0xA0, 0x2007, 0x202F}
_SILENT: dict[int, str | None] = {
    **dict.fromkeys(_CONTROLS | _NONE | _TURNING | _JOINERS),
    **dict.fromkeys(_BLANKS, " "),
}


def settable(words: str) -> str:
    """Return words without the characters that no page shows.

    Args:
        words: As the docket has them.
    """
    return words if words.isprintable() else words.translate(_SILENT)
