"""HTTP messages and HAR files: everything sent and answered, decoded to the value."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from urllib.parse import quote

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.pii.readers._unfold import unfold
from tests.pii.readers.fuzz import survives
from tests.pii.readers.reading import Cell, codes, places, read


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


JWT = (
    "eyJhbGciOiJIUzI1NiJ9."
    + base64.urlsafe_b64encode(b'{"tel":"13300133000"}').decode().rstrip("=")
    + ".c2ln"
)
ANSWER = json.dumps(
    {"data": [{"姓名": "张三", "tel": b64("手机13800138000"), "more": json.dumps({"id": "13900139000"})}]}
)


def wire() -> bytes:
    packed = gzip.compress(ANSWER.encode())
    return b"".join(
        [
            f"POST /api/user?tel=13700137000&q={quote(b64('李四13600136000'))} HTTP/1.1\r\nHost: example.test\r\n".encode(),
            f"Cookie: sid=1; phone=13500135000\r\nAuthorization: Bearer {JWT}\r\n".encode(),
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 43\r\n\r\n",
            b"mobile=%31%33400134000&name=%D5%C5%C8%FD%20",
            b"\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"".join(
                b"%x\r\n%s\r\n" % (len(packed[k : k + 40]), packed[k : k + 40])
                for k in range(0, len(packed), 40)
            ),
            b"0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: br\r\n\r\n",
            brotli.compress("<html><table><tr><td>电话<td>13200132000</table></html>".encode()),
        ]
    )


def found(cells: list[Cell]) -> dict[str, tuple[str | None, str, str]]:
    return {c.text: (c.member, c.place, c.column) for c in cells}


def test_headers_parameters_cookies_and_bodies_are_decoded_and_placed() -> None:
    cells, unread = read(wire(), "a.txt")
    assert codes(unread) == []
    at = found(cells)
    assert at["13700137000"] == (None, "line 1 ?tel", "query.tel")
    assert at["李四13600136000"] == (None, "line 1 ?q|base64", "query.q|base64")
    assert at["13500135000"] == (None, "line 1 Cookie.phone", "Cookie.phone")
    assert at["13300133000"] == (None, "line 1 Authorization|jwt|$.tel", "Authorization|jwt|$.tel")
    assert at["13400134000"] == ("message 1", "?mobile", "mobile")
    assert at["张三 "] == ("message 1", "?name", "name")
    assert at["张三"][:2] == ("message 2", "$.data[0].姓名")
    assert at["手机13800138000"][:2] == ("message 2", "$.data[0].tel|base64")
    assert at["13900139000"][:2] == ("message 2", "$.data[0].more::$.id")
    assert at["13200132000"][:2] == ("message 3", "table 1!B1")
    assert len({(c.member, c.record) for c in cells if c.text in {"张三", "手机13800138000"}}) == 1


def har(*entries: object) -> bytes:
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "测试"}, "entries": entries}}).encode()


def test_a_har_file_is_read_entry_by_entry() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("名单.csv", "姓名,电话\n王五,13100131000\n")
    raw = har(
        {
            "startedDateTime": "2026-01-01T00:00:00.000Z",
            "time": 13800138000,
            "request": {
                "url": "https://example.test/a?tel=13700137000",
                "queryString": [{"name": "tel", "value": "13700137000"}],
                "headers": [{"name": "Cookie", "value": "p=13600136000"}],
                "postData": {"mimeType": "application/json", "text": '{"u":{"t":"\\u0031\\u0033500135000"}}'},
            },
            "response": {
                "content": {
                    "mimeType": "application/zip",
                    "encoding": "base64",
                    "text": base64.b64encode(held.getvalue()).decode(),
                }
            },
            "_webSocketMessages": [{"type": "receive", "data": '{"x":"a%3D13400134000"}'}],
        }
    )
    cells, unread = read(raw, "a.har")
    assert codes(unread) == []
    at = found(cells)
    path = "$.log.entries[0]"
    assert at["13700137000"] == (None, f"{path}.request.queryString[0].value", "request.queryString.tel")
    assert at["13600136000"][1] == f"{path}.request.headers[0].value.p"
    assert at["13500135000"][:2] == (f"{path}.request.postData.text", "$.u.t")
    assert at["13100131000"] == (f"{path}.response.content.text|base64/名单.csv", "line 2", "电话")
    assert at["a=13400134000"][1] == f"{path}._webSocketMessages[0].data|$.x|url"
    assert "13800138000" not in at
    assert [c.text for c in cells].count("13700137000") == 1


def test_a_broken_har_file_is_read_as_json() -> None:
    raw = har({"request": {"url": "https://example.test/?a=" + quote(b64("电话13800138000"))}})
    cells, unread = read(raw[:-8], "a.har")
    assert set(codes(unread)) & {"json-truncated", "json-broken"}
    assert any("13800138000" in c.text for c in cells)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b64("手机13800138000"), [("|base64", "手机13800138000")]),
        (quote("手机13800138000", encoding="gbk"), [("|url", "手机13800138000")]),
        (quote(quote("手机138")), [("|url|url", "手机138")]),
        ("\\u624b\\u673a138", [("|\\u", "手机138")]),
        ("\\ud83d\\ude00138", [("|\\u", "😀138")]),
        ("data:text/plain;base64," + b64("手机13800138000"), [("|base64", "手机13800138000")]),
        ('{"a":[{"b":"1%412"}]}', [("|$.a[0].b|url", "1A2")]),
        ("log token=" + b64("手机13800138000") + " end", [("|base64", "log token= 手机13800138000  end")]),
        ("a=1&b=%7B%22t%22%3A1%7D", [("|?a", "1"), ("|?b|$.t", "1")]),
    ],
)
def test_a_value_is_decoded_as_often_as_it_was_encoded(text: str, value: list[tuple[str, str]]) -> None:
    assert [(place, said) for place, _, said in unfold(text) or []] == value


@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        "110101199003078888",
        "张三",
        "ZhangSanLiSiWangWu",
        "a/b/c/defghijklmnop",
        "100% sure",
        "550e8400e29b41d4a716446655440000",
    ],
)
def test_what_is_not_encoded_is_left_alone(text: str) -> None:
    assert unfold(text) is None


def test_decoding_ends_however_often_a_value_was_encoded() -> None:
    text = "手机13800138000"
    for _ in range(20):
        text = b64(text)
    leaves = unfold(text)
    assert leaves is not None
    assert leaves[0][0] == "|base64" * 6


@given(st.text())
def test_any_text_survives_decoding(text: str) -> None:
    said = text.encode("utf-8", errors="replace").decode()
    for _, _, value in unfold(said) or []:
        assert isinstance(value, (str, bytes))


def test_multipart_forms_give_fields_and_files() -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="tel"\r\n\r\n13800138000\r\n--x\r\nContent-Disposition: form-data; '
        b'name="f"; filename="a.csv"\r\n\r\n'
        + "姓名,电话\n张三,13900139000\n".encode("gbk")
        + b"\r\n--x--\r\n"
    )
    raw = (
        b"POST /u HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n"
        % len(body)
    )
    cells, unread = read(raw + body, "a")
    assert codes(unread) == []
    assert (found(cells)["13800138000"][0], found(cells)["13800138000"][2]) == ("message 1", "tel")
    assert found(cells)["13900139000"] == ("message 1/f", "line 2", "电话")


def test_a_body_that_expands_without_end_is_named() -> None:
    packed = gzip.compress(b"0" * (30 << 20))
    raw = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    _, unread = read(raw + packed + b"\r\n", "a")
    assert codes(unread) == ["archive-ratio"]


def warc(kind: str, target: str, body: bytes) -> bytes:
    head = (
        f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {target}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def test_web_archives_are_read_record_by_record() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + ANSWER.encode()
    parts = [
        warc("warcinfo", "", b"software: x\r\n"),
        warc("response", "https://example.test/u?t=13700137000", answer),
        warc("resource", "https://example.test/x.txt", b"13600136000"),
    ]
    cells, unread = read(b"".join(map(gzip.compress, parts)), "a.warc.gz")
    assert codes(unread) == []
    at = found(cells)
    assert at["13700137000"][1] == "record 2 WARC-Target-URI ?t"
    assert at["手机13800138000"][:2] == ("a.warc/record 2/message 1", "$.data[0].tel|base64")
    assert at["13600136000"][:2] == ("a.warc/record 3", "line 1")
    cells, unread = read(b"".join(parts)[:-40], "a.warc")
    assert codes(unread) == ["truncated"]
    survives(b"".join(parts), "a.warc", times=30)


def test_damaged_messages_end_in_cells_or_sentences() -> None:
    survives(wire(), "a.http")
    survives(
        har({"request": {"url": "https://a.test/?q=1", "headers": [{"name": "a", "value": "b"}]}}), "a.har"
    )


def test_plain_text_that_mentions_a_method_is_plain_text() -> None:
    cells, _ = read("GET 方法用于查询，电话13800138000\n".encode(), "a.txt")
    assert list(places(cells)) == ["line 1"]
