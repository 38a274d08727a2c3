"""Destroying the key of a lead: its content is gone, the log is whole and says so."""

from __future__ import annotations

import base64
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qingyuan.errors import QingyuanError
from qingyuan.ledger import fsck
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from qingyuan.office.keys.destruction import destroy
from qingyuan.office.keys.roots import adopt
from qingyuan.office.keys.rotation import rekey, rotate
from qingyuan.office.sealing import open_exhibit
from qingyuan.store import EventDraft, SqlLogStorage, check_events, events
from tests.office.keys.test_roots import roots
from tests.office.running import collected, material


def lead(home: Home) -> str:
    return f"L{home.clock.now().year}-0001"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.open(tmp_path / "home", create=True)
    intake(home, [material(tmp_path / "material", 3)], workers=0)
    return home


def code(call: object) -> str:
    assert callable(call)
    with pytest.raises(QingyuanError) as caught:
        call()
    assert caught.value.zh
    return caught.value.code


def check_logs(home: Home) -> None:
    assert home.twin is not None
    with home.database.read() as connection:
        for log in (home.log, home.twin):
            storage = SqlLogStorage(connection, log.origin)
            assert list(fsck(storage, log.origin, [log.key], log.suite)) == []
        assert list(check_events(connection)) == []


def told(home: Home) -> list[dict[str, object]]:
    with home.database.read() as connection:
        found = events(connection, [lead(home)])
    return [event.payload for event in found if event.type == "evidence.destroyed"]


def test_destroyed_content_is_gone_for_ever_and_the_log_names_it(home: Home) -> None:
    rows = collected(home, lead(home))
    key = home.scope_key(lead(home)).id
    done = destroy(home, lead(home), basis="保管期限届满", approved_by="P009", by="P001")
    assert done.key == key
    assert {row.id for row in rows} < set(done.exhibits)
    assert told(home) == [
        {
            "scope": lead(home),
            "key": key,
            "exhibits": list(done.exhibits),
            "basis": "保管期限届满",
            "approved_by": "P009",
        }
    ]
    for each in (home, Home.open(home.path)):
        assert each.keyring.destroyed_scopes() == {lead(home): key}
        assert code(lambda: open_exhibit(each, rows[0])) == "evidence.key-destroyed"  # noqa: B023
        assert code(lambda: each.scope_key(lead(home))) == "evidence.key-destroyed"  # noqa: B023
    check_logs(home)


def test_repeating_a_destruction_changes_nothing_but_may_delete_the_sealed_files(home: Home) -> None:
    done = destroy(home, lead(home), basis="x", approved_by="P009", by="P001")
    folder = home.path / "blobs" / lead(home)
    assert folder.exists()
    again = destroy(home, lead(home), basis="y", approved_by="P008", by="P001", delete_blobs=True)
    assert (again.key, again.index, again.exhibits) == (done.key, done.index, done.exhibits)
    assert not folder.exists()
    assert len(told(home)) == 1
    destroy(home, lead(home), basis="y", approved_by="P008", by="P001", delete_blobs=True)
    check_logs(home)


def test_what_cannot_be_destroyed_is_refused_and_nothing_is_logged(home: Home) -> None:
    assert code(lambda: destroy(home, "L1999-0001", basis="x", approved_by="P9", by="P1")) == (
        "office.no-such-scope"
    )
    assert code(lambda: destroy(home, lead(home), basis="", approved_by="P9", by="P1")).startswith(
        "evidence."
    )
    for name in ("intake", "package"):
        with home.lock(name):
            assert code(lambda: destroy(home, lead(home), basis="x", approved_by="P9", by="P1")) == (
                "office.busy"
            )
    assert told(home) == []
    assert home.scope_key(lead(home)).key


def test_material_sealed_while_its_key_was_destroyed_is_not_recorded(home: Home) -> None:
    with Home.open(home.path) as other:
        destroy(home, lead(home), basis="x", approved_by="P009", by="P001")
        made = {"exhibit": "X1", "key": other.officer("P001").public.id}
        draft = EventDraft(lead(home), "evidence.extracted", {**made})
        assert code(lambda: other.append([draft], actor="P001")) == "office.scope-destroyed"


_KILLED = """
import os, signal, sys
from pathlib import Path
from qingyuan.office.keys.destruction import destroy
from qingyuan.office.home import Home
office = Home.open(Path(sys.argv[1]))
Home.changing_keys = lambda self: os.kill(os.getpid(), signal.SIGKILL)
destroy(office, sys.argv[2], basis="x", approved_by="P009", by="P001")
"""


def test_a_destruction_killed_after_its_event_is_completed_by_repeating_it(home: Home) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED, home.path, lead(home)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(told(home)) == 1
    assert lead(home) in home.keyring.scopes()
    destroy(home, lead(home), basis="x", approved_by="P009", by="P001")
    assert len(told(home)) == 1
    assert lead(home) not in home.keyring.scopes()
    check_logs(home)


def test_no_file_of_a_home_ever_holds_a_secret_in_clear(home: Home, own_folders: Path) -> None:
    secrets = [home.scope_key(lead(home)).key]

    def seeds() -> list[bytes]:
        ring = home.keyring
        return [ring.signer(key.id)._seed for key in ring.public_keys() if ring.can_sign(key.id)]

    secrets += seeds()
    rotate(home, "log", by="P001")
    rotate(home, "officer", actor="P001", by="P001")
    rotate(home, "package", by="P001")
    secrets += seeds()
    adopt(home, roots(1, 2, 3), by="P001")
    key_file = own_folders / "data" / "qingyuan" / "keys" / f"{home.settings.home}.key"
    secrets.append(key_file.read_bytes())
    rekey(home, None)
    secrets.append(key_file.read_bytes())
    secrets.append(home.scope_key("M2026-0001").key)
    destroy(home, lead(home), basis="x", approved_by="P009", by="P001")
    home.publish()
    assert len(set(secrets)) == 13  # five signing keys, four new ones, two sealing keys, two key files
    files = [path for path in home.path.rglob("*") if path.is_file()]
    assert {"keyring.json", "qingyuan.db", "trust.json", "roots.json", "checkpoint"} <= {
        p.name for p in files
    }
    forms = [
        form
        for secret in set(secrets)
        for form in (
            secret,
            secret.hex().encode(),
            secret.hex().upper().encode(),
            base64.b64encode(secret).rstrip(b"="),
            base64.urlsafe_b64encode(secret).rstrip(b"="),
        )
    ]
    for path in files:
        data = path.read_bytes()
        assert [path for form in forms if form in data] == []
