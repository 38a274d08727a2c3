"""WACZ files: laid out as the specification says, and refused when they are not what they say."""

from __future__ import annotations

import hashlib
import json
import random
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest

from qingyuan.evidence import media_type
from qingyuan.evidence.warc import Limits, WarcError, check_wacz, open_archive, read_index, read_records, surt
from tests.evidence.warc.making import archive, wacz


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def _rebuilt(parts: dict[str, bytes], *, method: int = zipfile.ZIP_STORED, describe: bool = True) -> bytes:
    """Zip the members again; with ``describe`` the descriptions are made to fit."""
    if describe:
        package = json.loads(parts["datapackage.json"])
        for resource in package["resources"]:
            content = parts.get(resource["path"], b"")
            resource |= {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
        parts = parts | {"datapackage.json": json.dumps(package).encode()}
        digest = hashlib.sha256(parts["datapackage.json"]).hexdigest()
        parts["datapackage-digest.json"] = json.dumps(
            {"path": "datapackage.json", "hash": f"sha256:{digest}"}
        ).encode()
    target = BytesIO()
    with zipfile.ZipFile(target, "w", method) as opened:
        for name, content in parts.items():
            opened.writestr(name, content)
    return target.getvalue()


@pytest.fixture
def good() -> bytes:
    return wacz(*archive(b"<p>one</p>", random.Random(3).randbytes(500)))


def test_a_file_holds_what_players_look_for(good: bytes) -> None:
    checked = check_wacz(BytesIO(good))
    assert (checked.pages, checked.entries) == (("http://example.com/0?a=1",), 2)
    assert media_type(BytesIO(good)) == "application/wacz"
    parts = _parts(good)
    package = json.loads(parts["datapackage.json"])
    assert package["profile"] == "data-package"
    assert package["wacz_version"] == "1.1.1"
    assert package["mainPageUrl"] == "http://example.com/0?a=1"
    assert package["created"] == package["mainPageDate"] == "2026-03-02T01:02:03Z"
    assert {resource["path"] for resource in package["resources"]} == set(parts) - {
        "datapackage.json", "datapackage-digest.json",
    }  # fmt: skip
    first, page = (json.loads(line) for line in parts["pages/pages.jsonl"].splitlines())
    assert first["format"] == "json-pages-1.0"
    assert (page["url"], page["title"], page["ts"]) == (
        "http://example.com/0?a=1",
        "题",
        "2026-03-02T01:02:03Z",
    )
    with zipfile.ZipFile(BytesIO(good)) as opened:
        assert {info.compress_type for info in opened.infolist()} == {zipfile.ZIP_STORED}
    assert good == wacz(*archive(b"<p>one</p>", random.Random(3).randbytes(500)))


def test_the_index_leads_to_each_record_by_itself(good: bytes) -> None:
    entries = read_index(_parts(good)["indexes/index.cdx"], where="index")
    with zipfile.ZipFile(BytesIO(good)) as opened, open_archive(opened) as warc:
        for key, entry in entries:
            assert key == surt(entry.url)
            warc.seek(int(entry.offset))
            (reading,) = read_records(BytesIO(warc.read(int(entry.length))), Limits())
            assert reading.record.header("WARC-Target-URI") == entry.url
            assert reading.record.header("WARC-Payload-Digest") == entry.digest


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://www.Example.com/Path?b=2&a=1", "com,example)/path?a=1&b=2"),
        ("https://example.com", "com,example)/"),
        ("http://example.com:8080/x", "com,example:8080)/x"),
        ("https://example.com:443/x", "com,example)/x"),
        ("dns:example.com", "dns:example.com"),
    ],
)
def test_keys_are_those_of_players(url: str, key: str) -> None:
    assert surt(url) == key


def test_the_archive_inside_reads_like_a_file(good: bytes) -> None:
    inside = _parts(good)["archive/data.warc.gz"]
    with zipfile.ZipFile(BytesIO(good)) as opened, open_archive(opened) as warc:
        assert warc.read() == inside
        assert warc.read(1) == b""
        assert warc.seek(-5, 2) == len(inside) - 5
        assert warc.read(100) == inside[-5:]
        warc.seek(3)
        assert (warc.read(4), warc.tell()) == (inside[3:7], 7)


def _swap(name: str, change: Callable[[bytes], bytes]) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda parts: parts | {name: change(parts[name])}


@pytest.mark.parametrize(
    "name",
    [
        "archive/data.warc.gz",
        "indexes/index.cdx",
        "pages/pages.jsonl",
        "datapackage.json",
        "datapackage-digest.json",
    ],
)
def test_a_changed_or_missing_member_is_refused(good: bytes, name: str) -> None:
    parts = _parts(good)
    changed = _rebuilt(_swap(name, lambda data: data[:-1] + bytes([data[-1] ^ 1]))(parts), describe=False)
    missing = _rebuilt({key: value for key, value in parts.items() if key != name}, describe=False)
    for data in (changed, missing):
        with pytest.raises(WarcError):
            check_wacz(BytesIO(data))


@pytest.mark.parametrize(
    "change",
    [
        _swap("archive/data.warc.gz", lambda data: data[:-5]),
        _swap("indexes/index.cdx", lambda data: data.replace(b'"offset":"', b'"offset":"1')),
        _swap("indexes/index.cdx", lambda data: b"".join(reversed(data.splitlines(keepends=True)))),
        _swap("indexes/index.cdx", lambda data: data + b"x"),
        _swap("pages/pages.jsonl", lambda data: data.splitlines()[1]),
        _swap("datapackage.json", lambda data: data.replace(b"data-package", b"data-pocket")),
        lambda parts: parts | {"extra.txt": b"not described"},
    ],
)
def test_what_fits_its_digests_but_not_the_rules_is_refused(
    good: bytes, change: Callable[[dict[str, bytes]], dict[str, bytes]]
) -> None:
    with pytest.raises(WarcError):
        check_wacz(BytesIO(_rebuilt(change(_parts(good)))))
    assert check_wacz(BytesIO(_rebuilt(_parts(good))))


def test_a_compressed_archive_and_what_is_no_zip_are_refused(good: bytes) -> None:
    for data in (_rebuilt(_parts(good), method=zipfile.ZIP_DEFLATED), good[:-30], b"", b"PK"):
        with pytest.raises(WarcError) as caught:
            check_wacz(BytesIO(data))
        assert caught.value.code == "warc.bad-wacz"
