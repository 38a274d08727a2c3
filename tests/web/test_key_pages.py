"""Keys in the browser: replaced and revoked by the administrator, each after a confirmation."""

from __future__ import annotations

import time

import httpx2 as httpx
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.evidence import Kek
from qingyuan.evidence.roles import RootSet, new_root_key, open_root_key, sign_roles
from qingyuan.office.home import Home
from qingyuan.office.keys.listing import list_keys
from qingyuan.office.keys.roots import adopt, roles_due
from qingyuan.store import events
from qingyuan.web.state import SESSION
from tests.web.making import PASSWORD, client_of, desk_of, post, token_of

Fields = dict[str, str | list[str]]


def stale(app: FastAPI) -> None:
    """Let every session have been confirmed long ago."""
    with desk_of(app).state.write() as connection:
        connection.execute(sa.update(SESSION).values(confirmed=int(time.time()) - 3600))


def key_of(home: Home, role: str) -> str:
    return next(one.id for one in list_keys(home).keys if one.role == role and one.state == "current")


def test_a_key_is_replaced_and_revoked_after_a_confirmation_and_the_log_says_so(
    app: FastAPI, home: Home
) -> None:
    client = client_of(app, "administrator")
    old = key_of(home, "device")
    form = f"/admin/keys/{old}"
    stale(app)
    assert 'name="password"' in client.get(form).text
    assert post(client, f"{form}/rotate", {"password": "wrong"}, form=form).status_code == 400
    assert key_of(home, "device") == old
    new = (
        post(client, f"{form}/rotate", {"password": PASSWORD}, form=form)
        .headers["location"]
        .rsplit("/", 1)[1]
    )
    assert new == key_of(home, "device") != old
    assert 'name="password"' not in client.get(f"/admin/keys/{new}").text
    form = f"/admin/keys/{new}"
    given: Fields = {"reason": "介质失窃", "again": "", "size": ""}
    typed = post(client, f"{form}/revoke", given, form=form)
    assert typed.status_code == 400
    assert 'value="介质失窃"' in typed.text
    assert (
        post(client, f"{form}/revoke", {**given, "again": new, "size": "9999"}, form=form).status_code == 400
    )
    assert post(client, f"{form}/revoke", {**given, "again": new}, form=form).status_code == 303
    assert "介质失窃" in client.get(form).text
    with home.database.read() as connection:
        said = [event.type for event in events(connection, ["office"]) if new in str(event.payload)]
    assert said == ["office.key_rotated", "office.key_revoked"]
    assert client.get("/admin/keys/0000000000").status_code == 404


def test_a_role_file_goes_out_unsigned_and_comes_back_signed(app: FastAPI, home: Home) -> None:
    client = client_of(app, "administrator")
    assert "qingyuan key root adopt" in client.get("/admin/keys").text
    file = home.path.parent / "root.key"
    kek = Kek.passphrase("离线根密钥口令")
    public = new_root_key(file, "root-a", kek, home.entropy)
    adopt(home, RootSet(1, (public.encode(),)), by="P001")
    assert roles_due(home)
    text = client.get("/admin/keys/roles/draft").content
    sent = _send(client, text)
    assert sent.status_code == 400
    signed = sign_roles(text, open_root_key(file, kek))
    assert _send(client, signed).status_code == 303
    assert not roles_due(home)
    assert client.get("/admin/keys/trust/roots").json()["roles_version"] == 1


def _send(client: TestClient, note: bytes) -> httpx.Response:
    return client.post(
        "/admin/keys/roles",
        data={"_token": token_of(client, "/account")},
        files={"note": ("roles.note", note)},
    )
