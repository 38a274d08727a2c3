"""Logging each other's checkpoints, and catching a log that shows two faces."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingyuan.errors import QingyuanError
from qingyuan.ledger import open_checkpoint, parse_fork, parse_policy, verify_fork
from qingyuan.office.clock import FixedClock
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.recognition.anchoring import Anchored, anchor
from qingyuan.office.recognition.asking import cosign
from qingyuan.office.recognition.peers import Peer, peer_policy, read_peers
from qingyuan.office.recognition.tile_server import TileSite
from qingyuan.store import StoredEvent, events
from tests.ledger.support import signer
from tests.office.recognition.recognising import (
    cosigner,
    grow,
    office,
    running,
    seat,
    served,
    witness,
    write_policy,
)
from tests.office.recognition.witnesses import START


def anchors(home: Home, kind: str = "recognition.anchored") -> list[StoredEvent]:
    with home.database.read() as connection:
        return [event for event in events(connection, ["office"]) if event.type == kind]


def peer_of(home: Home, url: str, *, twin: bool = False) -> Peer:
    log = home.twin if twin else home.log
    assert log is not None
    return Peer("法院", f"{url}/log-sm3" if twin else f"{url}/log", log.key.encode())


def publish(home: Home, count: int) -> None:
    grow(home, count)
    home.publish()


@contextlib.contextmanager
def own_policy_away(home: Home) -> Iterator[None]:
    path = home.path / "policy.txt"
    away = path.rename(home.path / "policy.away")
    yield
    away.rename(path)


def test_a_verified_checkpoint_is_logged_whole_and_only_when_it_is_new(tmp_path: Path) -> None:
    with (
        office(tmp_path / "a", "jcy") as mine,
        office(tmp_path / "b", "court") as theirs,
        running(TileSite.of_home(theirs.path)) as url,
        witness(tmp_path / "w", served(theirs), cosigner(1)) as place,
    ):
        write_policy(theirs.path, [seat(1, place)], ["quorum w1"])
        policy = parse_policy(f"witness 公证处 {cosigner(1).key.encode()}\nquorum 公证处\n".encode())
        peer = peer_of(theirs, url)
        asked = cosign(theirs)[0]
        done = anchor(mine, peer, policy, actor="P001")
        assert (done.checkpoint.size, done.since) == (asked.size, 0)
        (event,) = anchors(mine)
        assert event.index == done.index
        assert event.payload["note"] == asked.note.decode()
        assert (event.payload["quorum"], event.payload["witnesses"]) == ("公证处", ["公证处"])
        assert anchor(mine, peer, policy, actor="P001").index is None
        with own_policy_away(theirs):  # else the head would not be shown before it is cosigned
            publish(theirs, 300)
        with pytest.raises(QingyuanError) as caught:  # not yet cosigned
            anchor(mine, peer, policy, actor="P001")
        assert caught.value.code == "office.peer-refused"
        assert "公证处" in caught.value.zh
        cosign(theirs)
        again = anchor(mine, peer, policy, actor="P001")
        assert (again.since, again.checkpoint.size) == (asked.size, asked.size + 300)
        assert len(anchors(mine)) == 2
        assert list(check_home(mine)) == []


def test_both_logs_of_an_office_are_anchored_each_under_its_own_origin(tmp_path: Path) -> None:
    with (
        office(tmp_path / "a", "jcy") as mine,
        office(tmp_path / "b", "court") as theirs,
        running(TileSite.of_home(theirs.path)) as url,
    ):
        publish(theirs, 260)
        for twin in (False, True):
            anchor(mine, peer_of(theirs, url, twin=twin), actor="D001")
        publish(theirs, 30)
        for twin in (False, True):
            assert anchor(mine, peer_of(theirs, url, twin=twin), actor="D001").since == 261
        found = [(event.payload["origin"], event.payload["suite"]) for event in anchors(mine)]
        assert (
            found
            == [
                (theirs.log.origin, "sha256"),
                (f"{theirs.log.origin}/sm3", "sm3"),
            ]
            * 2
        )


def forked(home: Path, to: Path, name: str, count: int) -> None:
    """Continue a copy of a home otherwise, and publish it over the original."""
    shutil.copytree(home, to)
    with office(to, name, FixedClock(START.replace(hour=20))) as other:
        publish(other, count)
    for folder in ("log", "log-sm3"):
        shutil.rmtree(home / folder)
        shutil.copytree(to / folder, home / folder)


@pytest.mark.parametrize(("ours", "theirs", "kind"), [(4, 4, "equal-size"), (4, 300, "prefix")])
def test_a_log_that_forked_is_not_anchored_and_the_proof_is_kept_and_logged(
    tmp_path: Path, ours: int, theirs: int, kind: str
) -> None:
    path = tmp_path / "b"
    with office(tmp_path / "a", "jcy") as mine, running(TileSite.of_home(path)) as url:
        office(path, "court").__enter__().close()
        shutil.copytree(path, tmp_path / "copy")
        with office(path, "court") as court:
            publish(court, ours)
            peer = peer_of(court, url)
        anchor(mine, peer, actor="D001")
        shutil.rmtree(path)
        shutil.move(tmp_path / "copy", path)
        forked(path, tmp_path / "other", "court", theirs)
        for _ in range(2):
            with pytest.raises(QingyuanError) as caught:
                anchor(mine, peer, actor="D001")
            assert caught.value.code == "office.peer-forked"
        (file,) = (mine.path / "forks").iterdir()
        proof = parse_fork(file.read_bytes())
        verdict = verify_fork(proof, [peer.key])
        assert (verdict.proven, verdict.kind) == (True, kind)
        (event,) = anchors(mine, "recognition.fork_found")
        assert event.payload["sha256"] == file.stem
        assert str(event.payload["proof"]).encode() == file.read_bytes()
        assert len(anchors(mine)) == 1


def test_a_log_that_shrank_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b"
    with office(tmp_path / "a", "jcy") as mine, running(TileSite.of_home(path)) as url:
        office(path, "court").__enter__().close()
        shutil.copytree(path / "log", tmp_path / "old")
        with office(path, "court") as court:
            publish(court, 5)
            peer = peer_of(court, url)
        anchor(mine, peer, actor="D001")
        shutil.rmtree(path / "log")
        shutil.copytree(tmp_path / "old", path / "log")
        with pytest.raises(QingyuanError) as caught:
            anchor(mine, peer, actor="D001")
        assert caught.value.code == "office.peer-refused"
        assert "6" in caught.value.en


def test_nothing_is_logged_of_a_stranger_or_of_tiles_that_do_not_fit(tmp_path: Path) -> None:
    with (
        office(tmp_path / "a", "jcy") as mine,
        office(tmp_path / "b", "court") as theirs,
        running(TileSite.of_home(theirs.path)) as url,
    ):
        good = peer_of(theirs, url)
        codes = []
        for peer in (
            Peer("x", good.url, signer(theirs.log.origin).key.encode()),
            Peer("x", good.url, signer("other.example").key.encode()),
            Peer("x", f"{url}/nowhere", good.vkey),
            Peer("x", "http://127.0.0.1:1/log", good.vkey),
            Peer("x", "ftp://x/", good.vkey),
        ):
            with pytest.raises(QingyuanError) as caught:
                anchor(mine, peer, actor="D001", seconds=3)
            codes.append(caught.value.code)
        assert codes == [
            "ledger.unsigned",
            "ledger.unsigned",
            "office.log-empty",
            "office.log-unreachable",
            "office.log-url",
        ]
        publish(theirs, 3)
        tile = theirs.path / "log" / "tile" / "0" / "000.p" / "4"
        tile.write_bytes(tile.read_bytes()[:-32] + bytes(32))
        with pytest.raises(QingyuanError) as caught:
            anchor(mine, good, actor="D001")
        assert caught.value.code == "office.peer-refused"
        assert anchors(mine) == []


def test_two_offices_that_anchor_each_other_order_their_entries(tmp_path: Path) -> None:
    with (
        office(tmp_path / "a", "jcy") as one,
        office(tmp_path / "b", "court") as two,
        running(TileSite.of_home(one.path)) as first,
        running(TileSite.of_home(two.path)) as second,
    ):
        done: list[tuple[Anchored, int]] = []
        for _ in range(3):
            for mine, theirs, url in ((one, two, second), (two, one, first)):
                publish(mine, 2)
                found = anchor(mine, peer_of(theirs, url), actor="D001")
                mine.publish()
                head = mine.head()
                assert head is not None
                done.append((found, head.size))
        for (before, size), (after, _) in itertools.pairwise(done):
            assert after.checkpoint.size == size  # each head holds the other's last, and is held by its next
            assert before.index is not None
            assert before.index < after.checkpoint.size
        for event in anchors(one):
            key = two.log.key
            assert open_checkpoint(str(event.payload["note"]).encode(), [key]).checkpoint.origin == key.name


def test_peers_are_read_from_a_list_and_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "peers.yaml"
    key = signer("court.example/log").key.encode()
    path.write_text(
        f"peers:\n  - {{name: 法院, url: 'https://court.example/log', vkey: {key}, policy: court.txt}}\n",
        encoding="utf-8",
    )
    (tmp_path / "court.txt").write_text("quorum none\n", encoding="utf-8")
    (peer,) = read_peers(path)
    assert (peer.name, peer.key.name, peer.hash_suite.name) == ("法院", "court.example/log", "sha256")
    found = peer_policy(peer, tmp_path)
    assert found is not None
    assert found.quorum == "none"
    for text, code in (
        (f"peers: [{{name: a, url: b, vkey: {key}, suite: md5}}]", "office.bad-peers"),
        (f"peers: [{{name: a, url: b, vkey: {key}}}, {{name: c, url: d, vkey: {key}}}]", "office.bad-peers"),
        ("peers: [{name: a, url: b, vkey: c}]", "ledger.key"),
        ("peers: 5", "office.bad-peers"),
        ("{", "office.bad-peers"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(QingyuanError) as caught:
            read_peers(path)
        assert caught.value.code == code
    path.unlink()
    with pytest.raises(QingyuanError) as caught:
        read_peers(path)
    assert caught.value.code == "office.no-peers"
