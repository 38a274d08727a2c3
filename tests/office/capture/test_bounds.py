"""Pages that have no end: each ends at a limit, and the record says which."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from qingyuan.office.capture import Taken
from tests.office.capture.site import Site, bomb, serving, wait_for
from tests.office.capture.taking import QUICK, product, records, response, taken

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def _bounds(one: Taken) -> set[str]:
    return {hit.bound for hit in one.hits}


def test_an_endless_page_ends_at_the_height(site: Site, tmp_path: Path) -> None:
    one = taken(f"{site.url}/endless", tmp_path, bounds=msgspec.structs.replace(QUICK, height=5000))
    assert _bounds(one) == {"height"}
    assert int.from_bytes(product(one, "page.png")[20:24], "big") == 5000


def test_a_slow_drip_ends_at_the_time(site: Site, tmp_path: Path) -> None:
    began = time.monotonic()
    bounds = msgspec.structs.replace(QUICK, seconds=4, load_seconds=1, settle_seconds=0.5)
    one = taken(f"{site.url}/drip", tmp_path, bounds=bounds)
    assert time.monotonic() - began < 60
    assert _bounds(one) >= {"load_seconds"}
    assert response(one, "/drip").record.header("WARC-Truncated") in {"time", "disconnect"}
    assert "开头" in product(one, "page.html").decode()
    assert product(one, "page.png")


def test_a_silent_server_ends_at_the_idle_time(site: Site, tmp_path: Path) -> None:
    bounds = msgspec.structs.replace(QUICK, idle_seconds=0.5)
    one = taken(f"{site.url}/holder?src=/silent", tmp_path, bounds=bounds)
    assert _bounds(one) == {"idle_seconds"}
    assert response(one, "/silent").record.header("WARC-Truncated") == "time"
    assert "正文" in product(one, "page.html").decode()


def test_a_gzip_bomb_is_stopped_before_the_browser_unpacks_it(site: Site, tmp_path: Path) -> None:
    site.bomb = bomb()
    bounds = msgspec.structs.replace(QUICK, decoded_bytes=8 << 20)
    one = taken(f"{site.url}/holder?src=/bomb", tmp_path, bounds=bounds)
    assert _bounds(one) == {"decoded_bytes"}
    found = response(one, "/bomb")
    assert found.record.header("WARC-Truncated") == "length"


def test_a_huge_answer_and_a_page_of_too_much_end_at_their_size(site: Site, tmp_path: Path) -> None:
    site.cut = 0
    one = taken(
        f"{site.url}/fetcher?src=/huge",
        tmp_path,
        bounds=msgspec.structs.replace(QUICK, resource_bytes=1 << 20),
    )
    assert _bounds(one) == {"resource_bytes"}
    assert response(one, "/huge").record.size < 3 << 20
    assert wait_for(lambda: site.cut == 1)
    one = taken(
        f"{site.url}/fetcher?src=/huge", tmp_path, bounds=msgspec.structs.replace(QUICK, total_bytes=1 << 20)
    )
    assert _bounds(one) == {"total_bytes"}
    one = taken(f"{site.url}/?images=30", tmp_path, bounds=msgspec.structs.replace(QUICK, resources=10))
    assert _bounds(one) == {"resources"}
    assert len(records(one, "response")) == 10


def test_an_answer_that_is_cut_off_is_on_record_as_cut_off(site: Site, tmp_path: Path) -> None:
    one = taken(f"{site.url}/holder?src=/cut", tmp_path)
    found = response(one, "/cut")
    assert found.record.header("WARC-Truncated") == "disconnect"
    assert found.block.endswith(b"half")
    assert one.hits == ()


def test_a_script_that_never_ends_is_stopped_and_the_page_is_taken(site: Site, tmp_path: Path) -> None:
    one = taken(f"{site.url}/hang", tmp_path, bounds=msgspec.structs.replace(QUICK, script_seconds=1))
    assert _bounds(one) == {"script_seconds"}
    assert one.absent == ()
    assert "正文" in product(one, "page.html").decode()
