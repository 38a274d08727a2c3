"""What went to other sites and came from them: narrowed in the address, as a file, and why an act was not done stays readable."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI

from qingyuan.office.exchange import add_peer, send, status
from qingyuan.office.exchange.peers import own_keys
from qingyuan.office.exchange.receiving import receive_bytes
from qingyuan.office.home import Home, OfficeInfo
from tests.web.making import client_of, token_of

CASE = "C2026-0001"


def test_the_list_is_narrowed_handed_out_and_says_why_an_act_was_not_done(
    app: FastAPI, home: Home, tmp_path: Path
) -> None:
    office = OfficeInfo("other", "金华市人民检察院")
    with Home.open(tmp_path / "other", create=True, office=office, clock=home.clock) as other:
        for one, name, theirs in ((home, "jinhua", other), (other, "ours", home)):
            log, package = own_keys(theirs)
            add_peer(one, name, title=f"{name} 检察院", log=log, package=package, actor="P001")
        made = [
            send(other, "reply", "ours", your_ref=CASE, body={"accepted": "采纳", "summary": "=1+1"}, actor="P001", offline=True),
            send(other, "reply", "ours", your_ref="C2031-0009", body={"accepted": "采纳", "summary": "无"}, actor="P001", offline=True),
        ]  # fmt: skip
        client = client_of(app, "prosecutor")
        token = {"_token": token_of(client, "/account")}
        first = client.post("/exchange/receive", data=token, files=[("bundle", ("1.qyx", made[0].data))])
        receive_bytes(home, made[1].data, actor="P001")
        # Told when it came, when it comes again, on its own page and in the list, in both languages.
        (why, _) = next(one for one in status(home) if one.peer == "jinhua").received
        assert why.note_zh in first.text
        again = client.post("/exchange/receive", data=token, files=[("bundle", ("1.qyx", made[0].data))])
        assert again.text.count(why.note_zh) == first.text.count(why.note_zh) == 2
        text = client.get("/exchange").text
        assert (text.count(why.note_zh), text.count('href="/exchange/jinhua/received/')) == (1, 2)
        assert why.note_zh in client.get("/exchange/jinhua/received/1").text

    def rows(query: str) -> list[str]:
        found = client.get(f"/exchange/file?{query}")
        assert found.headers["content-disposition"] == 'attachment; filename="exchange.csv"'
        lines = found.content.decode("utf-8-sig").splitlines()
        page = client.get(f"/exchange?{query}").text
        assert page.count('<th scope="row"') == len(lines) - 1
        return lines[1:]

    day = home.clock.now().date().isoformat()
    assert {query: len(rows(query)) for query in (
        "", "way=received", "way=sent", "state=waiting", "state=not-done", "what=receipt", "what=lead", f"of={CASE}",
        "site=jinhua", "site=none", f"from={day}", f"from={day}&to={day}", "to=2020-01-01",
    )} == {
        "": 4, "way=received": 2, "way=sent": 2, "state=waiting": 0, "state=not-done": 2, "what=receipt": 2, "what=lead": 0,
        f"of={CASE}": 1, "site=jinhua": 4, "site=none": 0, f"from={day}": 4, f"from={day}&to={day}": 4, "to=2020-01-01": 0,
    }  # fmt: skip
    assert why.note_zh in rows(f"of={CASE}")[0]
    for where in ("/exchange?from=x", "/exchange/file?to=2026-13-01", "/exchange?before=x"):
        assert client.get(where).status_code == 400, where
    newest = next(one for one in status(home) if one.peer == "jinhua").sent[-1]
    earlier = client.get(f"/exchange?before={newest.index}").text
    assert earlier.count('<th scope="row"') == 3
    assert 'href="/exchange"' in earlier
    assert client_of(app, "administrator").get("/exchange/file").status_code == 403
