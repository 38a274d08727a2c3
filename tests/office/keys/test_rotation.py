"""Replacing and revoking keys: what the log says, what outsiders are told, and what a kill leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qingyuan.errors import QingyuanError
from qingyuan.evidence import PublicKey, Role
from qingyuan.ledger import open_checkpoint
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.keys import rotation
from qingyuan.office.keys.listing import KeyRow, list_keys
from qingyuan.office.keys.rotation import revoke, rotate
from qingyuan.store import EventDraft, SqlLogStorage, StoredEvent, events

ROLES: list[tuple[Role, str]] = [("package", ""), ("officer", "P001"), ("device", "D001"), ("log", "")]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.open(tmp_path / "home", create=True)
    home.officer("P001")
    return home


def note(home: Home) -> StoredEvent:
    return home.append([EventDraft("office", "office.note", {})], actor="P001")[0]


def rows(home: Home, role: str) -> dict[str, KeyRow]:
    return {row.id: row for row in list_keys(home).keys if row.role == role}


def trusted(home: Home, role: str) -> dict[str, tuple[int, int | None]]:
    keys = json.loads(home.trust_path.read_bytes())["keys"]
    return {key["id"]: (key["valid_from"], key["revoked_at"]) for key in keys if key["role"] == role}


def log_key(home: Home) -> PublicKey:
    return home.current_key("log", name=home.settings.origin)


def code(call: object) -> str:
    assert callable(call)
    with pytest.raises(QingyuanError) as caught:
        call()
    assert caught.value.zh
    return caught.value.code


def check_whole(home: Home) -> None:
    """Assert that the home is in order, as :meth:`Home.open` leaves it."""
    assert list(check_home(home)) == []
    found = list_keys(home)
    assert found.problems == ()
    assert home.trust() == json.loads(home.trust_path.read_bytes())
    assert all(row.here == (row.state in {"current", "waiting"}) for row in found.keys)
    holders = [(row.role, row.actor, row.algorithm) for row in found.keys if row.state == "current"]
    assert len(holders) == len(set(holders))


@pytest.mark.parametrize(("role", "actor"), ROLES)
def test_the_new_key_counts_from_its_event_and_the_old_one_up_to_it(
    home: Home, role: Role, actor: str
) -> None:
    before = trusted(home, role)
    done = rotate(home, role, actor=actor, by="P009")
    assert len(done) == (2 if role == "log" else 1)
    after = trusted(home, role)
    for each in done:
        assert before[each.old][1] is None
        assert after[each.old] == (before[each.old][0], each.valid_from)
        assert after[each.new] == (each.valid_from, None)
        assert rows(home, role)[each.old].state == "replaced"
        assert not home.keyring.can_sign(each.old)
    check_whole(home)


def test_an_officer_signs_with_the_new_key_and_a_package_too(home: Home) -> None:
    officer, package = home.officer("P001").public, home.package_signer().key
    new = rotate(home, "officer", actor="P001", by="P001")[0].new
    assert home.officer("P001").public.id == new != officer.id
    rotate(home, "package", by="P001")
    assert home.package_signer().key != package
    assert home.package_signer().name == package.name


def test_the_head_that_takes_in_the_rotation_is_signed_by_the_new_key_of_each_log(home: Home) -> None:
    assert home.twin is not None
    old = {home.log.origin: home.log.key, home.twin.origin: home.twin.key}
    done = rotate(home, "log", by="P001")
    with home.database.read() as connection:
        for log, each in zip((home.log, home.twin), done, strict=True):
            head = SqlLogStorage(connection, log.origin).read_head()
            assert head is not None
            checkpoint = open_checkpoint(head.note, [log.key]).checkpoint
            assert log.key != old[log.origin]
            assert log.key.name == log.origin
            # Judged at its size − 1, this head counts by the new key; the one before it by the old key.
            valid_from, _ = trusted(home, "log")[each.new]
            assert done[0].valid_from - 1 < valid_from <= checkpoint.size - 1
    note(home)
    home.publish()
    check_whole(home)


def test_another_process_goes_on_after_a_rotation_with_the_new_key(home: Home) -> None:
    with Home.open(home.path) as other:
        officer = other.officer("P001").public
        rotate(home, "log", by="P001")
        rotate(home, "officer", actor="P001", by="P001")
        note(other)
        assert other.log.key == home.log.key
        assert other.officer("P001").public != officer
    check_whole(home)


def test_a_process_that_looked_just_before_the_rotation_finds_the_new_key_in_the_head(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Home.open(home.path)
    find = rotation._successor

    def interleaved(*args: object, **options: object) -> PublicKey:
        found = find(*args, **options)  # type: ignore[arg-type]
        note(other)  # it has seen the keyring with the waiting key, and signs with the old one
        return found

    monkeypatch.setattr(rotation, "_successor", interleaved)
    monkeypatch.setattr(Home, "finish", lambda _: None)  # as if killed: the keyring does not change again
    old = other.log.key
    rotate(home, "log", by="P001")
    assert other.log.key == old
    note(other)
    assert other.log.key != old
    monkeypatch.undo()
    other.finish()
    check_whole(other)


def test_of_two_rotations_at_once_one_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    find = rotation._successor

    def interleaved(*args: object, **options: object) -> PublicKey:
        monkeypatch.setattr(rotation, "_successor", find)
        found = find(*args, **options)  # type: ignore[arg-type]
        with Home.open(home.path) as other:
            rotate(other, "device", actor="D001", by="P002")
        return found

    monkeypatch.setattr(rotation, "_successor", interleaved)
    assert code(lambda: rotate(home, "device", actor="D001", by="P001")) == "office.key-changed"
    assert sorted(row.state for row in rows(home, "device").values()) == ["current", "replaced"]
    check_whole(home)


def test_an_exhibit_signed_by_a_key_that_was_replaced_meanwhile_is_not_recorded(home: Home) -> None:
    old = home.officer("P001").public.id
    rotate(home, "officer", actor="P001", by="P001")
    draft = EventDraft("L2026-0001", "evidence.extracted", {"exhibit": "X1", "key": old})
    assert code(lambda: home.append([draft], actor="P001")) == "office.key-ended"


def test_a_rotation_can_be_asked_for_so_that_it_happens_once(home: Home) -> None:
    first = home.officer("P001").public.id
    new = rotate(home, "officer", actor="P001", by="P001", replaces=first)[0].new
    assert rotate(home, "officer", actor="P001", by="P001", replaces=first) == ()
    assert home.officer("P001").public.id == new
    assert code(lambda: rotate(home, "officer", actor="P001", by="P1", replaces="0" * 16)) == (
        "evidence.unknown-key"
    )
    assert code(lambda: rotate(home, "officer", actor="P404", by="P1")) == "office.key-missing"


def test_the_package_key_is_not_replaced_while_a_package_is_made(home: Home) -> None:
    with home.lock("package"):
        assert code(lambda: rotate(home, "package", by="P001")) == "office.busy"


def test_a_revocation_names_the_size_up_to_which_signatures_count(home: Home) -> None:
    key = home.officer("P001").public.id
    size = note(home).index + 1
    done = revoke(home, key, reason="介质遗失", by="P009")
    assert (done.last_trusted_size, done.index) == (size + 1, size)
    assert trusted(home, "officer")[key] == (1, size + 1)
    assert revoke(home, key, reason="重复", by="P009") == done
    earlier = revoke(home, key, reason="更早", by="P009", last_trusted_size=2)
    assert trusted(home, "officer")[key] == (1, 2)
    assert earlier.index == size + 1
    for beyond in (3, 10_000):
        again = beyond
        assert code(lambda: revoke(home, key, reason="x", by="P9", last_trusted_size=again)) == (  # noqa: B023
            "office.bad-size"
        )
    assert code(lambda: home.officer("P001")) == "office.key-revoked"
    new = rotate(home, "officer", actor="P001", by="P009")[0].new
    assert home.officer("P001").public.id == new
    with home.database.read() as connection:
        last = events(connection, ["office"])[-1]
    assert last.payload["sig_old"] is None
    check_whole(home)


def test_a_revocation_needs_a_reason_and_a_key_that_we_had(home: Home) -> None:
    key = home.officer("P001").public.id
    assert code(lambda: revoke(home, key, reason=" ", by="P009")) == "office.no-reason"
    assert code(lambda: revoke(home, "0" * 16, reason="x", by="P009")) == "evidence.unknown-key"
    assert code(lambda: revoke(home, key, reason="x", by="P9", last_trusted_size=99)) == "office.bad-size"


def test_a_key_that_was_replaced_can_still_be_revoked_to_an_earlier_size(home: Home) -> None:
    old = home.officer("P001").public.id
    rotated = rotate(home, "officer", actor="P001", by="P001")[0]
    revoke(home, old, reason="后来发现", by="P009", last_trusted_size=2)
    assert trusted(home, "officer")[old] == (1, min(2, rotated.valid_from))
    assert home.officer("P001").public.id == rotated.new
    check_whole(home)


@pytest.mark.parametrize("suffix", ["", "/sm3"])
def test_a_log_whose_key_was_revoked_stops_until_it_is_replaced(home: Home, suffix: str) -> None:
    other = Home.open(home.path)
    key = home.current_key("log", name=home.settings.origin + suffix)
    done = revoke(home, key.id, reason="x", by="P009")
    with Home.open(home.path) as opened:
        for each in (home, other, opened):
            assert code(lambda: note(each)) == "office.log-key-revoked"  # noqa: B023
    rotate(home, "log", by="P009")
    for each in (home, other):
        note(each)
    assert trusted(home, "log")[key.id] == (0, done.last_trusted_size)
    check_whole(home)
    other.close()


_KILLED = """
import os, signal, sys
from pathlib import Path
from qingyuan.office import home
from qingyuan.office.keys import rotation
from qingyuan.office.home import Home

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

where, what, actor = sys.argv[2:]
target, name = {
    "key made": (rotation, "_payload"),
    "event logged": (Home, "finish"),
    "trust written": (Home, "_leftovers"),
}[where]
office = Home.open(Path(sys.argv[1]))
setattr(target, name, die)
if what == "revoke":
    rotation.revoke(office, office.current_key("log", name=office.settings.origin).id, reason="x", by="P1")
else:
    rotation.rotate(office, what, actor=actor, by="P1")
"""


@pytest.mark.parametrize("where", ["key made", "event logged", "trust written"])
@pytest.mark.parametrize(("what", "actor"), [("log", ""), ("officer", "P001"), ("package", "")])
def test_a_kill_leaves_the_old_key_or_the_new_one(home: Home, where: str, what: Role, actor: str) -> None:
    before = {row.id for row in list_keys(home).keys if row.role == what and row.state == "current"}
    done = subprocess.run([sys.executable, "-c", _KILLED, home.path, where, what, actor], check=False)
    assert done.returncode == -signal.SIGKILL
    with Home.open(home.path) as opened:
        check_whole(opened)
        now = {row.id for row in list_keys(opened).keys if row.role == what and row.state == "current"}
        assert now == before if where == "key made" else not now & before
        waiting = {row.id for row in list_keys(opened).keys if row.state == "waiting"}
        assert bool(waiting) == (where == "key made")
        assert waiting.isdisjoint(trusted(opened, what))
        rotate(opened, what, actor=actor, by="P001")
        final = {row.id for row in list_keys(opened).keys if row.role == what and row.state == "current"}
        assert waiting <= final  # the key that was made for it is used
        note(opened)
        check_whole(opened)


def test_a_kill_after_the_event_of_a_revocation_leaves_it_revoked(home: Home) -> None:
    key = log_key(home).id
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, home.path, "event logged", "revoke", ""], check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert code(lambda: note(Home.open(home.path))) == "office.log-key-revoked"
    assert not home.keyring.can_sign(key)
    rotate(home, "log", by="P001")
    note(home)
    check_whole(home)
