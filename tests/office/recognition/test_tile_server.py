"""The published logs over HTTP: right types, right caching, and nothing else of the home."""

from __future__ import annotations

import gzip
import http.client
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from qingyuan.ledger import (
    TILE_WIDTH,
    TileCache,
    TileFolder,
    decode_bundle,
    open_checkpoint,
    tile_names,
    tree_root,
)
from qingyuan.office.errors import OfficeError
from qingyuan.office.recognition.fetching import Place, PublishedLog
from qingyuan.office.recognition.tile_server import TileSite
from qingyuan.office.recognition.witness_server import WitnessSite
from qingyuan.office.serving import Sites
from tests.ledger.witnessing import Grown, cosigner
from tests.office.recognition.recognising import running
from tests.office.recognition.witnesses import SERVED

LOG = Grown([3, 256, 300, 700])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    TileFolder(tmp_path / "home" / "log").publish(LOG.storage)
    (tmp_path / "home" / "office.json").write_text("secret", encoding="utf-8")
    return tmp_path / "home"


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    with running(TileSite.of_home(folder)) as found:
        yield found


def get(
    url: str, path: str, method: str = "GET", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def test_the_checkpoint_is_text_and_never_cached(url: str) -> None:
    status, headers, body = get(url, "/log/checkpoint")
    assert (status, body) == (200, LOG.notes[700])
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "path", ["tile/0/000", "tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2", "tile/entries/000"]
)
def test_tiles_are_bytes_that_may_be_kept_for_ever(url: str, folder: Path, path: str) -> None:
    status, headers, body = get(url, f"/log/{path}")
    assert (status, body) == (200, (folder / "log" / path).read_bytes())
    assert headers["Content-Type"] == "application/octet-stream"
    assert "immutable" in headers["Cache-Control"]
    status, headers, nothing = get(url, f"/log/{path}", "HEAD")
    assert (status, int(headers["Content-Length"]), nothing) == (200, len(body), b"")


def test_entries_are_compressed_for_who_takes_it(url: str) -> None:
    status, headers, body = get(url, "/log/tile/entries/000", **{"Accept-Encoding": "br, gzip"})
    assert (status, headers["Content-Encoding"], headers["Vary"]) == (200, "gzip", "Accept-Encoding")
    assert decode_bundle(gzip.decompress(body)) == [LOG.entry(n) for n in range(256)]
    assert get(url, "/log/tile/entries/000", **{"Accept-Encoding": "br, gzip"})[2] == body
    assert "Content-Encoding" not in get(url, "/log/tile/entries/000")[1]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/log",
        "/log/",
        "/log/tile",
        "/log/tile/0/",
        "/office.json",
        "/log/../office.json",
        "/log/tile/../../office.json",
        "/log/%2e%2e/office.json",
        "/log//checkpoint",
        "//log/checkpoint",
        "/log/checkpoint?x",
        "/log/checkpoint/",
        "/log/.checkpoint.1",
        "/log/tile/0/0",
        "/log/tile/00/000",
        "/log/tile/64/000",
        "/log/tile/0/x000/000",
        "/log/tile/0/000.p/256",
        "/log/tile/0/000.p/0",
        "/log/tile/0/000.p/01",
        "/log/tile/0/003",
        "/log/tile/0/002.p/189",
        "/log/tile/entries/002.p/189",
        "/log/tile/0/003.p/1",
        "/log/tile/-1/000",
        "/log-sm3/checkpoint",
    ],
)
def test_nothing_else_is_there(url: str, path: str) -> None:
    status, headers, body = get(url, path)
    assert status == 404
    assert headers["Cache-Control"] in ("no-store", None)
    assert b"secret" not in body


@pytest.mark.parametrize("size", [3, 300, 699])
def test_the_partial_tiles_of_every_head_that_was_signed_are_there(url: str, size: int) -> None:
    """C2SP tlog-tiles: logs serve the partial tiles of every size that a checkpoint was produced for."""
    for name in tile_names(size):
        if name.width == TILE_WIDTH:
            continue
        status, headers, body = get(url, f"/log/{name.path}")
        assert (status, "immutable" in headers["Cache-Control"]) == (200, True), name.path
        start = name.index * TILE_WIDTH
        if name.level < 0:
            assert decode_bundle(body) == [LOG.entry(n) for n in range(start, start + name.width)]
        else:
            assert body == b"".join(LOG.storage.read_hashes(name.level, start, start + name.width))


def test_the_beginning_of_a_tile_cut_short_is_not_served(url: str, folder: Path) -> None:
    for path in ("tile/0/002.p/188", "tile/entries/002.p/188"):
        (folder / "log" / path).write_bytes((folder / "log" / path).read_bytes()[:40])
        assert get(url, "/log/" + path.replace("188", "187"))[0] == 404


def test_a_link_out_of_the_folder_is_not_followed(url: str, folder: Path) -> None:
    (folder / "log" / "tile" / "0" / "003").symlink_to(folder / "office.json")
    os.mkfifo(folder / "pipe")
    assert get(url, "/log/tile/0/003")[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_it_is_read_only(url: str, method: str) -> None:
    status, headers, _ = get(url, "/log/checkpoint", method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


def test_a_client_reads_the_tree_and_every_entry(url: str) -> None:
    with Place(f"{url}/log/") as place:
        log = PublishedLog(place)
        note = log.checkpoint()
        assert note is not None
        head = open_checkpoint(note, [LOG.key]).checkpoint
        log.size = head.size
        for size in (head.size, 300, 256, 3):
            root = tree_root(TileCache(log), size)
            assert root == open_checkpoint(LOG.notes[size], [LOG.key]).checkpoint.root
        assert log.read_entries(250, 520) == [LOG.entry(n) for n in range(250, 520)]
        assert log.read_hashes(0, 600, 9_999) == LOG.storage.read_hashes(0, 600, 700)


def test_a_tile_cut_short_is_said(url: str, folder: Path) -> None:
    path = folder / "log" / "tile" / "0" / "001"
    path.write_bytes(path.read_bytes()[:-1])
    with Place(f"{url}/log") as place, pytest.raises(OfficeError) as caught:
        PublishedLog(place, 700).read_hashes(0, 256, 512)
    assert caught.value.code == "office.log-tile"


def test_a_witness_may_share_the_port(folder: Path, tmp_path: Path) -> None:
    site = WitnessSite(tmp_path / "w.db", [cosigner()], SERVED, create=True, prefix="/witness")
    with running(Sites(TileSite.of_home(folder), site)) as url:
        assert get(url, "/log/checkpoint")[0] == 200
        assert get(url, "/witness/add-checkpoint")[0] == 405
        assert get(url, "/add-checkpoint")[0] == 404
        assert get(url, "/log/tile/0/000", "POST")[0] == 405
    site.close()
