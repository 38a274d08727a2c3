"""Pages taken with a real browser from a real server."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import struct
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from zipfile import ZipFile

import pytest

from qingyuan.evidence.warc import check_wacz
from qingyuan.office.capture import CaptureError, Taken
from tests.office.capture.site import Site, serving
from tests.office.capture.taking import product, records, response, taken


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def whole(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    return taken(f"{site.url}/?images=5", tmp_path_factory.mktemp("whole"), replay=True, screencast=True)


def test_a_page_is_taken_whole_and_plays_back_the_same(site: Site, whole: Taken) -> None:
    one = whole
    assert (one.status, one.title, one.final_url) == (200, "直播间", f"{site.url}/?images=5")
    assert one.replay.result == "same", one.replay
    assert one.replay.served == one.resources == 6
    assert (one.hits, one.refusals, one.absent) == ((), (), ())
    ((_, remark),) = one.remarks
    assert remark in {f"our clock is {n} s ahead of the HTTP Date of 127.0.0.1" for n in (-1, 0, 1)}
    names = [each.name for each in one.products]
    assert names == [
        "capture.wacz", "page.html", "page.png", "page.mhtml", "page.pdf", "recording.zip", "page.har", "environment.json",
    ]  # fmt: skip
    assert "打赏 100 元" in product(one, "page.html").decode()
    assert struct.unpack(">II", product(one, "page.png")[16:24])[0] == 1366
    assert product(one, "page.pdf").startswith(b"%PDF")
    assert b"multipart/related" in product(one, "page.mhtml")
    with (one.products[0].path).open("rb") as file:
        assert check_wacz(file).pages == (f"{site.url}/?images=5",)
    with ZipFile(next(each.path for each in one.products if each.name == "recording.zip")) as cast:
        times = [json.loads(line) for line in cast.read("times.jsonl").splitlines()]
        assert times
        assert [each["frame"] for each in times] == [
            name for name in cast.namelist() if name.startswith("frames/")
        ]
        assert cast.read(times[0]["frame"]).startswith(b"\xff\xd8\xff")
    log = json.loads(product(one, "page.har"))["log"]
    assert len(log["entries"]) == 6
    assert {each["response"]["status"] for each in log["entries"]} == {200}
    assert all(each["serverIPAddress"] == "127.0.0.1" for each in log["entries"])


def test_the_report_on_the_machine_comes_before_the_first_request(whole: Taken) -> None:
    one = whole
    report = one.environment
    assert one.steps[0].en.startswith("examined the machine")
    assert all(
        record.record.header("WARC-Date") > one.steps[0].at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        for record in records(one, "request")
    )
    program = Path(report.browser.path).read_bytes()
    assert report.browser.sha256 == hashlib.sha256(program).hexdigest()
    assert len(report.browser.sm3) == 64
    assert report.browser.profile_before == ()
    assert "对照" in report.basis
    assert "符合" not in report.basis
    assert report.network.answers[0].addresses == ("127.0.0.1",)
    assert ("允许访问内网和本机地址", "private and loopback addresses were allowed") in report.findings
    assert json.loads(product(one, "environment.json"))["browser"]["sha256"] == report.browser.sha256


def test_messages_are_kept_as_they_were_on_the_wire(site: Site, tmp_path: Path) -> None:
    one = taken(f"{site.url}/mixed", tmp_path)
    head, _, body = response(one, "/chunked").block.partition(b"\r\n\r\n")
    assert b"X-Odd:   two  spaces " in head
    assert b";ext=1\r\n" in body
    assert body.endswith(b"0\r\nX-Trailer: t\r\n\r\n")
    head, _, body = response(one, "/gzipped").block.partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip" in head
    assert gzip.decompress(body).endswith("<p>原文</p>".encode())
    (sent,) = (each.block for each in records(one, "request") if each.block.startswith(b"POST"))
    assert sent.startswith(b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1:")
    assert sent.endswith("\r\n\r\n甲".encode())
    assert b"proxy" not in sent.lower()
    assert b"\r\nAccept-Encoding: gzip, deflate\r\n" in sent


def test_decoded_bodies_are_recorded_as_such(site: Site, tmp_path: Path) -> None:
    one = taken(f"{site.url}/mixed", tmp_path, raw=False, replay=True)
    head, _, body = response(one, "/gzipped").block.partition(b"\r\n\r\n")
    assert b"content-encoding" not in head.lower()
    assert body.decode().endswith("<p>原文</p>")
    assert response(one, "/chunked").block.endswith("<p>第二块</p>".encode())
    assert all(b"decoded" in record.block for record in records(one, "metadata"))
    assert response(one, "/gzipped").record.header("WARC-IP-Address") == "127.0.0.1"
    assert one.environment.mode == "decoded"
    assert one.replay.result == "same", one.replay


def test_what_a_page_holds_back_until_it_is_scrolled_to_is_there(site: Site, tmp_path: Path) -> None:
    one = taken(f"{site.url}/lazy", tmp_path, replay=True)
    images = {
        r.record.header("WARC-Target-URI")[-1]
        for r in records(one, "response")
        if "/img/" in r.record.header("WARC-Target-URI")
    }
    assert images == set("12345678")
    assert struct.unpack(">II", product(one, "page.png")[16:24])[1] > 7200
    assert one.replay.result == "same", one.replay


def test_a_rude_page_opens_no_dialog_window_download_or_worker(site: Site, tmp_path: Path) -> None:
    one = taken(f"{site.url}/rude", tmp_path)
    said = "\n".join(en for _, en in one.remarks)
    assert "dialog (alert) dismissed: 请登录" in said
    assert "dialog (confirm) dismissed: 允许？" in said
    assert "download not opened:" in said
    assert "window closed:" in said
    download = response(one, "/big")
    assert download.block.endswith(b"\r\n\r\n" + b"y" * 30 * 65536), "it is on record all the same"
    assert download.record.header("WARC-Truncated") == ""
    assert "正文" in product(one, "page.html").decode()


def test_a_page_that_never_shows_the_same_twice_is_said_to_differ(site: Site, tmp_path: Path) -> None:
    one = taken(f"{site.url}/clock", tmp_path, replay=True)
    assert one.replay.result == "differs"
    assert one.replay.text_same is False
    (missing,) = one.replay.missing
    assert missing.startswith(f"{site.url}/img/x?0.")
    assert "1 addresses are not in the archive" in one.replay.en
    assert ("保存期间页面内容有变化", "the page changed while it was being kept") in one.remarks


def test_redirects_are_followed_and_a_page_that_is_not_there_is_taken_with_its_status(
    site: Site, tmp_path: Path
) -> None:
    one = taken(f"{site.url}/redirect?to=/nothing", tmp_path)
    assert (one.status, one.title, one.final_url) == (404, "没有", f"{site.url}/nothing")
    assert sorted(r.block[9:12] for r in records(one, "response")) == [b"302", b"404"]


def test_what_is_no_page_is_refused_with_the_reason(site: Site, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()[1]
    for path, code in (
        ("/file", "capture.is-download"),
        (f"/redirect?to=http://127.0.0.1:{closed}/", "capture.unreachable"),
    ):
        with pytest.raises(CaptureError) as caught:
            taken(site.url + path, tmp_path)
        assert caught.value.code == code


@pytest.mark.slow
def test_a_redirect_to_loopback_is_not_followed(site: Site, tmp_path: Path) -> None:
    site.asked.clear()
    allowed = frozenset({("127.0.0.1", site.server_port)})
    with serving() as inner:
        for target in (
            f"http://localhost:{inner.server_port}",
            f"http://[::ffff:127.0.0.1]:{inner.server_port}",
        ):
            with pytest.raises(CaptureError) as caught:
                taken(f"{site.url}/redirect?to={target}/", tmp_path, allow_private=False, allowed=allowed)
            assert caught.value.code == "capture.refused-address"
        one = taken(
            f"{site.url}/holder?src={inner.url}/img/1",
            tmp_path,
            allow_private=False,
            allowed=allowed,
            raw=False,
        )
        assert [refusal.code for refusal in one.refusals] == ["capture.refused-address"]
        assert inner.asked == []
    with pytest.raises(CaptureError) as caught:
        taken(f"{site.url}/", tmp_path, allow_private=False)
    assert caught.value.code == "capture.refused-address"
