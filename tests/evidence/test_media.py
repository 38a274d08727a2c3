"""Media types come from content, whatever the name claims."""

from __future__ import annotations

import gzip
import io
import sqlite3
import tarfile
import time
import zipfile

import docx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.evidence import SealedReader, media_type, seal, sniff
from qingyuan.evidence.media import WINDOW
from tests.evidence.making import counter_entropy


def _zip(*names: str, filler: int = 0) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, b"x" * filler)
    return target.getvalue()


def _xlsx() -> bytes:
    target = io.BytesIO()
    openpyxl.Workbook().save(target)
    return target.getvalue()


def _docx() -> bytes:
    target = io.BytesIO()
    docx.Document().save(target)
    return target.getvalue()


def _stored_mimetype(kind: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", "<x/>")
    return target.getvalue()


def _tar() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return target.getvalue()


def _sqlite() -> bytes:
    with sqlite3.connect(":memory:") as base:
        base.execute("create table t (a)")
        data = base.serialize()
    base.close()
    return data


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CASES: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "application/x-empty"),
    ("xlsx", _xlsx(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("docx", _docx(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (
        "odt",
        _stored_mimetype("application/vnd.oasis.opendocument.text"),
        "application/vnd.oasis.opendocument.text",
    ),
    ("apk", _zip("classes.dex", "AndroidManifest.xml"), "application/vnd.android.package-archive"),
    ("zip", _zip("a.csv"), "application/zip"),
    ("empty zip", _zip(), "application/zip"),
    (
        "large apk",
        _zip("a", "b", "AndroidManifest.xml", filler=WINDOW),
        "application/vnd.android.package-archive",
    ),
    ("xls", OLE + bytes(500) + "Workbook".encode("utf-16-le"), "application/vnd.ms-excel"),
    ("encrypted", OLE + bytes(500) + "EncryptedPackage".encode("utf-16-le"), "application/x-ole-encrypted"),
    ("pdf", b"%PDF-1.7\n%\xe2\xe3\n", "application/pdf"),
    ("sqlite", _sqlite(), "application/vnd.sqlite3"),
    ("gz", gzip.compress(b"x"), "application/gzip"),
    ("tar", _tar(), "application/x-tar"),
    ("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
    ("jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
    ("webp", b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
    ("mp4", b"\0\0\0\x18ftypisom", "video/mp4"),
    ("heic", b"\0\0\0\x18ftypheic", "image/heic"),
    ("mp3", b"\xff\xfb\x90\x00", "audio/mpeg"),
    ("html", b"<!-- x --><!DOCTYPE html><html>", "text/html"),
    ("html gbk", "<html><title>名单".encode("gb18030"), "text/html"),
    ("svg", b'<?xml version="1.0"?><svg xmlns="x"/>', "image/svg+xml"),
    ("xml", b'<?xml version="1.0"?><list/>', "application/xml"),
    ("json", b'{\n "a": 1\n}\n', "application/json"),
    ("json array", b'[{"a": 1}, {"a": 2}]', "application/json"),
    ("jsonl", b'{"a": 1}\n{"a": 2}\n', "application/x-ndjson"),
    ("not json", b"[section]\nkey=1\n", "text/plain"),
    ("sql", "-- 导出\n\nINSERT INTO `t` VALUES (1,'张');\n".encode(), "application/sql"),
    ("csv", "姓名,电话\n张,138\n李,139\n".encode(), "text/csv"),
    ("csv gbk", "姓名,电话\n张,138\n李,139\n".encode("gb18030"), "text/csv"),
    ("csv utf-16", "姓名,电话\n张,138\n".encode("utf-16"), "text/csv"),
    ("csv quoted", '姓名,住址\n张,"杭州,西湖"\n'.encode("utf-8-sig"), "text/csv"),
    ("tsv", b"a\tb\n1\t2\n", "text/tab-separated-values"),
    ("mail", b"From: a@b.cn\nSubject: x\n\nbody\n", "message/rfc822"),
    ("mhtml", b"From: <x>\nMIME-Version: 1.0\nContent-Type: multipart/related;\n", "multipart/related"),
    ("warc", b"WARC/1.1\r\nWARC-Type: warcinfo\r\n", "application/warc"),
    ("prose", "今天没有发现问题。\n明天再看，后天也看。\n".encode(), "text/plain"),
    ("noise", bytes(range(256)), "application/octet-stream"),
]


@pytest.mark.parametrize(("content", "kind"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_content_tells_its_kind(content: bytes, kind: str) -> None:
    assert media_type(io.BytesIO(content)) == kind


@given(st.binary(max_size=200))
def test_any_content_has_a_kind_and_the_stream_is_left_at_its_start(content: bytes) -> None:
    stream = io.BytesIO(content)
    assert "/" in media_type(stream)
    assert stream.tell() == 0


def test_text_cut_in_the_middle_of_a_character_is_still_text() -> None:
    content = ("证," * WINDOW + "\n").encode()
    assert media_type(io.BytesIO(b"xx" + content)) == "text/plain"


def test_a_sealed_file_is_looked_into_without_unsealing_it() -> None:
    target = io.BytesIO()
    seal(io.BytesIO(_xlsx()), target, bytes(32), "k", counter_entropy())
    assert sniff(target.getvalue()[:100]) == "application/x-qingyuan-sealed"
    with SealedReader(target, bytes(32)) as reader:
        assert media_type(reader) == CASES[1][2]


@pytest.mark.parametrize(
    "piece",
    [b"\n", b" ", b"<!--a-->", b"<!--", b"<?xml >", b'"', b"[", b"{}\n", b"PK\x03\x04", b"a,\n", b"to: \n"],
)
def test_hostile_repetition_costs_no_more_than_other_content(piece: bytes) -> None:
    content = piece * (WINDOW // len(piece))
    before = time.process_time()
    sniff(content, content)
    assert time.process_time() - before < 2
