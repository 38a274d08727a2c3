"""Adding and removing recipients of packages by name: first in the log, with who said that the key is theirs, then in the file."""

from __future__ import annotations

import json
import re

import msgspec
import sqlalchemy as sa
import yaml

from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.keys.stored import write_small
from qingyuan.office.packages.encryption import read_recipients
from qingyuan.office.packages.recipients import PREFIX, RECIPIENTS, recipients_of
from qingyuan.plainyaml import load_yaml
from qingyuan.store import EventDraft
from qingyuan.store.schema import EVENT

ADDED, REMOVED = "office.recipient_added", "office.recipient_removed"
MAX_NAME, MAX_BASIS = 60, 400
_SECRET = re.compile("AGE-SECRET|AGE-PLUGIN", re.IGNORECASE)


class Recipient(msgspec.Struct, frozen=True):
    """A recipient that the office knows by name.

    Attributes:
        name: The name.
        key: The public key, ``age1…``.
        basis: How it is known that the key is theirs; ``""`` when it was written into the file by hand.
        actor: Who entered it, ``""`` as before.
        at: When, RFC 3339, ``None`` as before.
        index: The entry of the log, ``None`` as before.
    """

    name: str
    key: str
    basis: str = ""
    actor: str = ""
    at: str | None = None
    index: int | None = None


def known(home: Home) -> list[Recipient]:
    """Return the recipients of the file by name, each with the entry of the log that says whose key it is.

    Raises:
        OfficeError: ``office.bad-recipients-file``.
    """
    told: dict[tuple[str, str], Recipient] = {}
    with home.database.read() as connection:
        rows = connection.execute(
            sa.select(EVENT.c.idx, EVENT.c.at, EVENT.c.actor, EVENT.c.payload)
            .where(EVENT.c.stream == "office", EVENT.c.type == ADDED)
            .order_by(EVENT.c.idx)
        )
        for row in rows:
            said = msgspec.json.decode(row.payload)
            told[said["name"], said["key"]] = Recipient(
                said["name"], said["key"], said["basis"], row.actor, row.at, row.idx
            )
    return [told.get((name, key), Recipient(name, key)) for name, key in sorted(recipients_of(home).items())]


def add_recipient(home: Home, name: str, key: str, *, basis: str, by: str) -> Recipient:
    """Enter a public key under a name; packages can be encrypted to it from then on.

    Args:
        home: The office.
        name: The name, of one line.
        key: X25519 recipient, ``age1…``.
        basis: Who said that the key is theirs, and how that was checked.
        by: Who enters it.

    Raises:
        OfficeError: Something is missing, no public key, or there already; a secret key is never repeated.
    """
    if any(map(_SECRET.search, (name, key, basis))):
        read_recipients(["AGE-SECRET"])  # refused with the words for secret keys
    name, key, basis = (" ".join(text.split()) for text in (name, key, basis))
    if not 0 < len(name) <= MAX_NAME or not name.isprintable() or name.startswith(PREFIX):
        raise _bad_name(name)
    if not 0 < len(basis) <= MAX_BASIS:
        raise OfficeError(
            "office.no-basis",
            zh="请写明由谁提供、怎样核对过这一公钥",
            en="say who gave the key and how it was checked",
            remedy_zh="例如：当面核对公钥末六位",
            remedy_en="such as: its last six characters were compared in person",
        )
    (key,) = read_recipients([key])
    with home.lock("recipients"):
        there = recipients_of(home)
        if name in there or key in there.values():
            raise OfficeError(
                "office.recipient-known",
                zh="该名称或公钥已在名单中",
                en="this name or key is there already",
                where=name if name in there else next(one for one, each in there.items() if each == key),
                remedy_zh="更换公钥请先移除原有一项",
                remedy_en="to replace a key remove the old entry first",
            )
        payload: dict[str, object] = {"name": name, "key": key, "basis": basis}
        (event,) = home.append([EventDraft("office", ADDED, payload)], actor=by)
        path = home.path / RECIPIENTS
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        if before and not before.endswith("\n"):
            before += "\n"
        write_small(path, f"{before}{json.dumps(name, ensure_ascii=False)}: {key}\n".encode())
    return Recipient(name, key, basis, by, event.at, event.index)


def remove_recipient(home: Home, name: str, *, by: str) -> None:
    """Take a recipient out of the file; packages made before stay as they are.

    Args:
        home: The office.
        name: The name.
        by: Who removes it.

    Raises:
        OfficeError: There is none of that name.
    """
    with home.lock("recipients"):
        there = recipients_of(home)
        if name not in there:
            raise OfficeError(
                "office.no-recipient",
                zh="名单中没有该接收方",
                en="there is no such recipient",
                where=name[:MAX_NAME],
                remedy_zh="请刷新页面查看现有名单",
                remedy_en="look at the list again",
            )
        payload: dict[str, object] = {"name": name, "key": there[name]}
        home.append([EventDraft("office", REMOVED, payload)], actor=by)
        write_small(home.path / RECIPIENTS, _without(home, name).encode())


def _without(home: Home, name: str) -> str:
    """Return the file without a name; comments stay where every entry is a line of its own."""
    lines = (home.path / RECIPIENTS).read_text(encoding="utf-8").splitlines(keepends=True)
    left = {one: key for one, key in recipients_of(home).items() if one != name}
    text = "".join(line for line in lines if not _is_of(line, name))
    try:
        same = (load_yaml(text) or {}) == left
    except yaml.YAMLError:
        same = False
    return text if same else yaml.safe_dump(left, allow_unicode=True)


def _is_of(line: str, name: str) -> bool:
    try:
        found = load_yaml(line)
    except yaml.YAMLError:
        return False
    return isinstance(found, dict) and [*found] == [name]


def _bad_name(name: str) -> OfficeError:
    return OfficeError(
        "office.bad-recipient-name",
        zh=f"名称应当为 1 至 {MAX_NAME} 个字符，且不以 age1 开头",
        en=f"a name has 1 to {MAX_NAME} characters and does not begin with age1",
        where=name[:MAX_NAME],
        remedy_zh="填写单位名称即可，如某人民法院",
        remedy_en="the name of the body will do, such as that of a court",
    )
