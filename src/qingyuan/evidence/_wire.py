"""Canonical JSON, base64 and times exactly as the package format writes them."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta, timezone

from qingyuan.canonical import NotCanonicalError, canonical_json
from qingyuan.evidence.errors import EvidenceError

#: What canonical JSON may hold here: no floating-point numbers.
JsonValue = str | int | bool | None | list["JsonValue"] | dict[str, "JsonValue"]

BEIJING = timezone(timedelta(hours=8))


def canonical(value: object) -> bytes:
    """Return ``value`` as canonical JSON (RFC 8785) in UTF-8.

    Args:
        value: Strings, integers, booleans, ``None``, lists or tuples, and mappings with ASCII names.

    Raises:
        EvidenceError: ``value`` holds something else: a float, a non-ASCII name, an unpaired
            surrogate, or an integer that JSON readers would round.
    """
    try:
        return canonical_json(value)
    except NotCanonicalError as error:
        raise _not_canonical(error.place, error.why) from error


def _not_canonical(place: str, why: str) -> EvidenceError:
    return EvidenceError(
        "evidence.not-canonical",
        zh=f"该值不能写成规范 JSON：{why}",
        en=f"cannot be written as canonical JSON: {why}",
        where=place,
        remedy_zh="只允许字符串、安全范围内的整数、布尔、空值、数组和对象，对象名须为 ASCII",
        remedy_en="use only strings, safe integers, booleans, null, arrays and objects with ASCII names",
    )


def b64(data: bytes) -> str:
    """Return standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def unb64(text: str, *, where: str) -> bytes:
    """Return the bytes of ``text``, strictly.

    Raises:
        EvidenceError: ``text`` is not the one canonical base64 form of its bytes.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        data = b""
    if b64(data) != text:
        raise EvidenceError(
            "evidence.bad-base64",
            zh="不是规范的 base64 编码",
            en="not canonical base64",
            where=where,
            remedy_zh="文件可能已损坏，请使用原件",
            remedy_en="the file may be damaged; use the original",
        )
    return data


def format_time(moment: datetime) -> str:
    """Return ``moment`` as RFC 3339 with the offset ``+08:00``, to the second.

    Raises:
        EvidenceError: ``moment`` has no time zone.
    """
    if moment.tzinfo is None:
        raise _bad_time(moment.isoformat())
    return moment.astimezone(BEIJING).replace(microsecond=0).isoformat()


def parse_time(text: str, *, where: str) -> datetime:
    """Return the moment that ``text`` names.

    Raises:
        EvidenceError: ``text`` is not exactly the form that :func:`format_time` writes.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _bad_time(text, where) from error
    if moment.tzinfo is None or format_time(moment) != text:
        raise _bad_time(text, where)
    return moment


def _bad_time(text: str, where: str | None = None) -> EvidenceError:
    return EvidenceError(
        "evidence.bad-time",
        zh=f"时间“{text}”格式不对",
        en=f"{text!r} is not a time as the format writes it",
        where=where,
        remedy_zh="请写成带 +08:00 时区、精确到秒的时间，例如 2026-01-05T09:30:00+08:00",
        remedy_en="write it to the second with the offset +08:00, like 2026-01-05T09:30:00+08:00",
    )
