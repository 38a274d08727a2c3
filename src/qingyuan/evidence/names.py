"""Names of members: what the package format allows, and how an exhibit's file name becomes one.

Names come from suspects' machines. They are kept readable, but nothing in them may lead out of the
folder, hide an extension, or come out differently on another system.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from qingyuan.evidence.errors import PackageError

#: Most UTF-8 bytes of a member name (format, section 1).
NAME_LIMIT = 1024
#: Most UTF-8 bytes of one file name made by :func:`member_name`; file systems stop at 255.
_FILE_NAME_LIMIT = 200
_EXTENSION_LIMIT = 32

_DRIVE = re.compile(r"[A-Za-z]:")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\.|\Z)")
_UNSAFE = frozenset('/\\<>:"|?*%')
_CONTROLS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def member_name(name: str) -> str:
    """Return ``name`` as one safe path segment, in NFC, at most 200 UTF-8 bytes long.

    Separators, characters that Windows refuses, the percent sign (which readers of BagIt disagree on), control
    and invisible formatting characters (which can reverse how a name reads) become ``_``; device names, leading and trailing dots and
    spaces that a system would drop are guarded; a long name keeps its extension.
    """
    safe = "".join("_" if _is_unsafe(c) else c for c in unicodedata.normalize("NFC", name))
    safe = unicodedata.normalize("NFC", _shortened(safe.strip(" ")))
    if _RESERVED.match(safe):
        safe = "_" + safe
    if safe.endswith((".", " ")) or not safe:
        safe = safe.rstrip(". ") + "_"
    return safe


def check_member_name(name: str) -> None:
    """Check one full member name.

    Raises:
        PackageError: The format does not allow it.
    """
    reason = _fault(name)
    if reason is None:
        return
    zh, en = reason
    raise PackageError(
        "evidence.bad-member-name",
        zh=f"成员名称不合要求：{zh}",
        en=f"a member name that is not allowed: {en}",
        where=ascii(name)[:200],
        remedy_zh="请更改名称后重新打包",
        remedy_en="change the name and pack again",
    )


def check_distinct(names: Iterable[str]) -> None:
    """Check that no two names fall together on a system that ignores case or normal forms.

    Raises:
        PackageError: Two do; both are named.
    """
    seen: dict[str, str] = {}
    for name in names:
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        if folded in seen:
            raise PackageError(
                "evidence.names-clash",
                zh=f"两个成员名称在不区分大小写的系统上会重合：{seen[folded]} 与 {name}",
                en=f"two member names would fall together where case is ignored: {seen[folded]} and {name}",
                where=name,
                remedy_zh="请更改其中一个名称",
                remedy_en="change one of them",
            )
        seen[folded] = name


def _is_unsafe(character: str) -> bool:
    return character in _UNSAFE or unicodedata.category(character) in _CONTROLS


def _shortened(name: str) -> str:
    if len(name.encode()) <= _FILE_NAME_LIMIT:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > _EXTENSION_LIMIT:
        stem, dot, extension = name, "", ""
    room = _FILE_NAME_LIMIT - len((dot + extension).encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + dot + extension


def _fault(name: str) -> tuple[str, str] | None:
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return "含有无法编码的字符", "it holds characters that cannot be encoded"
    segments = name.split("/")
    faults = (
        (length > NAME_LIMIT, "超过 1024 字节", "longer than 1,024 bytes"),
        (unicodedata.normalize("NFC", name) != name, "不是 NFC 形式", "not in NFC"),
        (any(s in {"", ".", ".."} for s in segments), "含有空段、“.”或“..”", "an empty, '.' or '..' segment"),
        ("\\" in name, "含有反斜杠", "a backslash"),
        (any(unicodedata.category(c) == "Cc" for c in name), "含有控制字符", "a control character"),
        ("%" in name, "含有百分号", "a percent sign"),
        (bool(_DRIVE.match(name)), "以盘符开头", "a drive letter"),
    )
    return next(((zh, en) for found, zh, en in faults if found), None)
