"""A log that a witness knows more of stops, says so, and goes on only when the newest state is back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from qingyuan.errors import QingyuanError
from qingyuan.evidence.verify import verify
from qingyuan.ledger import parse_fork, verify_fork
from qingyuan.office.clock import FixedClock
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.recognition.asking import cosign, read_stop, refuse_if_stopped
from qingyuan.office.recognition.resuming import advice, resume
from qingyuan.store import events
from tests.office.recognition.recognising import (
    Liar,
    cosigner,
    grow,
    office,
    refused,
    seat,
    served,
    witness,
    write_policy,
)
from tests.office.recognition.witnesses import START


def backup_of(home: Path, to: Path) -> Path:
    return Path(shutil.copytree(home, to))


def test_a_restored_backup_stops_the_log_until_the_newest_state_is_back(tmp_path: Path) -> None:
    path = tmp_path / "home"
    with office(path) as home, witness(tmp_path / "1", served(home), cosigner(1)) as url:
        write_policy(path, [seat(1, url)], ["quorum w1"])
        cosign(home)
        home.close()
        old = backup_of(path, tmp_path / "old")
        with office(path) as again:
            grow(again, 3)
            cosign(again)
        newest = backup_of(path, tmp_path / "newest")
        shutil.rmtree(path)
        shutil.copytree(old, path)  # the mistake
        with office(path) as restored:
            with pytest.raises(OfficeError) as caught:
                cosign(restored)
            assert caught.value.code == "office.stopped"
            assert "旧备份" in caught.value.zh
            assert "old backup" in caught.value.en
            assert refused(restored) == "office.stopped"
            stop = read_stop(path)
            assert stop is not None
            assert (stop.reason, stop.proven, stop.claimed) == ("rolled-back", True, 4)
            assert len(advice(stop)) == 4
            with pytest.raises(OfficeError) as caught:  # nothing is healed by asking
                cosign(restored)
            assert caught.value.code == "office.stopped"
            with pytest.raises(OfficeError, match="still does not contain"):
                resume(restored, actor="D001")
        for name in ("qingyuan.db", "qingyuan.db-wal", "qingyuan.db-shm"):
            (path / name).unlink(missing_ok=True)
            if (newest / name).exists():
                shutil.copy(newest / name, path / name)
        with office(path) as restored:
            assert refused(restored) == "office.stopped"
            assert resume(restored, actor="P001") == stop
            assert read_stop(path) is None
            assert resume(restored, actor="P001") is None
            with restored.database.read() as connection:
                (event,) = [e for e in events(connection, ["office"]) if e.type == "recognition.resumed"]
            assert (event.actor, event.payload["claimed"]) == ("P001", 4)
            assert cosign(restored)[0].verdict.met


def test_a_restored_database_under_newer_published_tiles_stops_the_log_without_any_witness(
    tmp_path: Path,
) -> None:
    path = tmp_path / "home"
    with office(path) as home:
        write_policy(path, [], ["quorum none"])
        home.close()
        old = backup_of(path, tmp_path / "old")
        with office(path) as again:
            grow(again, 3)
            again.publish()
        for name in ("qingyuan.db", "qingyuan.db-wal", "qingyuan.db-shm"):
            (path / name).unlink(missing_ok=True)
        shutil.copy(old / "qingyuan.db", path / "qingyuan.db")
        with Home.open(path, clock=FixedClock(START)) as restored:
            with pytest.raises(OfficeError) as caught:
                cosign(restored)
            assert caught.value.code == "office.stopped"
            assert "log/checkpoint" in caught.value.zh
            stop = read_stop(path)
            assert stop is not None
            assert (stop.proven, stop.claimed) == (True, 4)
            assert refused(restored) == "office.stopped"


def test_a_backup_that_was_continued_is_a_fork_of_its_own_log(tmp_path: Path) -> None:
    path = tmp_path / "home"
    with office(path) as home, witness(tmp_path / "1", served(home), cosigner(1)) as url:
        write_policy(path, [seat(1, url)], ["quorum w1"])
        home.close()
        old = backup_of(path, tmp_path / "old")
        with office(path) as again:
            grow(again, 2)
            cosign(again)
            key = again.log.key
        with office(old, clock=FixedClock(START.replace(hour=18))) as restored:
            grow(restored, 5)
            with pytest.raises(OfficeError):
                cosign(restored)
            stop = read_stop(old)
            assert stop is not None
            assert (stop.reason, stop.proven) == ("diverged", True)
            assert stop.fork is not None
            verdict = verify_fork(parse_fork(stop.fork.encode()), [key])
            assert (verdict.proven, verdict.kind) == (True, "prefix")
            report = verify(old / "stopped-fork.json", old / "trust.json")
            assert (report.verdict, "fork" in {reason.code for reason in report.reasons}) == ("fail", True)
            with pytest.raises(OfficeError):
                resume(restored, actor="D001")


def test_a_claim_without_proof_stops_the_log_and_falls_with_the_trust_in_the_witness(tmp_path: Path) -> None:
    with office(tmp_path / "home") as home, Liar(409, "text/x.tlog.size", b"900\n") as liar:
        write_policy(home.path, [seat(1, liar.url)], ["quorum w1"])
        with pytest.raises(OfficeError):
            cosign(home)
        stop = read_stop(home.path)
        assert stop is not None
        assert (stop.proven, stop.claimed, len(advice(stop))) == (False, 900, 5)
        with pytest.raises(QingyuanError) as caught:  # it still says so
            resume(home, actor="D001")
        assert caught.value.code == "ledger.rolled-back"
        assert refused(home) == "office.stopped"
        write_policy(home.path, [], ["quorum none"])
        assert resume(home, actor="D001") == stop
        assert refused(home) == ""


def test_a_damaged_marker_still_stops_the_log(tmp_path: Path) -> None:
    with office(tmp_path / "home") as home:
        refuse_if_stopped(home.path)
        (home.path / "stopped.json").write_bytes(b"{}")
        for _ in range(2):
            assert refused(home) == "office.stopped"


def test_a_run_killed_while_it_lifted_a_stop_is_finished_by_the_next(tmp_path: Path) -> None:
    with office(tmp_path / "home") as home, Liar(409, "text/x.tlog.size", b"900\n") as liar:
        write_policy(home.path, [seat(1, liar.url)], ["quorum w1"])
        with pytest.raises(OfficeError):
            cosign(home)
        (home.path / "stopped.json").rename(home.path / "stop-lifted.json")
        assert resume(home, actor="D001") is not None
        assert not (home.path / "stop-lifted.json").exists()
        with home.database.read() as connection:
            assert [e.type for e in events(connection, ["office"])].count("recognition.resumed") == 1
