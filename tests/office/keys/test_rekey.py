"""Changing what opens the keyring: a passphrase, a key file, and a change that was cut off."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from qingyuan.errors import QingyuanError
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.keys.rotation import rekey, rotate
from qingyuan.store import EventDraft
from qingyuan.store.schema import EVENT


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home", create=True)


def code(call: object) -> str:
    assert callable(call)
    with pytest.raises(QingyuanError) as caught:
        call()
    assert caught.value.zh
    return caught.value.code


def test_the_secret_that_opens_the_keyring_can_be_changed_both_ways(
    home: Home, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = own_folders / "data" / "qingyuan" / "keys"
    first = next(keys.iterdir()).read_bytes()
    rekey(home, None)
    assert [path.name for path in keys.iterdir()] == [f"{home.settings.home}.key"]
    assert next(keys.iterdir()).read_bytes() != first
    home.officer("P001")
    public = home.keyring.public_keys()
    Home.open(home.path).close()
    rekey(home, "新口令")
    assert list(keys.iterdir()) == []
    home.scope_key("L2026-0001")
    assert code(lambda: Home.open(home.path)) == "office.no-key"
    monkeypatch.setenv("QINGYUAN_PASSPHRASE", "新口令")
    with Home.open(home.path) as opened:
        assert opened.keyring.public_keys() == public
        rekey(opened, None)
    monkeypatch.delenv("QINGYUAN_PASSPHRASE")
    Home.open(home.path).close()


@pytest.mark.parametrize("saved", [False, True])
def test_a_change_of_the_key_file_that_was_cut_off_leaves_one_that_opens(
    home: Home, own_folders: Path, monkeypatch: pytest.MonkeyPatch, saved: bool
) -> None:
    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(
        *(("qingyuan.office.keys.rotation.settle_kek", cut) if saved else (Home, "rekey", cut))
    )
    with pytest.raises(KeyboardInterrupt):
        rekey(home, None)
    monkeypatch.undo()
    monkeypatch.setenv("XDG_DATA_HOME", str(own_folders / "data"))
    with Home.open(home.path) as opened:
        rekey(opened, None)
    Home.open(home.path).close()


def test_a_demonstration_home_keeps_the_key_of_its_seed(tmp_path: Path) -> None:
    with Home.open(tmp_path / "seeded", create=True, seed="s") as home:
        assert code(lambda: rekey(home, "x")) == "office.demonstration"


def test_a_database_from_before_a_rotation_is_read_and_not_written_to(home: Home) -> None:
    home.close()
    database = home.path / "qingyuan.db"
    backup = database.read_bytes()
    with Home.open(home.path) as opened:
        rotate(opened, "log", by="P001")
    trust = (home.path / "trust.json").read_bytes()
    for name in ("qingyuan.db-wal", "qingyuan.db-shm"):
        (home.path / name).unlink(missing_ok=True)
    database.write_bytes(backup)
    with Home.open(home.path) as opened:
        head = opened.head()
        assert list(check_home(opened)) == []
        assert code(lambda: opened.append([EventDraft("office", "office.note", {})], actor="P1")) == (
            "office.log-key-missing"
        )
        assert opened.head() == head
    assert (home.path / "trust.json").read_bytes() == trust


@pytest.mark.parametrize(
    "payload", [b"{", b'{"old": 3}', b'{"old": "OLD", "new": "OLD"}', b'{"old": "OLD", "new": "0000"}']
)
def test_an_altered_event_about_keys_is_named_by_the_check_and_keeps_no_home_shut(
    home: Home, payload: bytes
) -> None:
    old = home.current_key("log", name=home.settings.origin).id
    index = rotate(home, "log", by="P001")[0].valid_from
    with home.database.write() as connection:
        connection.execute(
            sa.update(EVENT).where(EVENT.c.idx == index).values(payload=payload.replace(b"OLD", old.encode()))
        )
    home.close()
    with Home.open(home.path) as opened:
        assert any(trouble.where == f"log index {index}" for trouble in check_home(opened))
        assert code(lambda: opened.append([EventDraft("office", "office.note", {})], actor="P1"))


def test_a_keyring_from_before_a_rotation_reads_and_does_not_write(home: Home) -> None:
    backup = (home.path / "keyring.json").read_bytes()
    rotate(home, "log", by="P001")
    home.close()
    (home.path / "keyring.json").write_bytes(backup)
    with Home.open(home.path) as opened:
        assert opened.head() is not None
        assert code(lambda: opened.append([EventDraft("office", "office.note", {})], actor="P1")) == (
            "office.log-key-missing"
        )
