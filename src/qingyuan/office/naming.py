"""Which office a home is of: said before anything else is recorded, and what of it can be changed later.

A home that a server made for the first time has keys and no entry yet: its log begins when somebody said which office it is.
The origin of the log is signed in every head and known to witnesses, so it never changes once there is an entry. Identifier,
division and level name the office in posts and dockets, so they change only until there are any. The name may always change.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Literal

import msgspec

from qingyuan.law import Level
from qingyuan.office._founding import default_origin
from qingyuan.office.access.directory import find
from qingyuan.office.access.work import register_of
from qingyuan.office.errors import OfficeError
from qingyuan.office.register import forget_office
from qingyuan.office.settings import UNNAMED, OfficeInfo
from qingyuan.parties import Body, Registry
from qingyuan.store import EventDraft
from qingyuan.store.registry import streams

if TYPE_CHECKING:
    from qingyuan.office.home import Home

#: What can still be said: all of it, all but the origin, or the name alone.
Open = Literal["all", "office", "name"]

NAMED = "office.named"
#: What keeps names of keys, of the twin and of packages apart from the origin.
_ORIGIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?:/[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)*\Z")
_IDENTIFIER = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\Z")
_DIVISION = re.compile(r"\d{6}\Z", re.ASCII)
_LONGEST_ORIGIN, _LONGEST_NAME = 200, 100


def open_to_change(home: Home) -> Open:
    """Return what can still be said about the office of a home."""
    if not home.begun:
        return "all"
    with home.database.read() as connection:
        registry = register_of(home, connection)
        used = any(next(iter(streams(connection, kind)), None) for kind in "LMC")
    own = home.settings.office.id
    posts = any(
        post.body in registry.bodies and _is_own(registry.bodies[post.body], home.settings.office)
        for post in registry.posts
    )
    return "name" if used or posts or own != UNNAMED else "office"


def suggested_origin(home: Home, identifier: str) -> str:
    """Return the origin that a log gets when nobody says another one."""
    return default_origin(identifier, home.settings.home)


def offices_like(registry: Registry, words: str, most: int) -> list[Body]:
    """Return the procuratorates whose name, identifier or division holds every word, those higher up first."""
    return find(registry, words=words, kind="procuratorate", on=date.max)[:most] if words.split() else []


def name_office(home: Home, office: OfficeInfo, *, origin: str = "", actor: str) -> OfficeInfo:
    """Say which office a home is of, as far as that is open, and write it to the log.

    Args:
        home: The home.
        office: The office.
        origin: Origin of its log; ``""`` for :func:`suggested_origin`, and where the log has begun.
        actor: Who says so.

    Returns:
        The office as it is now.

    Raises:
        OfficeError: ``office.bad-office`` or ``office.bad-origin`` when something cannot be used, ``office.begun`` when the log
            has entries under another origin, ``office.settled`` when more than the name would change and no longer can.
    """
    check_office(office)
    open_ = open_to_change(home)
    if open_ == "all":
        origin = origin or suggested_origin(home, office.id)
        check_origin(origin)
    elif origin not in {"", home.settings.origin}:
        raise _begun(home)
    before = home.settings.office
    if open_ == "name" and msgspec.structs.replace(before, name=office.name) != office:
        raise _settled(before)
    if open_ != "all" and before == office:
        return office
    home.say_office(office, origin)
    forget_office(home)
    said = msgspec.to_builtins(office)
    home.append([EventDraft("office", NAMED, {**said, "origin": home.settings.origin})], actor=actor)
    home.write_trust()
    return office


def check_office(office: OfficeInfo) -> None:
    """Refuse an office that cannot be written down.

    Raises:
        OfficeError: ``office.bad-office``; what is wrong is named.
    """
    wrong = [
        (zh, en)
        for good, zh, en in (
            (
                bool(office.name.strip()) and len(office.name) <= _LONGEST_NAME and office.name.isprintable(),
                "全称",
                "name",
            ),
            (bool(_IDENTIFIER.match(office.id)) and office.id != UNNAMED, "标识", "identifier"),
            (
                office.division == "" or bool(_DIVISION.match(office.division)),
                "行政区划代码",
                "division code",
            ),
            (office.level in {level.value for level in Level}, "级别", "level"),
        )
        if not good
    ]
    if wrong:
        raise OfficeError(
            "office.bad-office",
            zh=f"不能使用：{'、'.join(zh for zh, _ in wrong)}",
            en=f"cannot be used: {', '.join(en for _, en in wrong)}",
            where=office.id[:80],
            remedy_zh="全称不超过 100 字；标识为小写字母、数字和连字符；区划代码为六位数字或留空",
            remedy_en="a name of up to 100 characters; an identifier of lower-case letters, digits and hyphens; a code of six digits, or none",
        )


def check_origin(origin: str) -> None:
    """Refuse an origin that no witness could take: it looks like a domain and a path, without a scheme (C2SP tlog-checkpoint).

    Raises:
        OfficeError: ``office.bad-origin``.
    """
    if _ORIGIN.match(origin) and len(origin) <= _LONGEST_ORIGIN and ".." not in origin:
        return
    raise OfficeError(
        "office.bad-origin",
        zh="账本来源应像不带 https:// 的网址，只用小写字母、数字、点、连字符和斜线",
        en="an origin looks like an address without https://, of lower-case letters, digits, dots, hyphens and slashes",
        where=origin[:80],
        remedy_zh="例如 jcy.example.gov.cn/log",
        remedy_en="for example jcy.example.gov.cn/log",
    )


def _is_own(body: Body, office: OfficeInfo) -> bool:
    return office.id in {body.id, UNNAMED} or (
        body.kind == "procuratorate" and body.division == office.division != ""
    )


def _begun(home: Home) -> OfficeError:
    return OfficeError(
        "office.begun",
        zh="账本已有登记，来源不能更改",
        en="the log has entries, so its origin cannot change",
        where=home.settings.origin,
        remedy_zh="如须使用其他来源，请用 qingyuan office init 另建工作目录",
        remedy_en="for another origin, make another home with qingyuan office init",
    )


def _settled(before: OfficeInfo) -> OfficeError:
    return OfficeError(
        "office.settled",
        zh="已有任职或者案卷，标识、区划和级别不能更改，只能改名称",
        en="there are posts or dockets, so identifier, division and level cannot change; the name can",
        where=before.id,
        remedy_zh="如确有错误，请用 qingyuan office init 另建工作目录",
        remedy_en="if they are wrong, make another home with qingyuan office init",
    )
