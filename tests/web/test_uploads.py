"""Uploads within bounds: so much of one person waits, and a full disk is told and gone on from."""

from __future__ import annotations

import asyncio
import os
import resource
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import msgspec
import pytest

from qingyuan.office.home import Home
from qingyuan.web import ServeSettings
from qingyuan.web.errors import WebError
from qingyuan.web.state import State
from qingyuan.web.uploads import Uploads

BOUNDS = ServeSettings(upload_batches=3, upload_files=4, upload_waiting_bytes=100)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(WebError) as caught:
        yield
    assert caught.value.code == code


def test_no_more_of_one_person_waits_than_is_allowed(home: Home) -> None:
    state = State.at(home.path / "web.db")
    uploads = Uploads(state, home, BOUNDS)
    batches = [uploads.batch("P001") for _ in range(3)]
    with pytest.raises(WebError) as caught:
        uploads.batch("P001")
    assert caught.value.code == "web.uploads-full"
    assert "7 天" in caught.value.remedy_zh
    other = uploads.batch("P002")  # nobody else is kept waiting
    uploads.announce(batches[0], "a.txt", 60, "P001")
    with refused("web.uploads-full"):
        uploads.announce(batches[1], "b.txt", 41, "P001")
    for name in ("b.txt", "c.txt", "d.txt"):
        uploads.announce(batches[1], name, 0, "P001")
    with refused("web.uploads-full"):
        uploads.announce(batches[1], "e.txt", 0, "P001")
    assert uploads.announce(batches[0], "a.txt", 60, "P001").size == 60  # gone on with
    uploads.announce(other, "a.txt", 100, "P002")
    uploads.drop(batches[1])
    uploads.announce(batches[0], "e.txt", 40, "P001")
    uploads.batch("P001")
    os.utime(home.path / "uploads" / batches[2], (time.time() - 7200,) * 2)
    uploads.batch("P001")  # one that nothing was ever announced in makes room
    state.close()


def test_what_the_disk_has_no_room_for_is_refused_and_gone_on_with_when_there_is(home: Home) -> None:
    state = State.at(home.path / "web.db")
    bounds = msgspec.structs.replace(BOUNDS, max_upload_bytes=1 << 60, upload_waiting_bytes=1 << 61)
    uploads = Uploads(state, home, bounds)
    batch = uploads.batch("P001")
    with refused("web.no-room"):
        uploads.announce(batch, "huge.bin", 1 << 60, "P001")
    data = os.urandom(4 << 20)
    upload = uploads.announce(batch, "a.bin", len(data), "P001")

    async def rest(offset: int) -> AsyncIterator[bytes]:
        for at in range(offset, len(data), 1 << 16):
            yield data[at : at + (1 << 16)]

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((5 << 20) // 2, before[1]))
    try:
        with refused("web.no-room"):
            asyncio.run(uploads.append(upload.id, "P001", 0, rest(0)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    offset = uploads.get(upload.id, "P001").offset
    assert 0 < offset < len(data)
    assert asyncio.run(uploads.append(upload.id, "P001", offset, rest(offset))) == len(data)
    assert uploads.complete(batch, "P001")
    with uploads.content(home.path / "uploads" / batch / "a.bin") as source:
        assert source.stream.read() == data
    state.close()
