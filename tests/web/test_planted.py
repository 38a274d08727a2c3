"""A planted person: typed into every field of every form, uploaded, packed; and then looked for wherever nothing personal may lie."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.cases import VERBS
from qingyuan.documents import forms
from qingyuan.office.browser import TemporaryFolder
from qingyuan.office.home import Home
from qingyuan.web.routing import PAGES
from tests.web.making import PASSWORD, client_of, desk_of, packaged, post, token_of
from tests.web.test_access import ENDING, OWN, address
from tests.web.test_hostile import chief

#: What is typed: a name and the numbers of nobody.
NAME, MOBILE, IDENTITY = "欧阳雨桐", "13900139777", "110101199003077758"
PLANTED = f"{NAME} {MOBILE} {IDENTITY}"
SECRETS = [one.encode() for one in (NAME, MOBILE, IDENTITY)]
#: Where what officers type is kept: the events of the record; the name of an account, a token, a passkey.
KEPT = {
    "event.payload", "account.name", "account.display", "token.label", "passkey.label", "provider.label", "provider.client",
}  # fmt: skip
#: Of titles alone, what is derived from the events for lists and the search.
OF_TITLES = {
    "register.title", "register_words.words", "register_words_content.c0", "register_words_data.block",
}  # fmt: skip
_NAMES = re.compile(r'name="(\w[\w.-]*)"')


def field_names() -> list[str]:
    """Return every name of a field that a form of ours can have."""
    templates = Path(str(__import__("qingyuan.web").web.__file__)).parent / "templates"
    written = {name for path in templates.rglob("*.html") for name in _NAMES.findall(path.read_text("utf-8"))}
    asked = {param.name for verb in VERBS.values() for param in verb.params}
    papers = {f"given.{field.name}" for form in forms().values() for field in form.fields}
    return sorted((written | asked | papers) - {"_token"})


def found_in(home: Path) -> Iterator[str]:
    """Yield where a planted value lies in a home, but for where it may."""
    for path in sorted(one for one in home.rglob("*") if one.is_file()):
        name = path.relative_to(home).as_posix()
        if path.suffix == ".db":
            yield from _in_tables(path)
        elif not name.endswith((".db-wal", ".db-shm")) and any(one in path.read_bytes() for one in SECRETS):
            yield name


def _in_tables(path: Path) -> Iterator[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in (cursor := connection.execute(f'SELECT * FROM "{table}"')):
                for column, value in zip(cursor.description, row, strict=True):
                    text = value if isinstance(value, bytes) else str(value).encode()
                    where = f"{table}.{column[0]}"
                    sought = SECRETS[1:] if where in OF_TITLES else SECRETS
                    if where not in KEPT and any(one in text or _escaped(one) in text for one in sought):
                        yield f"{path.name}: {where}"


def _escaped(one: bytes) -> bytes:
    return json.dumps(one.decode())[1:-1].encode()


def test_what_is_typed_into_any_field_of_any_form_lies_only_where_the_record_keeps_it(
    app: FastAPI, home: Home, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    client = chief(app)
    names = field_names()
    assert len(names) > 100
    refused = []
    with caplog.at_level(logging.DEBUG):
        for page in PAGES:
            if page.path in ENDING:
                continue
            if client.get("/account").status_code != 200:
                signed = post(client, "/sign-in", {"name": "chief-1", "password": PASSWORD})
                assert signed.status_code == 303, signed.text
            path = address(page, home, OWN)
            if page.method == "GET":
                agent = [(b"user-agent", PLANTED.encode())]
                answer = client.get(path, params=dict.fromkeys(names, PLANTED), headers=agent)
            else:
                given: dict[str, str | list[str]] = dict.fromkeys(names, PLANTED)
                given["_token"] = token_of(client, "/account")
                answer = client.post(path, data=given)
            assert answer.status_code < 500, path
            if answer.status_code == 401:
                refused.append(path)
        lead: dict[str, str | list[str]] = {
            "title": NAME,
            "summary": PLANTED,
            "source": "media",
            "field": "personal-information",
        }
        post(client, "/sign-in", {"name": "chief-1", "password": PASSWORD})
        done = post(client, "/acts/new/lead-register", lead, form="/account")
        assert done.status_code == 303
        client.get("/api/v1/search", params={"q": PLANTED}, headers={"authorization": f"Bearer {MOBILE}"})
        client.get(f"/{NAME}/{MOBILE}")
        told = client.get("/metrics").text
    assert refused == ["/sign-in"]
    printed = capfd.readouterr()
    logged = "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("httpx"))
    assert "qingyuan" in {one.name.partition(".")[0] for one in caplog.records}
    for said in (logged, told, printed.out, printed.err):
        assert not any(one.decode() in said or _escaped(one).decode() in said for one in SECRETS)
    assert sorted(set(found_in(home.path))) == [], sorted(set(found_in(home.path)))


def test_what_waits_or_is_packed_lies_nowhere_in_clear(app: FastAPI, home: Home) -> None:
    client: TestClient = client_of(app, "prosecutor")
    content = "".join(f"{PLANTED} {number}\n" for number in range(3000)).encode()
    uploads = desk_of(app).uploads
    person = next(one.person for one in desk_of(app).people.all() if one.name == "user-prosecutor")
    batch = uploads.batch("P001")
    upload = uploads.announce(batch, "a.txt", len(content), person)

    async def half() -> AsyncIterator[bytes]:
        yield content[:50_000]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        asyncio.run(uploads.append(upload.id, person, 0, half()))
    assert uploads.get(upload.id, person).offset == 50_000
    assert list(found_in(home.path)) == []

    async def rest() -> AsyncIterator[bytes]:
        yield content[50_000:]

    asyncio.run(uploads.append(upload.id, person, 50_000, rest()))
    with TestClient(app, base_url="http://testserver", follow_redirects=False) as running:
        running.cookies = client.cookies
        sent = post(running, "/intake", {"batch": batch, "title": "材料"}, form="/intake")
        job = sent.headers["location"].rsplit("/", 1)[1]
        deadline = time.monotonic() + 120
        while not (found := desk_of(app).jobs.get(job)) or not found.over:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert found.state == "done", found.result
        made = packaged(app, running, str(found.result["lead"]), "某法院")
        assert list(found_in(home.path)) == []
        package = running.get(f"/packages/{made}/file").content
    assert package.startswith(b"PK")
    assert SECRETS[1] in package  # and whoever fetches it reads it


def test_a_folder_of_somebody_else_is_never_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("qingyuan.office.browser._folders._LONGEST", 10_000)
    others = [tmp_path / "qingyuan-figures-x", tmp_path / "qingyuan-portal-x"]
    for one in others:
        one.mkdir()
    (tmp_path / "qingyuan-material-x").mkdir()
    with TemporaryFolder("material") as used:
        assert sorted(tmp_path.iterdir()) == sorted([*others, used.path])
