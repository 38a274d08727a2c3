"""Passkeys: adding and using them, and what is forged, replayed, borrowed or too old."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.web.state import PASSKEY, SESSION
from tests.web.authenticator import PRESENT, Authenticator
from tests.web.making import client_of, desk_of, post


def options(client: TestClient, path: str, form: str) -> dict[str, object]:
    answer = post(client, path, form=form)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert isinstance(found, dict)
    return found


def added(app: FastAPI, client: TestClient, device: Authenticator) -> None:
    made = device.create(options(client, "/account/passkeys/options", "/account"))
    answer = post(client, "/account/passkeys", {"credential": made, "label": "办公电脑"}, form="/account")
    assert answer.status_code == 303, answer.text


def sign_in(client: TestClient, device: Authenticator, **bent: str) -> int:
    challenge = str(options(client, "/sign-in/passkey/options", "/sign-in")["challenge"])
    return post(client, "/sign-in/passkey", {"credential": device.get(challenge, **bent)}).status_code


def a_passkey(app: FastAPI) -> tuple[TestClient, Authenticator]:
    """Return a browser that nobody is signed in to, and a passkey that opens an account."""
    owner, device = client_of(app, "prosecutor"), Authenticator()
    added(app, owner, device)
    return client_of(app), device


def test_a_passkey_signs_in_and_the_device_counts_on(app: FastAPI) -> None:
    client, device = a_passkey(app)
    assert sign_in(client, device) == 303
    assert "办公电脑" in client.get("/account").text
    (listed,) = desk_of(app).passkeys.of("P002")
    assert listed.label == "办公电脑"
    assert listed.used > 0
    with desk_of(app).state.read() as connection:
        assert connection.execute(sa.select(PASSKEY.c.sign_count)).scalar() == 1
    (session,) = [one for one in desk_of(app).sessions.of("P002", None) if one.method == "passkey"]
    assert not session.now


def test_the_options_ask_for_a_verified_person_and_name_no_account(app: FastAPI) -> None:
    owner = client_of(app, "prosecutor")
    asked = options(owner, "/account/passkeys/options", "/account")
    chosen = asked["authenticatorSelection"]
    assert isinstance(chosen, dict)
    assert chosen["userVerification"] == "required"
    assert chosen["residentKey"] == "required"
    using = options(client_of(app), "/sign-in/passkey/options", "/sign-in")
    assert using["userVerification"] == "required"
    assert not using.get("allowCredentials")
    assert using["rpId"] == "testserver"


def test_an_assertion_that_was_used_is_worth_nothing(app: FastAPI) -> None:
    client, device = a_passkey(app)
    challenge = str(options(client, "/sign-in/passkey/options", "/sign-in")["challenge"])
    credential = device.get(challenge)
    assert post(client, "/sign-in/passkey", {"credential": credential}).status_code == 303
    client.cookies.delete("qy_session")
    assert post(client, "/sign-in/passkey", {"credential": credential}).status_code == 400


def test_a_challenge_serves_only_the_browser_that_asked(app: FastAPI) -> None:
    client, device = a_passkey(app)
    challenge = str(options(client, "/sign-in/passkey/options", "/sign-in")["challenge"])
    other = client_of(app)
    assert post(other, "/sign-in/passkey", {"credential": device.get(challenge)}).status_code == 400


def test_forged_assertions_are_refused(app: FastAPI) -> None:
    client, device = a_passkey(app)
    thief = Authenticator()
    thief.id, thief.handle = device.id, device.handle  # another key under the same name
    assert sign_in(client, thief) == 400
    assert sign_in(client, device, kind="webauthn.create") == 400
    for name, wrong in (("rp", "evil.example"), ("origin", "https://evil.example"), ("flags", PRESENT)):
        right = getattr(device, name)
        setattr(device, name, wrong)
        assert sign_in(client, device) == 400, name
        setattr(device, name, right)
    device.handle = b"somebody else"
    assert sign_in(client, device) == 400
    assert desk_of(app).sessions.account(client.cookies.get("qy_session")) is None
    for text in ("", "{}", '{"id": 1}', "[]", "x" * 1000, "[" * 15_000):
        options(client, "/sign-in/passkey/options", "/sign-in")
        assert post(client, "/sign-in/passkey", {"credential": text}).status_code == 400
    owner = client_of(app, "prosecutor")
    for text in ("", "[]", "[" * 15_000, '{"id":' * 9_000):
        options(owner, "/account/passkeys/options", "/account")
        assert post(owner, "/account/passkeys", {"credential": text}, form="/account").status_code == 400


def test_a_counter_that_went_back_means_a_copied_device(app: FastAPI) -> None:
    client, device = a_passkey(app)
    device.count = 10
    assert sign_in(client, device) == 303
    client.cookies.delete("qy_session")
    device.count = 5
    assert sign_in(client, device) == 400


def test_a_passkey_without_verification_of_the_person_is_not_taken_in(app: FastAPI) -> None:
    owner, device = client_of(app, "prosecutor"), Authenticator()
    device.flags = PRESENT
    made = device.create(options(owner, "/account/passkeys/options", "/account"))
    answer = post(owner, "/account/passkeys", {"credential": made, "label": ""}, form="/account")
    assert answer.status_code == 400
    assert desk_of(app).passkeys.of("P002") == []


def test_one_passkey_cannot_belong_to_two_accounts_and_a_challenge_not_to_two_sessions(app: FastAPI) -> None:
    owner, device = client_of(app, "prosecutor"), Authenticator()
    added(app, owner, device)
    other = client_of(app, "assistant")
    made = device.create(options(other, "/account/passkeys/options", "/account"))
    assert post(other, "/account/passkeys", {"credential": made}, form="/account").status_code == 400
    mine = Authenticator()
    asked = options(owner, "/account/passkeys/options", "/account")
    assert (
        post(other, "/account/passkeys", {"credential": mine.create(asked)}, form="/account").status_code
        == 400
    )


def test_a_passkey_is_renamed_and_removed_by_its_owner_alone(app: FastAPI) -> None:
    owner, device = client_of(app, "prosecutor"), Authenticator()
    added(app, owner, device)
    (one,) = desk_of(app).passkeys.of("P002")
    other = client_of(app, "assistant")
    for fields in ({"id": one.id, "drop": "1"}, {"id": one.id, "label": "mine"}):
        post(other, "/account/passkeys/change", dict(fields), form="/account")
    assert desk_of(app).passkeys.of("P002") == [one]
    post(owner, "/account/passkeys/change", {"id": one.id, "label": "手机"}, form="/account")
    assert desk_of(app).passkeys.of("P002")[0].label == "手机"
    post(owner, "/account/passkeys/change", {"id": one.id, "drop": "1"}, form="/account")
    assert desk_of(app).passkeys.of("P002") == []
    assert sign_in(client_of(app), device) == 400


def test_the_passkey_of_an_ended_account_opens_nothing(app: FastAPI) -> None:
    client, device = a_passkey(app)
    desk_of(app).people.change("P002", roles=["prosecutor"], disabled=True)
    assert sign_in(client, device) == 400


def test_keys_are_changed_only_shortly_after_showing_who_one_is(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")
    with desk_of(app).state.write() as connection:
        connection.execute(sa.update(SESSION).values(confirmed=0))
    for path in ("/account/passkeys/options", "/account/tokens"):
        answer = post(client, path, {"scopes": "read", "days": "1"}, form="/account")
        assert answer.status_code == 403
        assert "web.confirm" in answer.text
    from tests.web.making import PASSWORD

    assert post(client, "/account/confirm", {"password": "wrong"}, form="/account").status_code == 400
    assert post(client, "/account/confirm", {"password": PASSWORD}, form="/account").status_code == 303
    assert post(client, "/account/passkeys/options", form="/account").status_code == 200
