"""The home folder: its keys, its settings, and several processes in one home."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qingyuan.errors import QingyuanError
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.store import events


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
        assert {key["role"] for key in trust["keys"]} == {"device", "officer", "package"}
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
