"""The home folder: its keys, its settings, and several processes in one home."""

from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from qingyuan.errors import QingyuanError
from qingyuan.evidence import key_id
from qingyuan.ledger import Algorithm, VerifierKey, open_checkpoint
from qingyuan.ledger.tiles import TileFolder
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.store import EventDraft, SqlLogStorage, events


def _code(path: Path, **options: object) -> str:
    with pytest.raises(QingyuanError) as caught:
        Home.open(path, **options)  # type: ignore[arg-type]
    assert caught.value.zh
    assert caught.value.remedy_zh
    assert caught.value.remedy_en
    return caught.value.code


def test_a_new_home_keeps_its_key_outside_and_opens_again(tmp_path: Path, own_folders: Path) -> None:
    path = tmp_path / "home"
    with Home.open(path, create=True, office=OfficeInfo("test", "某县人民检察院", "330782")) as home:
        trust = home.trust()
        settings = home.settings
    keys = list((own_folders / "data" / "qingyuan" / "keys").iterdir())
    assert [key.name for key in keys] == [f"{settings.home}.key"]
    assert keys[0].stat().st_mode & 0o077 == 0
    secret = keys[0].read_bytes()
    assert all(secret not in file.read_bytes() for file in path.rglob("*") if file.is_file())
    with Home.open(path) as home:
        assert home.settings == settings
        assert home.trust() == trust == json.loads((path / "trust.json").read_bytes())
        assert list(check_home(home)) == []


def test_without_its_key_file_a_home_does_not_open(tmp_path: Path, own_folders: Path) -> None:
    Home.open(tmp_path / "home", create=True).close()
    for key in (own_folders / "data" / "qingyuan" / "keys").iterdir():
        key.unlink()
    assert _code(tmp_path / "home") == "office.no-key"


def test_a_home_with_a_passphrase_opens_with_that_one_only(
    tmp_path: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "home"
    monkeypatch.setenv("QINGYUAN_PASSPHRASE", "正确的口令")
    Home.open(path, create=True).close()
    assert not (own_folders / "data" / "qingyuan" / "keys").exists()
    Home.open(path).close()
    monkeypatch.setenv("QINGYUAN_PASSPHRASE", "wrong")
    assert _code(path) == "evidence.wrong-kek"
    monkeypatch.delenv("QINGYUAN_PASSPHRASE")
    (tmp_path / "words").write_text("正确的口令\n", encoding="utf-8")
    monkeypatch.setenv("QINGYUAN_PASSPHRASE_FILE", str(tmp_path / "words"))
    Home.open(path).close()
    monkeypatch.setenv("QINGYUAN_PASSPHRASE_FILE", str(tmp_path / "none"))
    assert _code(path) == "office.passphrase-file"


def test_damaged_and_missing_parts_are_named_and_never_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "home"
    assert _code(path) == "office.no-home"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("x", encoding="utf-8")
    assert _code(tmp_path / "other", create=True) == "office.not-empty"
    assert (tmp_path / "other" / "letter.txt").exists()
    Home.open(path, create=True).close()
    settings = (path / "office.json").read_bytes()
    (path / "office.json").write_bytes(settings[:-9])
    assert _code(path, create=True) == "office.bad-settings"
    (path / "office.json").write_bytes(settings)
    (path / "qingyuan.db").rename(path / "moved")
    assert _code(path, create=True) == "office.no-database"
    assert not (path / "qingyuan.db").exists()


def test_a_seeded_home_is_the_same_each_time_and_needs_no_key_file(tmp_path: Path, own_folders: Path) -> None:
    for name in ("one", "two"):
        Home.open(tmp_path / name, create=True, seed="s").close()
    assert not (own_folders / "data").exists()
    for name in ("office.json", "trust.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_trust_file_holds_every_public_key_and_nothing_secret(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", create=True) as home:
        signer = home.officer("P007")
        trust = json.loads(home.trust_path.read_bytes())
        assert {key["role"] for key in trust["keys"]} == {"device", "log", "officer", "package"}
        assert signer.public.id in {key["id"] for key in trust["keys"]}
        assert trust["logs"][0]["vkey"] == home.log.key.encode()


def test_keys_made_by_one_process_survive_what_another_makes_later(tmp_path: Path) -> None:
    path = tmp_path / "home"
    first = Home.open(path, create=True)
    second = Home.open(path)
    lead = first.scope_key("L2026-0001")
    officer = first.officer("P001")
    matter = second.scope_key("M2026-0001")
    assert second.scope_key("L2026-0001") == lead
    assert second.officer("P001").public == officer.public
    second.officer("P002")
    first.officer("P003")
    with Home.open(path) as home:
        assert home.keyring.scopes() == ("L2026-0001", "M2026-0001")
        assert home.scope_key("M2026-0001") == matter
        assert [key.actor for key in home.keyring.public_keys("officer")] == ["P001", "P002", "P003"]
        assert home.trust() == json.loads(home.trust_path.read_bytes())


def test_an_officers_key_whose_logging_was_cut_off_is_logged_once_later(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", create=True) as home:
        with home._keys.changing() as ring:
            ring.new_signer("officer", actor="P001")
        for _ in range(2):
            home.officer("P001")
        with home.database.read() as connection:
            added = [
                event.actor for event in events(connection, ["office"]) if event.type == "office.key_added"
            ]
        assert added == ["P001"]
        assert b"P001" in home.trust_path.read_bytes()


def test_a_home_made_by_several_at_once_is_one_home(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        homes = list(pool.map(lambda _: Home.open(tmp_path / "home", create=True), range(4)))
    assert len({home.settings.home for home in homes}) == 1
    with homes[0].database.read() as connection:
        assert [event.type for event in events(connection, ["office"])] == ["office.opened"]
    assert list(check_home(homes[0])) == []
    for home in homes:
        home.close()


def _without_sm2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the home think that the libcrypto of this machine has no SM2."""
    for module in ("home", "_founding", "keys.logs"):
        monkeypatch.setattr(f"qingyuan.office.{module}.can_sign_sm2", lambda: False)


def _sizes(home: Home) -> tuple[int, int]:
    assert home.twin is not None
    with home.database.read() as connection:
        heads = [SqlLogStorage(connection, log.origin).read_head() for log in (home.log, home.twin)]
    assert heads[0] is not None
    return heads[0].size, heads[1].size if heads[1] else 0


def _kinds(home: Home) -> list[str]:
    with home.database.read() as connection:
        return [event.type for event in events(connection, ["office"])]


def test_a_new_home_has_two_logs_over_the_same_entries_and_publishes_both(tmp_path: Path) -> None:
    path = tmp_path / "home"
    with Home.open(path, create=True) as home:
        home.append([EventDraft("office", "office.note", {"n": n}) for n in range(3)], actor="P001")
        assert home.twin is not None
        assert home.twin.origin == f"{home.settings.origin}/sm3"
        assert _sizes(home) == (4, 4)
        home.publish()
        for log, folder in ((home.log, "log"), (home.twin, "log-sm3")):
            tiles = TileFolder(path / folder, log.suite)
            note = tiles.checkpoint()
            assert note is not None
            assert open_checkpoint(note, [log.key]).checkpoint.size == 4
        entries = [TileFolder(path / folder).read_entries(0, 4) for folder in ("log", "log-sm3")]
        assert entries[0] == entries[1]
        trust = json.loads(home.trust_path.read_bytes())
        assert trust["v"] == 2
        assert [log["origin"] for log in trust["logs"]] == [home.log.origin, home.twin.origin]
        assert {key["id"] for key in trust["keys"] if key["role"] == "log"} == {
            key_id(VerifierKey.parse(log["vkey"]).public) for log in trust["logs"]
        }


def test_a_home_made_without_sm2_gets_its_twin_where_there_is_sm2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "home"
    with monkeypatch.context() as patch:
        _without_sm2(patch)
        with Home.open(path, create=True) as home:
            home.append([EventDraft("office", "office.note", {"n": n}) for n in range(600)], actor="P001")
            home.publish()
            assert home.twin is None
            assert len(json.loads(home.trust_path.read_bytes())["logs"]) == 1
        assert not (path / "log-sm3").exists()
    with Home.open(path) as home:
        assert _kinds(home)[-1] == "office.twin_begun"
        assert _sizes(home) == (602, 602)
        assert list(check_home(home)) == []
        assert len(json.loads(home.trust_path.read_bytes())["logs"]) == 2
    Home.open(path).close()
    with monkeypatch.context() as patch:
        _without_sm2(patch)
        with Home.open(path) as home:  # the twin lags until someone who can sign writes again
            assert home.twin is None
            home.append([EventDraft("office", "office.note", {})], actor="P001")
    with Home.open(path) as home:
        home.append([EventDraft("office", "office.note", {})], actor="P001")
        assert _sizes(home) == (604, 604)
        assert _kinds(home).count("office.twin_begun") == 1


def test_a_twin_whose_beginning_was_cut_off_is_begun_by_the_next_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "home"
    with monkeypatch.context() as patch:
        _without_sm2(patch)
        with Home.open(path, create=True) as home, home.changing_keys() as ring:
            made = ring.new_signer("log", name=f"{home.settings.origin}/sm3", algorithm="sm2")
    with Home.open(path) as home:
        assert home.twin is not None
        assert home.twin.key.encode() == made.public.vkey()
        assert _kinds(home) == ["office.opened", "office.twin_begun"]


def test_a_trust_file_that_is_old_or_lost_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "home"
    with Home.open(path, create=True) as home:
        before = home.trust_path.read_bytes()
        home.officer("P001")
        after = home.trust_path.read_bytes()
    for stale in (before, b"{}", None):
        (path / "trust.json").unlink()
        if stale is not None:
            (path / "trust.json").write_bytes(stale)
        Home.open(path).close()
        assert (path / "trust.json").read_bytes() == after


def test_a_failed_change_of_keys_leaves_nothing_behind(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", create=True) as home:

        def fail() -> None:
            with home.changing_keys() as ring:
                ring.scope_key("L2026-0001")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert home.keyring.scopes() == ()
        home.scope_key("L2026-0002")
        assert home.keyring.scopes() == ("L2026-0002",)


def test_the_trust_file_names_authorities_and_witnesses_of_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "home"
    Home.open(path, create=True).close()
    witness = VerifierKey("court.example/w", Algorithm.COSIGNATURE, bytes(31) + b"\x01").encode()
    at = (path / "trust.json").stat().st_mtime_ns + 1_000_000
    (path / "policy.txt").write_text(f"witness court {witness}\nquorum court\n", encoding="utf-8")
    os.utime(path / "policy.txt", ns=(at, at))
    Home.open(path).close()
    assert json.loads((path / "trust.json").read_bytes())["witnesses"] == [witness]
    before = (path / "trust.json").read_bytes()
    for name, code in (("policy.txt", "office.bad-policy"), ("tsa.yaml", "office.bad-tsa")):
        kept = (path / name).read_bytes() if (path / name).exists() else None
        (path / name).write_text("what: [", encoding="utf-8")
        os.utime(path / name, ns=(2 * at, 2 * at))
        with Home.open(path) as home:  # it opens, and what needs the file names it
            assert home.trust_path.read_bytes() == before
            with pytest.raises(QingyuanError) as caught:
                home.trust()
            assert caught.value.code == code
        (path / name).unlink()
        if kept is not None:
            (path / name).write_bytes(kept)


def test_who_publishes_by_a_newer_state_waits_for_who_began_with_an_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it the older one would find a checkpoint it has no entries for, and call the log rolled back."""
    publish, main = TileFolder.publish, threading.current_thread()
    with Home.open(tmp_path / "home", create=True) as home, Home.open(tmp_path / "home") as other:
        home.publish()

        def append_and_publish(one: Home) -> None:
            one.append([EventDraft("office", "office.note", {"n": 1})], actor="P001")
            one.publish()

        newer = threading.Thread(target=append_and_publish, args=(other,))

        def slow(tiles: TileFolder, storage: SqlLogStorage, **options: Any) -> list[str]:
            if threading.current_thread() is main and newer.ident is None:
                newer.start()
                newer.join(2)
            return publish(tiles, storage, **options)

        monkeypatch.setattr(TileFolder, "publish", slow)
        append_and_publish(home)
        newer.join(60)
        for log, folder in ((home.log, "log"), (other.twin, "log-sm3")):
            assert log is not None
            note = TileFolder(home.path / folder, log.suite).checkpoint()
            assert note is not None
            assert open_checkpoint(note, [log.key]).checkpoint.size == 3
