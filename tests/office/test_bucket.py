"""A home whose sealed blobs are in an object store: sealed, read, checked, backed up and restored; killed at any moment.

The server is SeaweedFS, a real one; see ``tests/buckets.py``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import obstore
import pytest

from qingyuan.evidence import SourceError
from qingyuan.office.backup import backup, restore
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.intake import intake
from qingyuan.office.keys.destruction import destroy
from qingyuan.office.sealing import Collector, Sealer, open_exhibit
from qingyuan.store import BucketBlobs, read_place
from qingyuan.store.bucket import PART
from qingyuan.store.errors import StoreError
from tests.buckets import KEYS, Served, object_store
from tests.office.running import collected, material
from tests.warm import run

OFFICE = OfficeInfo("test", "清州市人民检察院")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with object_store(tmp_path_factory.mktemp("bucket")) as served:
        yield served


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("QINGYUAN_CLOCK", "2026-07-01T09:00:00+08:00")
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def bucket_of(home: Home) -> BucketBlobs:
    assert isinstance(home.blobs, BucketBlobs)
    return home.blobs


def alter(home: Home, scope: str, sha256: str) -> None:
    """Change one byte of an object, its digest kept beside it as it was."""
    blobs = bucket_of(home)
    key = f"{scope}/{sha256[:2]}/{sha256}"
    found = obstore.get(blobs._store, key)
    content = bytearray(bytes(found.bytes()))
    content[len(content) // 2] ^= 1
    obstore.put(blobs._store, key, bytes(content), attributes=dict(found.attributes))


@pytest.mark.slow
def test_a_home_seals_reads_checks_and_restores_through_a_bucket(server: Served, tmp_path: Path) -> None:
    made = run("office", "init", "--id", "test", "--name", OFFICE.name, "--blobs", server.url("first"),
               "--home", tmp_path / "home")  # fmt: skip
    assert made.returncode == 0, made.stderr
    with Home.open(tmp_path / "home") as home:
        intake(home, [material(tmp_path / "material", 2)], title="面单", workers=0)
        home.publish()
        rows = collected(home, "L2026-0001")
        blobs = bucket_of(home)
        assert {(row.scope, row.sha256) for row in rows} <= set(blobs.all())
        blobs.trim(0)
        assert not [path for path in (tmp_path / "home" / "blobs").rglob("*") if path.is_file()]
        with open_exhibit(home, rows[0]) as content:
            assert "联系电话".encode() in content.read()
        assert list(check_home(home)) == []
    copy = backup(tmp_path / "home", tmp_path / "copy")
    assert copy.missing == ()
    again = restore(tmp_path / "copy", tmp_path / "again", blobs=server.url("second"))
    assert (again.troubles, again.stop) == ((), None)
    with Home.open(tmp_path / "again") as restored, Home.open(tmp_path / "home") as home:
        assert restored.settings.blobs == server.url("second")
        assert set(bucket_of(restored).all()) == set(bucket_of(home).all())
        # What the bucket does to a blob is told, although the folder still has it as it was.
        alter(home, rows[0].scope, rows[0].sha256)
        bucket_of(home).remove(rows[1].scope, rows[1].sha256)
        obstore.put(bucket_of(home)._store, "L2026-0001/stray", b"x")
        found = {trouble.where: trouble.en for trouble in check_home(home)}
        assert "not what was put there" in found[f"exhibit {rows[0].id}"]
        assert f"exhibit {rows[1].id}" in found
        assert "blobs/L2026-0001/stray" in found
        bucket_of(home).trim(0)
        with pytest.raises(StoreError, match="not what was put there"):
            open_exhibit(home, rows[0])
        with pytest.raises(SourceError):
            open_exhibit(home, rows[1])
        assert list(check_home(restored)) == []
        destroy(
            restored, "L2026-0001", basis="保存期限届满", approved_by="P009", by="P002", delete_blobs=True
        )
        assert list(bucket_of(restored).all()) == []
        assert list(bucket_of(home).all()), "another bucket is not touched"


@pytest.mark.slow
def test_a_large_file_goes_by_parts_and_twice_the_same_is_kept_once(server: Served, tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", create=True, office=OFFICE, blobs_url=server.url("third")) as home:
        (tmp_path / "large").write_bytes(os.urandom(2 * PART + 5))
        sealer = Sealer(home, "L2026-0001", Collector())
        both = [sealer.file(tmp_path / "large", name) for name in ("one", "two")]
        kept = sealer.keep(both)
        assert kept[0].sealed == kept[1].sealed
        blobs = bucket_of(home)
        assert len(list(blobs.all())) == 1
        blobs.trim(0)
        with home.database.write() as connection:
            row = sealer.record(connection, kept)[0]
        with open_exhibit(home, row) as content:
            content.seek(2 * PART)
            assert content.read() == (tmp_path / "large").read_bytes()[2 * PART :]
        later = sealer.keep([sealer.file(tmp_path / "large", "three")])
        assert later[0].sealed.sealed_sha256 == kept[0].sealed.sealed_sha256
        assert not list((tmp_path / "home" / "blobs").glob("*/*.part"))


def test_what_several_processes_put_at_once_is_one_object_and_who_comes_later_hears_it(
    server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [BucketBlobs(tmp_path / str(number), read_place(server.url("fifth"))) for number in range(4)]
    obstore.put(several[0]._store, "made", b"with the first object the bucket is there")
    # Each of them looked, and found nothing, before the first one put.
    monkeypatch.setattr(BucketBlobs, "has", lambda *_: False)
    for size, name in ((99, "ab" * 32), (PART + 1, "cd" * 32)):
        written = [blobs.temporary("L2026-0001") for blobs in several]
        for path in written:
            path.write_bytes(os.urandom(size))
        contents = [path.read_bytes() for path in written]
        with ThreadPoolExecutor(len(several)) as pool:
            kept = list(
                pool.map(
                    lambda blobs, path, n=name: blobs.keep([(path, "L2026-0001", n)])[0], several, written
                )
            )
        with several[0].anew(), several[0].open("L2026-0001", name) as whole:
            there = contents.index(whole.read())
        assert kept[there]
        assert size > PART or sum(kept) == 1
    for blobs in several:
        assert not list(blobs.root.glob("*/*.part"))


CHILD = """
import os, signal, sys, threading
from pathlib import Path
from qingyuan.store import BucketBlobs, read_place
blobs = BucketBlobs(Path(sys.argv[1]), read_place(sys.argv[2]))
file = blobs.temporary("L2026-0001")
file.write_bytes(Path(sys.argv[3]).read_bytes())
blobs.has("L2026-0001", "0" * 64)  # connected
if sys.argv[4] != "0":
    threading.Timer(float(sys.argv[4]), os.kill, (os.getpid(), signal.SIGKILL)).start()
blobs.keep([(file, "L2026-0001", "ab" * 32)])
os._exit(0)
"""


@pytest.mark.slow
def test_a_kill_in_the_middle_leaves_nothing_half_visible(server: Served, tmp_path: Path) -> None:
    content = os.urandom(3 * PART)
    (tmp_path / "sealed").write_bytes(content)
    blobs = BucketBlobs(tmp_path / "blobs", read_place(server.url("fourth")))
    obstore.put(blobs._store, "made", b"with the first object the bucket is there")
    for seconds in ("0.001", "0.05", "0.2", "0"):
        subprocess.run(
            [
                sys.executable,
                "-c",
                CHILD,
                tmp_path / "blobs",
                server.url("fourth"),
                tmp_path / "sealed",
                seconds,
            ],
            check=False,
            timeout=600,
        )
        names = list(blobs.all())
        assert names in ([], [("L2026-0001", "ab" * 32)])
        if names:
            with blobs.anew(), blobs.open("L2026-0001", "ab" * 32) as whole:
                assert whole.read() == content
    assert list(blobs.all()) == [("L2026-0001", "ab" * 32)]
    blobs.sweep()
    assert not list((tmp_path / "blobs").glob("*/*.part"))


def test_a_store_that_does_not_answer_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    blobs = BucketBlobs(tmp_path, read_place("s3://none/x?endpoint=http://127.0.0.1:9"))
    blobs._store = type(blobs._store)(
        "none",
        endpoint="http://127.0.0.1:9",
        region="us-east-1",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
    written = blobs.temporary("L2026-0001")
    written.write_bytes(b"sealed")
    with pytest.raises(StoreError) as caught:
        blobs.keep([(written, "L2026-0001", "0" * 64)])
    assert caught.value.code == "store.bucket"
    assert caught.value.where == "s3://none/x"
    assert written.exists()


@pytest.mark.parametrize(
    "url",
    ["", "s3://", "http://bucket", "s3://key:secret@bucket/x", "s3://bucket?key=x", "s3://bucket?endpoint=ftp://x",
     "s3://bucket?endpoint=http://a:b@host", "s3://[", "s3://bucket:9/x"],
)  # fmt: skip
def test_addresses_that_name_no_bucket_or_hold_keys_are_refused(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        read_place(url)
    assert caught.value.code == "store.bad-bucket"
