"""Keys of the office: what each is for and whether it counts, replacing and revoking them, what the offline roots say."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import TypeVar, cast

import msgspec
import sqlalchemy as sa
from starlette.responses import Response

from qingyuan.canonical import canonical_json
from qingyuan.errors import QingyuanError
from qingyuan.evidence import Role
from qingyuan.office.home import Home
from qingyuan.office.keys.history import ADDED, REVOKED, ROTATED
from qingyuan.office.keys.listing import KeyRow, list_keys
from qingyuan.office.keys.roots import draft, publish, roles_due, roots_of, trust_in_roots
from qingyuan.office.keys.rotation import revoke, rotate
from qingyuan.store.schema import EVENT
from qingyuan.web.asking import Ask
from qingyuan.web.confirming import confirm
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.handing import attached
from qingyuan.web.routing import page
from qingyuan.web.whole import whole
from qingyuan.web.workbench.parties import names_of

T = TypeVar("T")

_ROLES = ("log", "package", "device", "officer")
_MOST_NOTE = 1 << 20
_LONGEST = 400


@page("GET", "/admin/keys", "office.manage", slow=True)
def index(ask: Ask) -> Response:
    """Show the keys by what they are for, and the roots."""
    return _index(ask)


@page("GET", "/admin/keys/roles/draft", "office.manage")
def draft_roles(ask: Ask) -> Response:
    """Hand out the text of the next role file, to be signed offline."""
    data = draft(ask.desk.home).encode()
    return ask.finish(attached(io.BytesIO(data), len(data), 'filename="roles.txt"'))


@page("POST", "/admin/keys/roles", "office.manage")
def publish_roles(ask: Ask) -> Response:
    """Take in a role file that the roots signed."""
    try:
        confirm(ask)
        files = ask.uploads("note")
        if not files:
            raise bad_request("请选择已签名的角色文件", "choose the signed role file", code="web.no-file")
        data = files[0].file.read(_MOST_NOTE + 1)
        if len(data) > _MOST_NOTE:
            raise bad_request("文件太大，不是角色文件", "too large for a role file", code="web.too-large")
        _write(ask, lambda home: publish(home, data, by=ask.person))
    except QingyuanError as error:
        return _index(ask, error)
    return ask.redirect("/admin/keys#roots", "done.roles")


@page("GET", "/admin/keys/trust/{name}", "office.manage")
def trust(ask: Ask, name: str) -> Response:
    """Hand out the trust file for outsiders: with every key, or with the roots only."""
    if name not in {"whole", "roots"}:
        raise not_found(name)
    home = ask.desk.home
    data = canonical_json(home.trust() if name == "whole" else trust_in_roots(home)) + b"\n"
    return ask.finish(attached(io.BytesIO(data), len(data), 'filename="trust.json"'))


@page("GET", "/admin/keys/{key}", "office.manage")
def show(ask: Ask, key: str) -> Response:
    """Show one key, what the log says about it, and what can be done with it."""
    return _show(ask, key)


@page("POST", "/admin/keys/{key}/rotate", "office.manage")
def replace(ask: Ask, key: str) -> Response:
    """Replace a key; old and new sign that."""
    row = _row(ask.desk.home, key)
    try:
        confirm(ask)
        done = _write(
            ask,
            lambda home: rotate(
                home,
                cast("Role", row.role),
                actor=row.actor,
                by=ask.person,
                replaces=key,
                external=ask.has("external"),
            ),
        )
    except QingyuanError as error:
        return _show(ask, key, error)
    new = next((one.new for one in done if one.old == key), "")
    return ask.redirect(f"/admin/keys/{new}" if new else "/admin/keys", "done.key-rotated")


@page("POST", "/admin/keys/{key}/revoke", "office.manage")
def end(ask: Ask, key: str) -> Response:
    """Revoke a key from a tree size on."""
    _row(ask.desk.home, key)
    size = ask.field("size")
    try:
        if ask.field("again") != key:
            raise bad_request(
                "请照抄密钥编号以确认", "type the identifier of the key to confirm", code="web.unconfirmed"
            )
        if size and whole(size) is None:
            raise bad_request("可信条数是整数", "a tree size is a whole number", code="web.bad-size")
        confirm(ask)
        _write(ask, lambda home: revoke(home, key, reason=ask.field("reason")[:_LONGEST], by=ask.person, last_trusted_size=whole(size)))  # fmt: skip
    except QingyuanError as error:
        return _show(ask, key, error)
    return ask.redirect(f"/admin/keys/{key}", "done.key-revoked")


def _write(ask: Ask, does: Callable[[Home], T]) -> T:
    with ask.desk.turn:
        done = does(ask.desk.home)
        ask.desk.home.publish()
        return done


def _row(home: Home, key: str) -> KeyRow:
    found = next((one for one in list_keys(home).keys if one.id == key), None)
    if found is None:
        raise not_found(key)
    return found


def _index(ask: Ask, error: QingyuanError | None = None) -> Response:
    home = ask.desk.home
    keys = list_keys(home)
    roots = roots_of(home)
    order = {role: number for number, role in enumerate(_ROLES)}
    return ask.page(
        "keys.html",
        400 if error else 200,
        error=error,
        rows=sorted(keys.keys, key=lambda row: (order[row.role], row.actor, row.valid_from)),
        keys=keys,
        roots=roots,
        due=roots is not None and roles_due(home),
        draft=hashlib.sha256(draft(home).encode()).hexdigest() if roots is not None else "",
        fingerprint=hashlib.sha256(home.trust_path.read_bytes()).hexdigest(),
        names=names_of(ask),
        stopped=any(one.role == "log" and one.state == "revoked" for one in _newest(keys.keys)),
    )


def _newest(rows: tuple[KeyRow, ...]) -> list[KeyRow]:
    """Return the keys that are not replaced."""
    return [row for row in rows if row.state in {"current", "revoked"}]


def _show(ask: Ask, key: str, error: QingyuanError | None = None) -> Response:
    home = ask.desk.home
    row = _row(home, key)
    head = home.head()
    return ask.page(
        "key.html",
        400 if error else 200,
        error=error,
        row=row,
        public=home.keyring.public_key(key).public,
        history=_history(home, key),
        size=head.size if head else 0,
        names=names_of(ask),
        devices=(home.path / "signers.yaml").is_file(),
        twin=home.twin is not None,
        given={name: ask.field(name) for name in ("reason", "size")},
    )


def _history(home: Home, key: str) -> list[dict[str, object]]:
    """Return the events about a key, the newest first."""
    with home.database.read() as connection:
        rows = connection.execute(
            sa.select(EVENT.c.idx, EVENT.c.at, EVENT.c.actor, EVENT.c.type, EVENT.c.payload)
            .where(EVENT.c.stream == "office", EVENT.c.type.in_((ADDED, ROTATED, REVOKED)))
            .order_by(EVENT.c.idx.desc())
        ).all()
    found = []
    for index, at, actor, kind, payload in rows:
        said = msgspec.json.decode(payload)
        if key in {said.get("key"), said.get("old"), said.get("new")}:
            found.append({"index": index, "at": at, "actor": actor, "type": kind, "payload": said})
    return found
