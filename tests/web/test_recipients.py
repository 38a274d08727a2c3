"""Public keys of recipients in the browser: entered with who said so, used by name, removed; a secret key is nowhere."""

from __future__ import annotations

import pyrage  # type: ignore[import-untyped]
from fastapi import FastAPI

from qingyuan.office.home import Home
from qingyuan.office.packages.recipients import RECIPIENTS, recipients_of
from qingyuan.store import events
from tests.web.making import PASSWORD, client_of, post
from tests.web.test_key_pages import stale

PAGE = "/admin/recipients"


def test_a_recipient_is_entered_with_who_said_so_and_removed_and_a_secret_key_is_nowhere(
    app: FastAPI, home: Home
) -> None:
    by_hand, court, other = (pyrage.x25519.Identity.generate() for _ in range(3))
    path = home.path / RECIPIENTS
    path.write_text(f"# ours\n鉴定中心: {by_hand.to_public()}", encoding="utf-8")
    client = client_of(app, "administrator")
    assert f'href="{PAGE}"' in client.get("/admin/keys").text
    assert "账本中没有记录" in client.get(PAGE).text
    given: dict[str, str | list[str]] = {
        "name": "清州: 法院 #1",
        "key": str(court.to_public()),
        "basis": "当面核对末六位",
        "password": PASSWORD,
    }
    stale(app)
    assert post(client, PAGE, {**given, "password": "wrong"}, form=PAGE).status_code == 400
    secret = post(client, PAGE, {**given, "key": str(court)}, form=PAGE)
    assert (secret.status_code, "office.bad-recipient" in secret.text or "age1" in secret.text) == (400, True)
    assert str(court)[:24] not in secret.text
    size = home.head()
    for wrong in (
        {"key": "age1nonsense"},
        {"basis": ""},
        {"name": "鉴定中心"},
        {"name": ""},
        {"key": str(by_hand.to_public())},
    ):
        refused = post(client, PAGE, {**given, **wrong}, form=PAGE)
        assert refused.status_code == 400, wrong
        assert 'role="alert"' in refused.text
    assert home.head() == size
    assert post(client, PAGE, given, form=PAGE).status_code == 303
    shown = client.get(PAGE).text
    assert "当面核对末六位" in shown
    assert recipients_of(home) == {
        "鉴定中心": str(by_hand.to_public()),
        "清州: 法院 #1": str(court.to_public()),
    }
    assert path.read_text(encoding="utf-8").startswith("# ours\n")
    assert "清州: 法院 #1" in client_of(app, "prosecutor").get("/packages").text
    assert post(client, PAGE, {"remove": "清州: 法院 #1"}, form=PAGE).status_code == 303
    assert post(client, PAGE, {"remove": "清州: 法院 #1"}, form=PAGE).status_code == 400
    assert path.read_text(encoding="utf-8") == f"# ours\n鉴定中心: {by_hand.to_public()}\n"
    replaced = {**given, "name": "清州: 法院 #1", "key": str(other.to_public())}
    assert post(client, PAGE, replaced, form=PAGE).status_code == 303
    with home.database.read() as connection:
        told = [
            (one.type, one.payload["name"])
            for one in events(connection, ["office"])
            if "recipient" in one.type
        ]
        assert not [one for one in events(connection, ["office"]) if str(court) in str(one.payload)]
    name = "清州: 法院 #1"
    assert told == [
        ("office.recipient_added", name),
        ("office.recipient_removed", name),
        ("office.recipient_added", name),
    ]
