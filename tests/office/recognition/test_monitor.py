"""Watching a published log from outside: in order, tampered, forked, and shown differently to its witnesses."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from qingyuan.errors import QingyuanError
from qingyuan.ledger import SM3, Sm2NoteSigner, TileFolder, parse_fork, parse_policy, verify_fork
from qingyuan.office.clock import FixedClock
from qingyuan.office.recognition.peers import Peer
from qingyuan.office.recognition.tile_server import TileSite
from qingyuan.office.recognition.watching import watch
from tests.ledger.support import seeded
from tests.ledger.witnessing import Grown, cosigner
from tests.office.recognition.recognising import running
from tests.office.recognition.witnesses import START, add
from tests.office.recognition.witnesses import running as witness_running

LOG = Grown([3, 300, 700, 66_000])
FORK = Grown([3, 300, 700], fork_at=2)


def published(folder: Path, log: Grown, size: int) -> Path:
    """Publish a log as it was at a size."""
    shutil.rmtree(folder, ignore_errors=True)
    at = Grown([each for each in sorted(log.notes) if 0 < each <= size], log.fork_at, log.suite, log.signer)
    TileFolder(folder, log.suite).publish(at.storage)
    return folder


def peer(url: Path | str, log: Grown = LOG) -> Peer:
    return Peer("法院", str(url), log.key.encode())


def test_a_log_in_order_is_followed_as_it_grows_in_a_folder_or_over_http(tmp_path: Path) -> None:
    state = tmp_path / "state" / "s.json"
    folder = published(tmp_path / "home" / "log", LOG, 3)
    with running(TileSite.of_home(tmp_path / "home")) as url:
        for where in (f"{url}/log", folder):
            seen, files = watch(peer(where), None, state)
            assert (seen.remarks, files, seen.checkpoint.size) == ((), [], 3)
        published(folder, LOG, 300)
        seen, _ = watch(peer(f"{url}/log"), None, state)
        assert (seen.remarks, seen.since, seen.entries) == ((), 3, 297)
        published(folder, LOG, 700)
        seen, _ = watch(peer(f"{url}/log"), None, state, entries=False)
        assert (seen.remarks, seen.since, seen.entries) == ((), 300, 0)


def test_a_log_of_three_tile_levels_is_read_whole(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    TileFolder(folder).publish(LOG.storage)
    seen, _ = watch(peer(folder), None, None)
    assert (seen.remarks, seen.entries) == ((), 66_000)
    path = folder / "tile" / "0" / "100"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    codes = [each.en for each in watch(peer(folder), None, None)[0].remarks]
    assert any("entry 25855" in each for each in codes)
    assert any("tile 0/100" in each for each in codes)


def test_an_sm3_log_is_followed_too(tmp_path: Path) -> None:
    key = Sm2NoteSigner.generate("court.example/sm3", seeded(2))
    log = Grown([3, 300], suite=SM3, key=key)
    folder = published(tmp_path / "log", log, 300)
    assert watch(peer(folder, log), None, tmp_path / "s.json")[0].remarks == ()


def test_a_changed_entry_is_named_by_its_index(tmp_path: Path) -> None:
    folder = published(tmp_path / "log", LOG, 300)
    bundle = folder / "tile" / "entries" / "001.p" / "44"
    bundle.write_bytes(bundle.read_bytes().replace(b"entry 290", b"Entry 290"))
    state = tmp_path / "s.json"
    seen, _ = watch(peer(folder), None, state)
    assert [(each.code, "290" in each.zh) for each in seen.remarks] == [("tiles", True)]
    assert not state.exists()
    assert watch(peer(folder), None, state, entries=False)[0].remarks == ()


@pytest.mark.parametrize(("first", "then", "kind"), [(300, 300, "equal-size"), (300, 700, "prefix")])
def test_a_fork_is_proven_and_what_was_seen_first_is_kept(
    tmp_path: Path, first: int, then: int, kind: str
) -> None:
    state = tmp_path / "s.json"
    folder = published(tmp_path / "log", LOG, first)
    watch(peer(folder), None, state)
    before = state.read_bytes()
    published(folder, FORK, then)
    for _ in range(2):
        seen, files = watch(peer(folder), None, state)
        assert [each.code for each in seen.remarks] == ["forked"]
        assert state.read_bytes() == before
        (file,) = files
        verdict = verify_fork(parse_fork(file.read_bytes()), [LOG.key])
        assert (verdict.proven, verdict.kind) == (True, kind)
    assert list((tmp_path / "forks").iterdir()) == [file]


def test_a_log_that_shows_less_than_before_is_reported(tmp_path: Path) -> None:
    state = tmp_path / "s.json"
    watch(peer(published(tmp_path / "log", LOG, 300)), None, state)
    seen, _ = watch(peer(published(tmp_path / "log", LOG, 3)), None, state)
    assert [each.code for each in seen.remarks] == ["shrunk"]
    assert b"\\n300\\n" in state.read_bytes()


def test_a_split_view_is_caught_by_what_the_witness_was_shown(tmp_path: Path) -> None:
    with witness_running(tmp_path / "w.db", cosigner(), clock=FixedClock(START)) as server:
        policy = parse_policy(
            f"witness w1 {cosigner().key.encode()} http://127.0.0.1:{server.port}\nquorum none\n".encode()
        )
        folder = published(tmp_path / "log", LOG, 300)
        assert watch(peer(folder), policy, None)[0].remarks == ()  # it saw nothing yet
        assert add(server.port, 0, 3, LOG) == 200
        assert watch(peer(folder), policy, None)[0].remarks == ()
        assert add(server.port, 3, 300, LOG) == 200
        published(folder, FORK, 700)  # to us, another face
        seen, files = watch(peer(folder), policy, None)
        assert [each.code for each in seen.remarks] == ["forked"]
        assert files == []
        assert seen.remarks[0].fork is not None
        assert verify_fork(seen.remarks[0].fork, [LOG.key]).proven
        published(folder, LOG, 3)
        assert [each.code for each in watch(peer(folder), policy, None)[0].remarks] == ["ahead"]
    seen, _ = watch(peer(folder), policy, None)
    assert [each.code for each in seen.remarks] == ["witness"]


def test_a_quorum_that_is_not_met_is_said(tmp_path: Path) -> None:
    policy = parse_policy(f"witness w1 {cosigner().key.encode()}\nquorum w1\n".encode())
    seen, _ = watch(peer(published(tmp_path / "log", LOG, 3)), policy, tmp_path / "s.json")
    assert [each.code for each in seen.remarks] == ["quorum"]
    assert (tmp_path / "s.json").exists()


def test_a_state_file_of_another_log_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "s.json"
    watch(peer(published(tmp_path / "log", LOG, 3)), None, state)
    other = Grown([3], key=Sm2NoteSigner.generate("court.example/sm3", seeded(2)), suite=SM3)
    for content in (state.read_bytes(), b"{", b"\xff"):
        state.write_bytes(content)
        with pytest.raises(QingyuanError) as caught:
            watch(peer(published(tmp_path / "other", other, 3), other), None, state)
        assert caught.value.code == "office.bad-watch"
