"""The register of bodies and people in the browser: enter, correct, appoint, dismiss, end; found again by search."""

from __future__ import annotations

from fastapi import FastAPI

from qingyuan.office.home import Home
from qingyuan.store import events
from tests.web.making import client_of, desk_of, post

Fields = dict[str, str | list[str]]

FIRM: Fields = {"kind": "firm", "name": "某物流有限公司", "division": "330782"}


def test_a_body_is_entered_appointed_to_corrected_and_ended_and_the_log_says_so(
    app: FastAPI, home: Home
) -> None:
    client = client_of(app, "chief")
    refused = post(client, "/parties", {**FIRM, "division": "33078"}, form="/account")
    assert refused.status_code == 400
    assert "某物流有限公司" in refused.text
    assert post(client, "/parties", FIRM, form="/account").headers["location"] == "/parties/firm-330782"
    person: Fields = {"person": "P077", "role": "firm-liaison", "since": "2026-06-01"}
    assert post(client, "/parties/firm-330782/posts", person, form="/account").status_code == 303
    assert (
        post(client, "/parties/firm-330782/posts", {**person, "role": "judge"}, form="/account").status_code
        == 400
    )
    named = post(client, "/parties/firm-330782/posts", {**person, "person": "王某"}, form="/account")
    assert named.status_code == 400
    assert "登记册不存姓名" in named.text
    ended: Fields = {"person": "P077", "role": "firm-liaison", "on": "2026-06-30"}
    assert post(client, "/parties/firm-330782/posts/end", ended, form="/account").status_code == 303
    corrected: Fields = {**FIRM, "before": "firm-330782", "name": "某快递有限公司", "verified": "1"}
    assert post(client, "/parties", corrected, form="/account").status_code == 303
    assert post(client, "/parties/firm-330782/end", {"on": "2026-06-30"}, form="/account").status_code == 303

    above: Fields = {"person": "P002", "role": "chief"}
    assert post(client, "/parties/procuratorate-330000/posts", above, form="/account").status_code == 400
    assert post(client, "/parties/test/end", {"on": "2026-06-30"}, form="/account").status_code == 400
    turned: Fields = {**corrected, "kind": "procuratorate"}
    assert post(client, "/parties", turned, form="/account").status_code == 303
    with desk_of(app).posts.asking() as asking:
        assert asking.access.registry.body("firm-330782").kind == "firm"

    assert "某快递有限公司" in client.get("/parties?q=快递&kind=firm&state=ended").text
    assert "某快递有限公司" not in client.get("/parties?q=快递&state=there").text
    assert "firm-330782,企业,某快递有限公司" in client.get("/parties/file?kind=firm").text
    assert "P077" not in client.get("/posts").text
    assert "P077" in client.get("/posts/file?when=ever&q=快递").text
    with home.database.read() as connection:
        said = [event.type for event in events(connection, ["office"]) if "firm-330782" in str(event.payload)]
    types = "registered appointed dismissed registered ended registered"
    assert said == [f"party.{one}" for one in types.split()]


def test_whoever_appoints_nobody_sees_bodies_and_no_people(app: FastAPI) -> None:
    client = client_of(app, "assistant")
    shown = client.get("/parties/procuratorate-330782")
    assert "义乌市人民检察院" in shown.text
    assert "/posts" not in shown.text
    assert client.get("/posts").status_code == 403
    assert client.get("/parties/nowhere").status_code == 404
