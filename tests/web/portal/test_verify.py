"""The public verification page: a verdict with reasons in both languages, nothing kept, and what to take home."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import socket
import tempfile
import time
import zipfile
from pathlib import Path
from shutil import disk_usage

import httpx2 as httpx
import msgspec
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.home import Home
from qingyuan.office.packages.packaging import make_package
from qingyuan.web import ServeSettings, create_app
from qingyuan.web.errors import WebError
from qingyuan.web.receiving import Room
from tests.web.making import client_of, desk_of, token_of
from tests.web.serving import served
from tests.web.test_surface import HOSTILE


def judged(client: TestClient, name: str, data: bytes, trust: bytes | None = None) -> httpx.Response:
    files = [("package", (name, data))] + ([("trust", ("t.json", trust))] if trust is not None else [])
    return client.post("/verify", data={"_token": token_of(client, "/verify")}, files=files)


def test_a_package_passes_and_an_altered_one_fails_in_both_languages(
    app: FastAPI, home: Home, tmp_path: Path
) -> None:
    client = client_of(app)
    made = make_package(home, "L2026-0002", tmp_path / "a.evp", to="court", actor="P001", offline=True)
    data = made.path.read_bytes()
    before = {path for path in home.path.rglob("*") if "web.db" not in path.name}
    good = judged(client, "a.evp", data)
    assert good.status_code == 200
    assert 'class="verdict pass">通过' in good.text
    middle = len(data) // 2
    bad = judged(client, "a.evp", data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    assert 'class="verdict fail">不通过' in bad.text
    assert 'lang="en"' in bad.text
    client.headers["accept-language"] = "en"
    assert 'class="verdict pass">Pass' in judged(client, "a.evp", data).text
    assert {path for path in home.path.rglob("*") if "web.db" not in path.name} == before


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"not a package", b"c2sp.org/tlog-proof@v1\nindex x\n\n"]
)
def test_what_is_no_package_never_passes(app: FastAPI, data: bytes) -> None:
    answer = judged(client_of(app), f"{HOSTILE}.evp", data)
    assert answer.status_code in {200, 400}
    assert "verdict pass" not in answer.text
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text


def test_a_bag_of_somebody_else_is_checked_by_its_own_lists_and_a_package_never_passes_as_one(
    app: FastAPI,
) -> None:
    client = client_of(app)
    digest = hashlib.sha256(b"first").hexdigest()
    texts = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "manifest-sha256.txt": f"{digest}  data/{HOSTILE.replace('/', '_')}\n".encode(),
        f"data/{HOSTILE.replace('/', '_')}": b"first",
    }

    def zipped(base: str) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            for path, data in texts.items():
                archive.writestr(base + path, data)
        return made.getvalue()

    good = judged(client, "案卷.zip", zipped("案卷/"))
    assert 'class="verdict pass">完整、有效（BagIt）' in good.text
    assert "不说明由谁、何时制作" in good.text
    assert 'class="verdict pass' not in judged(client, "a.EVP", zipped("")).text
    texts["manifest-sha256.txt"] = texts["manifest-sha256.txt"].replace(digest[:4].encode(), b"0000")
    bad = judged(client, "案卷.zip", zipped("案卷/"))
    assert 'class="verdict fail">不完整或者无效' in bad.text
    assert "<script>alert" not in bad.text
    desk_of(app).settings = msgspec.structs.replace(desk_of(app).settings, max_verify_bytes=1)
    assert "web.too-large" in judged(client, "案卷.zip", zipped("案卷/")).text


def test_a_broken_trust_file_is_no_pass(app: FastAPI, home: Home, tmp_path: Path) -> None:
    made = make_package(home, "L2026-0002", tmp_path / "a.evp", to="court", actor="P001", offline=True)
    answer = judged(client_of(app), "a.evp", made.path.read_bytes(), trust=b"{}")
    assert answer.status_code == 200
    assert "verdict pass" not in answer.text


def test_nothing_chosen_a_forged_form_and_a_huge_body_are_refused(app: FastAPI) -> None:
    client = client_of(app)
    assert client.post("/verify", data={"_token": token_of(client)}).status_code == 400
    assert "web.forged" in client.post("/verify", data={}).text
    assert client.post("/verify", content=b"x", headers={"content-length": str(1 << 40)}).status_code == 413


def test_what_is_too_large_or_finds_no_room_is_led_to_the_offline_verifier(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(home, ServeSettings(host="testserver", port=80, job_workers=0, max_verify_bytes=2 << 20))
    client = client_of(app)
    form = "multipart/form-data; boundary=x"
    huge = {"content-length": str(1 << 40), "content-type": form, "accept-language": "en"}
    answers = {
        "more than 2 MB": client.post("/verify", content=b"x", headers=huge),
        "内容超过 2 MB": judged(client, "a.evp", bytes(3 << 20)),
    }
    assert 'verdict fail">' in judged(client, "a.evp", bytes(2 << 20)).text
    full = disk_usage("/")._replace(free=0)
    monkeypatch.setattr("qingyuan.web.receiving.shutil.disk_usage", lambda _: full)
    answers["web.no-space"] = judged(client, "a.evp", bytes(2 << 20))
    for words, answer in answers.items():
        assert answer.status_code == (503 if words.startswith("web") else 413)
        assert words in answer.text
        assert 'href="/verify/offline.html"' in answer.text
        assert 'href="/verify/verify_evp.py"' in answer.text
    assert 'verdict fail">' in judged(client, "a.evp", b"small").text
    assert b"def verify_stream" in client.get("/verify/verify_evp.py").content
    desk_of(app).close()


def test_so_many_large_bodies_have_room_at_a_time() -> None:
    room = Room(2, 1 << 30)
    with room.place(2 << 20):
        with room.place(2 << 20):
            with pytest.raises(WebError, match="being verified"), room.place(2 << 20):
                pass
            with room.place(1 << 10):
                pass
        with room.place(2 << 20):
            pass


def _spooled(folder: Path) -> list[str]:
    """Return the files without a name in a folder that this process holds open."""
    found = []
    for one in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(str(one.readlink()))
    return [one for one in found if one.startswith(str(folder)) and one.endswith("(deleted)")]


def test_of_a_body_that_breaks_off_nothing_stays(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    head = (
        b"POST /verify HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    file = b'--x\r\nContent-Disposition: form-data; name="package"; filename="a"\r\n\r\n' + bytes(3 << 20)

    def wait(spooled: int) -> None:
        deadline = time.monotonic() + 120
        while len(_spooled(folder)) != spooled:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    with served(home) as (url, _):
        at = ("127.0.0.1", int(url.rpartition(":")[2]))
        with socket.create_connection(at, timeout=120) as one:
            one.sendall(head % (90 << 20) + file)
            wait(1)
        wait(0)
        assert os.listdir(folder) == []  # noqa: PTH208 - names are all that counts
        with socket.create_connection(at, timeout=120) as one:
            one.sendall(head % (1 << 40) + file)
            assert one.recv(12) == b"HTTP/1.1 413"


def test_the_verifier_and_the_trust_file_can_be_taken_home(app: FastAPI, home: Home) -> None:
    client = client_of(app)
    page = client.get("/verify/offline.html")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert client.get("/trust.json").content == home.trust_path.read_bytes()


@pytest.mark.parametrize("path", ["/portal", "/report", "/progress", "/verify"])
def test_every_public_page_stands_in_both_languages_without_script_of_its_own(
    app: FastAPI, path: str
) -> None:
    import re

    client = client_of(app)
    for lang, name in (("zh", "zh-CN"), ("en", "en")):
        text = client.get(path, params={"lang": lang}).text
        assert f'<html lang="{name}"' in text
        assert re.findall(r"<script(?! src=)|<style|\sstyle=|\son[a-z]+=", text) == []
    assert 'method="post"' in text
