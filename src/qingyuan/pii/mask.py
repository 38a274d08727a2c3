"""Values as they may be shown: the identifying part hidden."""

from __future__ import annotations

from qingyuan.pii.catalog import catalog

_FULL = "０１２３４５６７８９＋－　＊"
_TO_HALF = {ord(c): h for c, h in zip(_FULL, "0123456789+- *", strict=True)}
#: ASCII characters that are no part of a number.
_KEPT = {code: None for code in range(128) if chr(code) not in "0123456789*Xx"}
_LEVEL_ENDS = "省市州盟区"
#: Longest clear start of an address, in characters.
_ADDRESS_CLEAR = 9
#: A number with fewer characters to hide is hidden whole.
_FEWEST_HIDDEN = 3


_NUMBERS = ("resident-id", "mobile", "bank-card", "privacy-number", "landline")
#: Most stars shown, whatever the length.
_MOST_STARS = 12


def masked(kind: str, value: str) -> str:
    """Return ``value`` with its identifying part hidden.

    Mobile numbers show three and four digits, IDs three and four, cards six and four, e-mail addresses
    one character and the domain, names the surname, addresses province and city, all others what the
    kind's file says. A value too short for its rule is hidden altogether.
    """
    value = value.strip()
    if kind == "name":
        return value[:1] + "*" * max(1, len(value) - 1)
    if kind == "address":
        return _masked_address(value)
    if kind == "email":
        local, at, domain = value.partition("@")
        return f"{local[:1]}***{at}{domain}" if at else "***"
    rule = catalog().kinds[kind].mask
    if kind not in _NUMBERS:
        return _hidden(value, rule.start, rule.end)
    if value.isascii():
        digits = value.translate(_KEPT)
    else:
        digits = "".join(c for c in value.translate(_TO_HALF) if c.isdigit() or c in "*Xx×•●○∗")
    if kind == "mobile" and digits.isdigit():
        digits = digits[-11:]
    hidden = len(digits) - rule.start - rule.end
    if hidden < _FEWEST_HIDDEN:
        return "*" * (len(digits) or _FEWEST_HIDDEN)
    return digits[: rule.start] + "*" * hidden + digits[len(digits) - rule.end :]


def _masked_address(value: str) -> str:
    """Return province and city of an address, the rest as four stars."""
    end = 0
    for index, char in enumerate(value[:_ADDRESS_CLEAR]):
        if char in _LEVEL_ENDS:
            end = index + 1
            if char != "省":
                break
    return value[: end or min(2, len(value) // 2)] + "****"


def _hidden(value: str, start: int, end: int) -> str:
    """Return the first and last characters of a value, stars between."""
    hidden = len(value) - start - end
    if hidden < _FEWEST_HIDDEN:
        start, end, hidden = 0, 0, len(value)
    return value[:start] + "*" * min(hidden, _MOST_STARS) + value[len(value) - end :]
