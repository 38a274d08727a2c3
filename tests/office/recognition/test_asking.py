"""Having a log witnessed: quorum by name, cosignatures kept, faults of witnesses, and old backups that stop the log."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from qingyuan.ledger import (
    Cosigner,
    TileCache,
    TileFolder,
    WitnessedLog,
    parse_checkpoint,
    parse_note,
    parse_policy,
    tree_root,
)
from qingyuan.office.clock import FixedClock
from qingyuan.office.errors import OfficeError
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.recognition.asking import (
    cosign,
    cosigned_note,
    publish_checkpoints,
    read_stop,
)
from qingyuan.office.recognition.peers import Peer
from qingyuan.office.recognition.tile_server import TileSite
from qingyuan.office.recognition.watching import watch
from qingyuan.store import SqlLogStorage
from tests.ledger.test_cosignatures import pq
from tests.office.recognition.recognising import (
    Liar,
    cosigner,
    grow,
    office,
    refused,
    running,
    seat,
    seeded,
    served,
    witness,
    write_policy,
)
from tests.office.recognition.witnesses import START

RULE = ["group neutral 2 w2 w3", "group q all w1 neutral", "quorum q"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_a_quorum_met_exactly_is_named_and_one_short_is_not_met(tmp_path: Path) -> None:
    with office(tmp_path / "home") as home:
        logs = served(home)
        with (
            witness(tmp_path / "1", logs, cosigner(1)) as one,
            witness(tmp_path / "2", logs, cosigner(2)) as two,
            witness(tmp_path / "3", logs, cosigner(3)) as three,
        ):
            seats = [seat(1, one), seat(2, two), seat(3, three), seat(4, f"http://127.0.0.1:{free_port()}")]
            write_policy(home.path, seats, ["group neutral 2 w2 w3 w4", "group q all w1 neutral", "quorum q"])
            asked = cosign(home, seconds=5)
            assert [each.origin for each in asked] == [home.log.origin, f"{home.log.origin}/sm3"]
            for each in asked:
                assert (each.verdict.quorum, each.verdict.met) == ("q", True)
                assert each.verdict.groups == (("neutral", True), ("q", True))
                assert [name for name, _ in each.failures] == ["w4"]
                assert each.off_clock == {}
            write_policy(home.path, [*seats[:2], seats[3]], ["group q all w1 w2 w4", "quorum q"])
            again = cosign(home, seconds=5)
            assert [each.verdict.met for each in again] == [False, False]
            assert again[0].verdict.missing == ("w4",)


def test_cosignatures_are_kept_published_and_joined_to_their_head(tmp_path: Path) -> None:
    with office(tmp_path / "home") as home:
        with witness(tmp_path / "1", served(home), [cosigner(1), pq("witness.example/w1")]) as url:
            lines = [f"witness a {cosigner(1).key.encode()} {url}", f"witness b {pq().key.encode()} {url}"]
            policy = parse_policy("\n".join([*lines, "group q all a b", "quorum q", ""]).encode())
            first = cosign(home, policy)[0]
            assert first.verdict.met
            published = (home.path / "log" / "checkpoint").read_bytes()
            assert published == first.note
            assert len(parse_note(published).signatures) == 3
            grow(home, 3)
            home.publish()
            second = cosign(home, policy)[0]
            assert (second.size, second.verdict.met) == (first.size + 3, True)
        with home.database.read() as connection:
            head = SqlLogStorage(connection, home.log.origin).read_head()
            assert head is not None
            assert cosigned_note(connection, home.log.origin, head) == second.note
        grow(home)
        head = home.head()
        assert head is not None
        with home.database.read() as connection:
            assert cosigned_note(connection, home.log.origin, head) == head.note
        home.publish()
        publish_checkpoints(home, policy)  # what is shown is the newest that meets the quorum
        assert parse_note(published_now(home)).text == parse_note(second.note).text
        assert policy.evaluate(published_now(home), [home.log.key]).met
        assert list(check_home(home)) == []
        publish_checkpoints(home, parse_policy(b"quorum none\n"))
        assert published_now(home) == second.note  # and never one beyond the tiles
        home.publish()
        assert published_now(home) == head.note


def test_a_checkpoint_that_is_shown_later_has_its_tiles(tmp_path: Path) -> None:
    with office(tmp_path / "home") as home, witness(tmp_path / "1", served(home), cosigner(1)) as url:
        write_policy(home.path, [seat(1, url)], ["quorum w1"])
        grow(home, 300)
        shown = cosign(home)[0]
        for folder in ("log", "log-sm3"):  # as if the log had grown while the witness was asked
            for partial in (home.path / folder / "tile").rglob(f"{shown.size % 256}"):
                partial.unlink()
        grow(home, 20)
        home.publish()
        publish_checkpoints(home)
        assert published_now(home) == shown.note
        assert home.twin is not None
        for key, name in ((home.log.key, "log"), (home.twin.key, "log-sm3")):
            peer = Peer("x", str(home.path / name), key.encode())
            with running(TileSite.of_home(home.path)) as place:
                far = msgspec.structs.replace(peer, url=f"{place}/{name}")
                for each in (peer, far):
                    seen, _ = watch(each, None, None)
                    assert (seen.remarks, seen.checkpoint.size) == ((), shown.size)


def test_asking_twice_changes_nothing_but_the_time(tmp_path: Path) -> None:
    clock = FixedClock(START)
    with (
        office(tmp_path / "home", clock=clock) as home,
        witness(tmp_path / "1", served(home), cosigner(1), clock) as url,
    ):
        write_policy(home.path, [seat(1, url)], ["quorum w1"])
        one = cosign(home)[0]
        clock.set(START.replace(minute=5))
        two = cosign(home)[0]
        assert (one.size, one.verdict.met) == (two.size, two.verdict.met)
        assert len(parse_note(two.note).signatures) == 2
        assert two.verdict.cosigned[0].time == int(START.timestamp()) + 300


def test_a_witness_whose_clock_is_far_off_is_reported(tmp_path: Path) -> None:
    late = FixedClock(START.replace(hour=17))
    with office(tmp_path / "home") as home, witness(tmp_path / "1", served(home), cosigner(1), late) as url:
        write_policy(home.path, [seat(1, url)], ["quorum w1"])
        asked = cosign(home)[0]
        assert asked.verdict.met
        assert asked.off_clock == {"w1": 3600}


def line(key: Cosigner, text: str) -> bytes:
    data = parse_note(text.encode() + f"\n— {key.name} AAAAAAAA\n".encode()).signatures[0]
    signed = type(data)(key.name, key.key_id, key.cosign(text, int(START.timestamp())))
    return signed.line().encode()


def test_lies_of_witnesses_count_for_nothing_and_stop_nothing(tmp_path: Path) -> None:
    with office(tmp_path / "home") as home:
        head = home.head()
        assert head is not None
        text = parse_note(head.note).text
        other_root = text.replace(text.split("\n")[2], "A" * 43 + "=")
        changed = Cosigner.generate(cosigner(2).name, seeded(999))
        with (
            Liar(
                200, "text/plain", line(cosigner(1), other_root)
            ) as one,  # a valid signature over another root
            Liar(200, "text/plain", line(changed, text)) as two,  # by another key of the same name
            Liar(200, "text/plain", line(cosigner(4), text)) as three,  # by another witness
            Liar(503, "text/plain", b"tired\n") as four,
            Liar(200, "text/plain", b"") as five,
        ):
            urls = [one.url, two.url, three.url, four.url, five.url]
            write_policy(home.path, [seat(n, url) for n, url in enumerate(urls, 1)], ["quorum w1"])
            asked = cosign(home)[0]
        assert not asked.verdict.met
        assert asked.verdict.cosigned == ()
        assert [error.code for _, error in asked.failures] == [
            "ledger.witness-signature",
            "ledger.witness-signature",
            "ledger.witness-signature",
            "ledger.witness-refused",
            "ledger.witness-reply",
        ]
        assert read_stop(home.path) is None
        assert refused(home) == ""


def published_now(home: Home) -> bytes:
    return (home.path / "log" / "checkpoint").read_bytes()


def test_a_witness_that_was_told_the_wrong_hash_is_at_fault_and_stops_nothing(tmp_path: Path) -> None:
    with office(tmp_path / "home") as home:
        assert home.twin is not None
        wrong = [WitnessedLog((home.log.key,)), WitnessedLog((home.twin.key,))]  # SHA-256 for the SM3 log
        with witness(tmp_path / "1", wrong, cosigner(1)) as url:
            write_policy(home.path, [seat(1, url)], ["quorum w1"])
            cosign(home)
            grow(home, 2)
            asked = cosign(home)
        assert [each.verdict.met for each in asked] == [True, False]
        assert [error.code for _, error in asked[1].failures] == ["ledger.witness-faulty"]
        assert read_stop(home.path) is None


def test_a_witness_that_drips_or_keeps_silent_costs_its_time_and_nothing_else(tmp_path: Path) -> None:
    ended = threading.Event()
    with (
        office(tmp_path / "home") as home,
        witness(tmp_path / "1", served(home), cosigner(1)) as good,
        socket.create_server(("127.0.0.1", 0)) as dripping,
        socket.create_server(("127.0.0.1", 0)) as silent,
    ):

        def drip() -> None:
            dripping.settimeout(0.1)
            while not ended.is_set():
                try:
                    connection, _ = dripping.accept()
                except TimeoutError:
                    continue
                with connection, contextlib.suppress(OSError):
                    while not ended.wait(0.05):
                        connection.sendall(b"H")

        thread = threading.Thread(target=drip)
        thread.start()
        slow = [f"http://127.0.0.1:{each.getsockname()[1]}" for each in (dripping, silent)]
        write_policy(home.path, [seat(1, good), seat(2, slow[0]), seat(3, slow[1])], ["quorum w1"])
        begun = time.monotonic()
        asked = cosign(home, seconds=0.8)
        took = time.monotonic() - begun
        ended.set()
        thread.join()
    assert [each.verdict.met for each in asked] == [True, True]
    assert [error.code for _, error in asked[0].failures] == ["office.witness-unreachable"] * 2
    assert 0.7 < took < 20  # all of both logs are asked at once


def test_two_writers_who_ask_at_once_never_stop_the_log(tmp_path: Path) -> None:
    with office(tmp_path / "home") as home, witness(tmp_path / "1", served(home), cosigner(1)) as url:
        write_policy(home.path, [seat(1, url)], ["quorum w1"])
        barrier = threading.Barrier(4)

        def write(number: int) -> list[str]:
            barrier.wait()
            codes = []
            with office(home.path) as mine:
                for _ in range(4):
                    grow(mine)
                    # Time enough for a busy machine: here only order is looked at.
                    asked = cosign(mine, seconds=120)
                    codes += [error.code for each in asked for _, error in each.failures]
            return codes

        with ThreadPoolExecutor(4) as pool:
            codes = {code for found in pool.map(write, range(4)) for code in found}
        assert codes <= {"ledger.witness-overtaken", "ledger.witness-reply"}
        assert read_stop(home.path) is None
        assert cosign(home, seconds=120)[0].verdict.met


def test_with_a_policy_no_head_is_ever_shown_without_its_cosignatures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office(tmp_path / "home") as home, witness(tmp_path / "1", served(home), cosigner(1)) as url:
        write_policy(home.path, [seat(1, url)], ["quorum w1"])
        cosign(home)
        shown = (home.path / "log" / "checkpoint").read_bytes()
        written: dict[str, bytes] = {}
        write = TileFolder._write

        def record(self: TileFolder, name: str, data: bytes) -> bool:
            if self.folder.name == "log":
                written[name] = data
            return write(self, name, data)

        monkeypatch.setattr(TileFolder, "_write", record)
        grow(home, 300)
        home.publish()
        assert "tile/entries/000" in written
        assert written["checkpoint"] == shown
        assert (home.path / "log" / "checkpoint").read_bytes() == shown
        head = parse_checkpoint(parse_note(shown).text)
        assert tree_root(TileCache(TileFolder(home.path / "log")), head.size) == head.root
        cosign(home)
        assert (home.path / "log" / "checkpoint").read_bytes() != shown


def test_a_home_without_a_policy_says_what_is_missing(tmp_path: Path) -> None:
    with office(tmp_path / "home") as home, pytest.raises(OfficeError) as caught:
        cosign(home)
    assert caught.value.code == "office.no-policy"
