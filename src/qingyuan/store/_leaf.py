"""The bytes of an event: its payload as canonical JSON, and its leaf in the log.

Both are canonical JSON (:mod:`qingyuan.canonical`). They are written at every append, so the common case takes a short way:
for text, small integers, booleans, ``None`` and lists and objects of them, ``msgspec`` with sorted names writes the same
bytes in a tenth of the time. The tests hold both ways against each other.
"""

from __future__ import annotations

import hashlib
from json.encoder import encode_basestring

import msgspec

from qingyuan.canonical import MAX_INTEGER, NotCanonicalError, canonical_json
from qingyuan.ledger import sm3

_ENCODE = msgspec.json.Encoder(order="deterministic").encode


def payload_bytes(payload: dict[str, object]) -> bytes:
    """Return a payload as canonical JSON.

    Raises:
        NotCanonicalError: As :func:`qingyuan.canonical.canonical_json`.
    """
    if _is_plain(payload):
        try:
            return _ENCODE(payload)
        except UnicodeEncodeError:
            pass  # an unpaired surrogate: the long way says so in its own words
    return canonical_json(payload)


def _is_plain(value: object) -> bool:
    """Say whether ``value`` is of the exact types that need no closer look."""
    kind = type(value)
    if kind is dict:
        for name, member in value.items():  # type: ignore[attr-defined]
            of = type(member)
            if type(name) is not str or not name.isascii():
                return False
            if of is str or (of is int and -MAX_INTEGER <= member <= MAX_INTEGER):
                continue
            if not _is_plain(member):
                return False
        return True
    if kind is list or kind is tuple:
        return all(map(_is_plain, value))  # type: ignore[call-overload]
    if kind is int:
        return -MAX_INTEGER <= value <= MAX_INTEGER  # type: ignore[operator]
    return kind is str or value is None or kind is bool


def leaf_bytes(
    *, type_: str, stream: str, n: int, prev: str, at: str, actor: str, payload: bytes, salt: bytes
) -> bytes:
    """Return the log entry of an event (``docs/evidence-format.md`` section 5).

    Args:
        type_: Event type.
        stream: Stream of the event.
        n: Number in the stream.
        prev: Hex SHA-256 of the leaf before it in the stream, ``""`` for the first.
        at: Claimed time, RFC 3339.
        actor: Identifier of who acted.
        payload: Canonical JSON of the payload.
        salt: 16 bytes.

    Raises:
        NotCanonicalError: A text has an unpaired surrogate.
    """
    opened = salt + payload
    quote = encode_basestring
    leaf = (
        f'{{"actor":{quote(actor)},"at":{quote(at)},"n":{n},"prev":"{prev}",'
        f'"sha256":"{hashlib.sha256(opened).hexdigest()}","sm3":"{sm3(opened).hex()}",'
        f'"stream":{quote(stream)},"type":{quote(type_)},"v":1}}'
    )
    try:
        return leaf.encode()
    except UnicodeEncodeError as error:
        raise NotCanonicalError("$", "an unpaired surrogate") from error
