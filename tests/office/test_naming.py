"""Which office a home is of: open before the first entry, partly open before posts and dockets, then fixed but for the name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from qingyuan.office import home as home_module
from qingyuan.office.access import change_register, own_body
from qingyuan.office.errors import OfficeError
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.keys.listing import list_keys
from qingyuan.office.naming import check_office, check_origin, name_office, offices_like, open_to_change
from qingyuan.parties import Registry, appoint, seed
from qingyuan.store import EventDraft, events

YIWU = OfficeInfo("procuratorate-330782", "义乌市人民检察院", "330782", "county")
ORIGIN = "jcy.example/log"


def fresh(folder: Path) -> Home:
    return Home.open(folder, create=True, begin=False)


def test_a_home_that_a_server_made_begins_under_the_origin_that_was_chosen(tmp_path: Path) -> None:
    with fresh(tmp_path / "home") as home, fresh(tmp_path / "home") as other:
        assert open_to_change(home) == "all"
        with pytest.raises(OfficeError, match="not begun"):
            home.append([EventDraft("office", "access.read", {})], actor="P001")
        assert home.head() is None
        name_office(home, YIWU, origin=ORIGIN, actor="D001")
        assert home.settings.origin == ORIGIN
        assert other.begun  # another process finds it so
        assert other.settings.office == YIWU
        other.append(
            [EventDraft("office", "access.read", {"what": "package", "records": [], "reason": ""})],
            actor="P001",
        )
        with home.database.read() as connection:
            said = [event.type for event in events(connection, ["office"])]
        assert said == ["office.opened", "office.named", "access.read"]
        assert {key.name for key in home.keyring.public_keys() if key.name} == {
            ORIGIN, f"{ORIGIN}/sm3", f"{ORIGIN}/package"
        } - ({f"{ORIGIN}/sm3"} if home.twin is None else set())  # fmt: skip
        assert own_body(home).id == YIWU.id
    with Home.open(tmp_path / "home") as again:
        assert list(check_home(again)) == []
        assert list_keys(again).problems == ()
        assert b"unnamed" not in again.trust_path.read_bytes()


def test_a_log_that_has_begun_keeps_its_origin_and_posts_fix_the_rest(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", create=True) as home:
        before = home.settings.origin
        assert open_to_change(home) == "office"
        with pytest.raises(OfficeError, match="origin cannot change"):
            name_office(home, YIWU, origin=ORIGIN, actor="D001")
        name_office(home, YIWU, actor="D001")
        assert (home.settings.origin, home.settings.office) == (before, YIWU)

        def made(known: Registry) -> object:
            return appoint(known, "P001", YIWU.id, "chief", date(2026, 7, 1))

        change_register(home, made, actor="D001")  # type: ignore[arg-type]
        with pytest.raises(OfficeError, match="cannot change; the name can"):
            name_office(home, OfficeInfo("other", YIWU.name), actor="P001")
        renamed = OfficeInfo(YIWU.id, "义乌市检察院", YIWU.division, YIWU.level)
        name_office(home, renamed, actor="P001")
        assert "义乌市检察院".encode() in home.trust_path.read_bytes()


def test_a_run_killed_between_keys_and_settings_leaves_a_home_that_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with fresh(tmp_path / "home") as home:
        before = home.settings.origin
        with monkeypatch.context() as patch:
            patch.setattr(home_module, "write_settings", killed)
            with pytest.raises(KeyboardInterrupt):
                name_office(home, YIWU, origin=ORIGIN, actor="D001")
        assert ORIGIN in {key.name for key in home.keyring.public_keys()}
    with Home.open(tmp_path / "home") as again:
        assert again.settings.origin == before
        assert ORIGIN not in {key.name for key in again.keyring.public_keys()}
        assert list(check_home(again)) == []


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "https://jcy.example/log",
        "jcy example",
        "Jcy.example",
        "jcy.example/",
        "a+b",
        "../x",
        "日志",
        "a" * 201,
    ],
)
def test_an_origin_that_no_witness_could_take_is_refused(origin: str) -> None:
    with pytest.raises(OfficeError):
        check_origin(origin)


@pytest.mark.parametrize(
    "office",
    [
        OfficeInfo(),
        OfficeInfo("a", " "),
        OfficeInfo("a b", "某院"),
        OfficeInfo("a", "某院", "33078"),
        OfficeInfo("a", "某院", "", "city"),
    ],
)
def test_an_office_that_cannot_be_written_down_is_refused(office: OfficeInfo) -> None:
    with pytest.raises(OfficeError):
        check_office(office)


def test_offices_are_found_by_name_and_by_code(tmp_path: Path) -> None:
    with fresh(tmp_path / "home") as home:
        registry = Registry({body.id: body for body in seed(home.law)})
    assert [one.id for one in offices_like(registry, "义乌", 5)] == ["procuratorate-330782"]
    assert [one.name for one in offices_like(registry, "330782", 5)] == ["义乌市人民检察院"]
    assert offices_like(registry, " ", 5) == []
