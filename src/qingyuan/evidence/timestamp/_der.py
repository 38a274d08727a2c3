"""The outer rule of DER (X.690): one element, definite minimal lengths, nothing around it.

``asn1crypto`` also reads BER. What must have one encoding only is checked here first, so that the reader above
it never sees anything else.
"""

from __future__ import annotations

from collections.abc import Iterator

from qingyuan.evidence.timestamp.errors import broken

#: Longest answer, in bytes. Real ones have two to eight thousand.
MAX_SIZE = 1 << 16

_MAX_DEPTH = 32
_CONSTRUCTED = 0x20
_HIGH_TAG = 0x1F
_INDEFINITE = 0x80
_SHORT_FORM = 0x80
_BOOLEAN, _INTEGER, _BIT_STRING, _NULL, _OID = 0x01, 0x02, 0x03, 0x05, 0x06
_SEQUENCE, _SET = 0x30, 0x31
_MAX_LENGTH_OCTETS = 4


def check_der(data: bytes, limit: int = MAX_SIZE) -> None:
    """Check that ``data`` is exactly one DER element.

    The order of a SET OF is not looked at: authorities send certificates unsorted, and no signature covers that order.

    Args:
        data: The bytes.
        limit: How many there may be.

    Raises:
        BrokenTimestampError: ``timestamp.truncated``, ``timestamp.trailing``, ``timestamp.indefinite-length``,
            ``timestamp.not-der`` or ``timestamp.too-large``.
    """
    if len(data) > limit:
        raise broken("too-large")
    _, start, end = _header(data, 0, len(data), outermost=True)
    if end < len(data):
        raise broken("trailing", f"{len(data) - end} bytes")
    pending = [(0, len(data), 0)]
    while pending:
        at, stop, depth = pending.pop()
        if depth > _MAX_DEPTH:
            raise broken("not-der", "nested too deeply")
        while at < stop:
            tag, start, end = _header(data, at, stop)
            if tag & _CONSTRUCTED:
                pending.append((start, end, depth + 1))
            _check_value(data, tag, start, end)
            at = end


def elements(contents: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the first octet of the tag and all bytes of each element in ``contents``, which were checked before."""
    at = 0
    while at < len(contents):
        tag, _, end = _header(contents, at, len(contents))
        yield tag, contents[at:end]
        at = end


def contents_of(element: bytes) -> bytes:
    """Return what is inside an element that was checked before."""
    _, start, end = _header(element, 0, len(element))
    return element[start:end]


def _header(data: bytes, at: int, stop: int, *, outermost: bool = False) -> tuple[int, int, int]:
    """Return tag octet, start and end of the value of the element at ``at``."""
    short = "truncated" if outermost else "not-der"
    if stop - at < 2:  # noqa: PLR2004 - tag and length
        raise broken(short)
    tag, first = data[at], data[at + 1]
    if tag & _HIGH_TAG == _HIGH_TAG or not tag:
        raise broken("not-der", f"tag {tag:#04x}")
    start = at + 2
    length = first
    if first == _INDEFINITE:
        raise broken("indefinite-length")
    if first > _SHORT_FORM:
        count = first - _SHORT_FORM
        if count > _MAX_LENGTH_OCTETS:
            raise broken("not-der", "length")
        if stop - start < count:
            raise broken(short)
        length = int.from_bytes(data[start : start + count], "big")
        start += count
        if length < _SHORT_FORM or length >> (8 * (count - 1)) == 0:
            raise broken("not-der", "a length is longer than need be")
    if start + length > stop:
        raise broken(short)
    return tag, start, start + length


def _check_value(data: bytes, tag: int, start: int, end: int) -> None:
    """Check what DER fixes about the value of the common primitive types."""
    size = end - start
    wrong = (
        (tag == _INTEGER and not minimal(data[start:end]))
        or (tag == _BOOLEAN and data[start:end] not in {b"\x00", b"\xff"})
        or (tag == _NULL and size != 0)
        or (tag == _OID and (size == 0 or data[end - 1] & 0x80))
        or (tag == _BIT_STRING and not _padded_with_zeros(data[start:end]))
        or (tag & _HIGH_TAG in {_SEQUENCE & _HIGH_TAG, _SET & _HIGH_TAG} and tag in {0x10, 0x11})
        or (tag & 0xE0 == _CONSTRUCTED and tag not in {_SEQUENCE, _SET})
    )
    if wrong:
        raise broken("not-der", f"tag {tag:#04x}")


def _padded_with_zeros(value: bytes) -> bool:
    """Say whether a BIT STRING has at most seven unused bits and all of them zero (X.690, 11.2)."""
    if not value or value[0] > 7 or (len(value) == 1 and value[0]):  # noqa: PLR2004 - bits of an octet
        return False
    return len(value) == 1 or value[-1] & ((1 << value[0]) - 1) == 0


def minimal(value: bytes) -> bool:
    """Say whether the contents of an INTEGER are as short as can be."""
    if not value:
        return False
    return len(value) == 1 or not (
        (value[0] == 0 and value[1] < 0x80) or (value[0] == 0xFF and value[1] >= 0x80)  # noqa: PLR2004 - sign bit
    )
