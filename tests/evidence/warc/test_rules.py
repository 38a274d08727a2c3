"""The rules of ISO 28500 beyond the shape of a record: named fields, dates, digests of block and payload."""

from __future__ import annotations

import base64
import hashlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.evidence.warc import Limits, WarcError, check, read_records
from qingyuan.evidence.warc._rules import Digesting

HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
FOLDED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip,\r\n chunked\r\n\r\n"
CHUNKS = b"2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nTrailer: x\r\n\r\n"
PAGE = {"WARC-Target-URI": "http://example.com/"}
ANSWER = {**PAGE, "Content-Type": "application/http; msgtype=response"}


def _hex(algorithm: str, data: bytes) -> str:
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


def _base32(algorithm: str, data: bytes) -> str:
    return f"{algorithm}:{base64.b32encode(hashlib.new(algorithm, data).digest()).decode()}"


def _record(kind: str, block: bytes, fields: dict[str, str], more: str = "") -> bytes:
    held = {
        "WARC-Type": kind,
        "WARC-Record-ID": "<urn:uuid:4d4f1e2a-0b3c-4d5e-8f60-718293a4b5c6>",
        "WARC-Date": "2026-03-02T01:02:03Z",
        **fields,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in held.items() if value)
    return f"WARC/1.1\r\n{lines}{more}Content-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"


def _read(data: bytes) -> bytes:
    (found,) = read_records(BytesIO(data), Limits())
    return found.block


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha384", "sha512", "sm3"])
@pytest.mark.parametrize("field", ["WARC-Block-Digest", "WARC-Payload-Digest"])
def test_digests_are_checked_in_base32_and_hex_of_either_case(algorithm: str, field: str) -> None:
    for write in (_hex, _base32):
        for good in (
            write(algorithm, b"x"),
            write(algorithm, b"x").upper(),
            write(algorithm, b"x").rstrip("="),
        ):
            record = _record("resource", b"x", {**PAGE, field: good})
            assert _read(record) == b"x"
            assert check(BytesIO(record)).records == 1, "the second reader may know less, and must not refuse"
        with pytest.raises(WarcError):
            _read(_record("resource", b"x", {**PAGE, field: write(algorithm, b"y")}))
    with pytest.raises(WarcError):
        _read(_record("resource", b"x", {**PAGE, field: f"{algorithm}:0123"}))
    assert check(BytesIO(_record("resource", b"x", {**PAGE, field: "own:abc"}))).records == 1, (
        "any may be named"
    )


def test_an_algorithm_that_nobody_knows_is_left_alone() -> None:
    assert _read(_record("resource", b"x", {**PAGE, "WARC-Block-Digest": "blake9:abc"})) == b"x"


@pytest.mark.parametrize(
    ("head", "body", "payload", "good"),
    [
        (HTTP, b"hello", b"hello", True),
        (HTTP, b"hello", b"hullo", False),
        (HTTP, b"", b"", True),
        (b"HTTP/1.0 200 OK\nA: b\n\n", b"x\r\n\r\ny", b"x\r\n\r\ny", True),
        (b"HTTP/1.0 200 OK\nA: b\n\n", b"x\r\n\r\ny", b"y", False),
        (b"HTTP/1.0 200 OK\nA: b\r\n\n", b"x\r\n\r\ny", b"x\r\n\r\ny", True),
        (b"HTTP/1.0 200 OK\r\nA: b\n\r\n", b"x\r\n\r\ny", b"x\r\n\r\ny", True),
        (b"HTTP/1.0 200 OK\r\nA: b\n\r\n", b"x\r\n\r\ny", b"y", False),
        (FOLDED, CHUNKS, b"hello", True),
        (FOLDED, CHUNKS, b"hullo", False),
        (FOLDED.replace(b"\n ", b"\nX: "), CHUNKS, b"hello", False),
        (CHUNKED, CHUNKS, CHUNKS, True),
        (CHUNKED, CHUNKS, b"hello", True),
        (CHUNKED, CHUNKS, b"hullo", False),
        (CHUNKED, CHUNKS[:-16], b"hello", False),
        (HTTP, CHUNKS, b"hello", False),
    ],
)
def test_the_payload_of_an_answer_is_its_body_as_sent_or_without_the_chunks(
    head: bytes, body: bytes, payload: bytes, *, good: bool
) -> None:
    for kind in ("application/http; msgtype=response", "message/http"):
        fields = {**PAGE, "Content-Type": kind, "WARC-Payload-Digest": _base32("sha1", payload)}
        data = _record("response", head + body, fields)
        if good:
            assert _read(data) == head + body
        else:
            with pytest.raises(WarcError, match="@0"):
                _read(data)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 40), max_size=6), st.binary(max_size=30), st.sampled_from([b"hello", b"hullo"])
)
def test_how_a_block_is_cut_into_parts_makes_no_difference(
    cuts: list[int], rest: bytes, payload: bytes
) -> None:
    block, fields = CHUNKED + CHUNKS + rest, {**ANSWER, "WARC-Payload-Digest": _hex("sha256", payload)}
    digesting = Digesting([("WARC-Type", "response"), *fields.items()], "here")
    at = 0
    for cut in cuts:
        digesting.update(block[at : at + cut])
        at += cut
    digesting.update(block[at:])
    if payload == b"hello":
        digesting.finish()
    else:
        with pytest.raises(WarcError):
            digesting.finish()


@pytest.mark.parametrize(
    "fields",
    [
        {"WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"},
        {"WARC-Type": "response", "WARC-Truncated": "length"},
        {"WARC-Type": "response", "WARC-Segment-Number": "1"},
    ],
)
def test_the_payload_digest_of_another_or_a_whole_record_is_not_that_of_this_one(
    fields: dict[str, str],
) -> None:
    named = {**ANSWER, "WARC-Payload-Digest": _hex("sha256", b"of the whole"), **fields}
    assert _read(_record("revisit", HTTP, named)) == HTTP


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("response", {}),
        ("request", {}),
        ("resource", {}),
        ("conversion", {}),
        ("revisit", PAGE),
        ("continuation", {**PAGE, "WARC-Segment-Number": "2"}),
        ("warcinfo", PAGE),
        ("", PAGE),
        ("resource", {**PAGE, "WARC-Record-ID": "urn:uuid:1"}),
        ("resource", {**PAGE, "WARC-Record-ID": "<hello>"}),
        *(
            ("resource", {**PAGE, "WARC-Date": date})
            for date in (
                "yesterday",
                "2026-01-01T00:00:00",
                "2026-01-01T00:00:00+08:00",
                "2026-02-30T00:00:00Z",
                "2026-01-01T24:00:00Z",
                "2026-01-01T00:00:61Z",
                "2026-01-01T00:00:00.1234567890Z",
                "2026-01-01 00:00:00Z",
            )
        ),
        *(
            (kind, {**(PAGE if kind in {"resource", "conversion"} else {}), field: value})
            for kind, field, value in (
                ("warcinfo", "WARC-Concurrent-To", "<urn:uuid:1>"),
                ("conversion", "WARC-Concurrent-To", "<urn:uuid:1>"),
                ("warcinfo", "WARC-IP-Address", "192.0.2.1"),
                ("resource", "WARC-Refers-To", "<urn:uuid:1>"),
                ("warcinfo", "WARC-Warcinfo-ID", "<urn:uuid:1>"),
                ("warcinfo", "WARC-Payload-Digest", "sha1:" + "A" * 32),
                ("resource", "WARC-Filename", "a.warc"),
                ("metadata", "WARC-Segment-Origin-ID", "<urn:uuid:1>"),
                ("resource", "WARC-Segment-Total-Length", "9"),
                ("metadata", "WARC-Refers-To", "urn:uuid:1"),
                ("resource", "WARC-Concurrent-To", "<urn:uuid:1> <urn:uuid:2>"),
                ("resource", "WARC-Warcinfo-ID", "1"),
                ("resource", "WARC-Target-URI", "http://example.com/a b"),
                ("resource", "WARC-Target-URI", "<http://example.com/"),
                ("resource", "WARC-IP-Address", "example.com"),
                ("resource", "WARC-IP-Address", "fe80::1%eth0"),
                ("resource", "WARC-IP-Address", "192.0.2.01"),
                ("resource", "WARC-Segment-Number", "2"),
                ("resource", "WARC-Segment-Number", "one"),
            )
        ),
        *(
            ("continuation", {**PAGE, "WARC-Segment-Origin-ID": "<urn:uuid:1>", **more})
            for more in (
                {"WARC-Segment-Number": "1"},
                {"WARC-Segment-Number": "2", "WARC-Segment-Total-Length": "-1"},
                {"WARC-Segment-Number": "2", "WARC-IP-Address": "192.0.2.1"},
            )
        ),
    ],
)
def test_a_record_that_lacks_a_field_of_its_type_or_has_one_of_another_form_is_refused(
    kind: str, fields: dict[str, str]
) -> None:
    with pytest.raises(WarcError, match="@0"):
        _read(_record(kind, b"", fields))


@pytest.mark.parametrize(
    "more",
    [
        "warc-target-uri: http://example.com/\r\n",
        "Content-Type: text/plain\r\ncontent-type: text/html\r\n",
        "WARC-Warcinfo-ID: <urn:uuid:1>\r\nWARC-Warcinfo-ID: <urn:uuid:1>\r\n",
        "WARC-Identified-Payload-Type: text/plain\r\nWARC-Identified-Payload-Type: text/html\r\n",
        "WARC-Truncated: time\r\nWARC-Truncated: time\r\n",
        "two words: x\r\n",
        "bräuche: x\r\n",
    ],
)
def test_a_field_that_is_there_twice_or_has_no_name_is_refused(more: str) -> None:
    with pytest.raises(WarcError, match="@0"):
        _read(_record("resource", b"", PAGE, more))


@pytest.mark.parametrize(
    ("kind", "fields", "more"),
    [
        ("resource", {**PAGE, "WARC-Date": "2026"}, ""),
        ("resource", {**PAGE, "WARC-Date": "2026-12"}, ""),
        ("resource", {**PAGE, "WARC-Date": "2026-12-31T23:59:60Z"}, ""),
        ("resource", {**PAGE, "WARC-Date": "2026-12-31T23:59:59.123456789Z"}, ""),
        ("resource", PAGE, "WARC-Concurrent-To: <urn:uuid:1>\r\nWARC-Concurrent-To: <urn:uuid:2>\r\n"),
        ("resource", PAGE, "Own-Field: 1\r\nOwn-Field: 2\r\n"),
        ("metadata", {}, ""),
        ("a-type-to-come", {}, ""),
        ("a-type-to-come", {"WARC-Filename": "a.warc", "WARC-Segment-Total-Length": "9"}, ""),
        ("resource", {"WARC-Target-URI": "<http://example.com/a%20b>"}, ""),
        ("resource", {**PAGE, "WARC-IP-Address": "2001:db8::1", "WARC-Segment-Number": "1"}, ""),
        ("metadata", {"WARC-Refers-To": "<urn:uuid:1>", "WARC-Payload-Digest": _hex("sha1", b"x")}, ""),
        ("warcinfo", {"WARC-Filename": "a.warc"}, ""),
        ("resource", PAGE, "WARC-Protocol: h2\r\nWARC-Protocol: tls/1.3\r\n"),
        (
            "continuation",
            {
                **PAGE,
                "WARC-Segment-Origin-ID": "<urn:uuid:1>",
                "WARC-Segment-Number": "2",
                "WARC-Segment-Total-Length": "9",
            },
            "",
        ),
    ],
)
def test_what_the_standard_allows_is_read(kind: str, fields: dict[str, str], more: str) -> None:
    assert _read(_record(kind, b"x", fields, more)) == b"x"


@pytest.mark.parametrize("date", ["2026", "2026-12", "2026-12-31T23:59Z", "2026-12-31T23:59:59.5Z"])
def test_version_1_0_knows_dates_to_the_second_only(date: str) -> None:
    record = _record("resource", b"x", {**PAGE, "WARC-Date": date})
    assert _read(record) == b"x"
    with pytest.raises(WarcError, match="@0"):
        _read(record.replace(b"WARC/1.1", b"WARC/1.0"))
    whole = _record("resource", b"x", PAGE).replace(b"WARC/1.1", b"WARC/1.0")
    assert _read(whole) == b"x"
