"""Offline roots: what the home has them sign, what it takes in, and what outsiders are told."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qingyuan.errors import QingyuanError
from qingyuan.evidence.roles import RootSet, newest_roles, read_roles, sign_roles
from qingyuan.ledger import NoteSigner, Sm2NoteSigner, TextSigner
from qingyuan.office.home import Home
from qingyuan.office.keys.roots import adopt, draft, publish, role_files, roots_of, trust_in_roots
from qingyuan.office.keys.rotation import rotate
from qingyuan.store import StoredEvent, events
from tests.evidence.making import counter_entropy


def root(number: int) -> TextSigner:
    if number % 2:
        return Sm2NoteSigner.generate(f"root-{number}", counter_entropy(str(number)))
    return NoteSigner.generate(f"root-{number}", counter_entropy(str(number)))


def roots(*numbers: int, threshold: int = 2) -> RootSet:
    return RootSet(threshold, tuple(root(number).key.encode() for number in numbers))


def signed(text: str, *by: int) -> bytes:
    data = text.encode()
    for number in by:
        data = sign_roles(data, root(number))
    return data


def logged(home: Home) -> list[StoredEvent]:
    with home.database.read() as connection:
        return [event for event in events(connection, ["office"]) if "ro" in event.type.partition(".")[2][:2]]


def code(call: object) -> str:
    assert callable(call)
    with pytest.raises(QingyuanError) as caught:
        call()
    assert caught.value.zh
    return caught.value.code


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.open(tmp_path / "home", create=True)
    home.officer("P001")
    return home


def test_roots_are_adopted_once_and_are_public(home: Home) -> None:
    assert code(lambda: draft(home)) == "office.no-roots"
    adopt(home, roots(1, 2, 3), by="P009")
    adopt(home, roots(1, 2, 3), by="P009")
    assert [event.type for event in logged(home)] == ["office.roots_adopted"]
    written = json.loads((home.path / "roots.json").read_bytes())
    assert written["current"] == {"threshold": 2, "keys": list(roots(1, 2, 3).keys)}
    assert code(lambda: adopt(home, roots(1, 2, threshold=3), by="P009")) == "evidence.bad-roots"


def test_a_role_file_says_what_the_trust_file_says(home: Home) -> None:
    adopt(home, roots(1, 2, 3), by="P009")
    roles = read_roles(draft(home))
    trust = json.loads(home.trust_path.read_bytes())
    assert roles.version == 1
    assert roles.roots is None
    for name in ("office", "logs", "keys"):
        assert roles.content[name] == trust[name]
    assert {"v", "roles_version", "as_of"}.isdisjoint(roles.content)


def test_a_role_file_is_taken_in_when_enough_roots_signed_it(home: Home) -> None:
    adopt(home, roots(1, 2, 3), by="P009")
    text = draft(home)
    assert code(lambda: publish(home, signed(text, 3), by="P009")) == "office.roles-signatures"
    assert code(lambda: publish(home, signed(text, 3, 4), by="P009")) == "office.roles-signatures"
    assert role_files(home.path) == []
    done = publish(home, signed(text, 1, 3), by="P009")
    assert (done.version, done.signed) == (1, ("root-1", "root-3"))
    assert publish(home, done.path.read_bytes(), by="P009") == done
    event = logged(home)[-1]
    assert event.type == "office.roles_published"
    assert (event.payload["version"], event.payload["sha256"]) == (1, done.sha256)
    assert [path.name for path in role_files(home.path)] == ["1.note"]
    assert code(lambda: publish(home, signed(text, 1, 2), by="P009")) == "office.roles-version"


def test_a_role_file_that_the_home_would_not_write_is_refused_and_the_difference_named(home: Home) -> None:
    adopt(home, roots(1, 2, 3), by="P009")
    text = draft(home)
    rotate(home, "officer", actor="P001", by="P001")
    with pytest.raises(QingyuanError, match=r"keys") as caught:
        publish(home, signed(text, 1, 2), by="P009")
    assert caught.value.code == "office.roles-differ"
    other = text.replace('"role":"device"', '"role":"officer"')
    assert code(lambda: publish(home, signed(other, 1, 2), by="P009")) == "office.roles-differ"
    publish(home, signed(draft(home), 1, 2), by="P009")


def test_outsiders_who_hold_the_roots_follow_every_change_of_them(home: Home) -> None:
    adopt(home, roots(1, 2, 3), by="P009")
    assert code(lambda: trust_in_roots(home)) == "office.no-roles"
    publish(home, signed(draft(home), 1, 2), by="P009")
    adopt(home, roots(3, 4, 5), by="P009")
    assert [known.next for known in [roots_of(home)] if known] == [roots(3, 4, 5)]
    text = draft(home)
    assert read_roles(text).roots == roots(3, 4, 5)
    for by in ((1, 2), (4, 5), (3, 4)):
        data = signed(text, *by)
        assert code(lambda: publish(home, data, by="P009")) == "office.roles-signatures"  # noqa: B023
    publish(home, signed(text, 1, 3, 4), by="P009")
    publish(home, signed(draft(home), 4, 5), by="P009")
    known = roots_of(home)
    assert known is not None
    assert (known.current, known.next, known.roles_version) == (roots(3, 4, 5), None, 3)
    trust = trust_in_roots(home)
    assert trust["roles_version"] == 3
    assert trust["roots"] == {"threshold": 2, "keys": list(roots(1, 2, 3).keys)}
    files = [path.read_bytes() for path in role_files(home.path)]
    newest = newest_roles(files, roots(1, 2, 3))
    assert newest is not None
    assert newest.version == 3
    (home.path / "roles" / "2.note").write_bytes(files[0])
    assert code(lambda: trust_in_roots(home)) in {"evidence.bad-roles", "office.roles-broken"}


_KILLED = """
import os, signal, sys
from pathlib import Path
from qingyuan.office.keys import roots
from qingyuan.office.home import Home
office = Home.open(Path(sys.argv[1]))
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[3] == "event":
    office.append = die
else:
    roots._write = die
roots.publish(office, Path(sys.argv[2]).read_bytes(), by="P1")
"""


@pytest.mark.parametrize("before", ["event", "copy"])
def test_publishing_that_was_killed_is_repeated_with_the_same_file(
    home: Home, tmp_path: Path, before: str
) -> None:
    adopt(home, roots(1, 2, 3), by="P009")
    note = tmp_path / "roles.note"
    note.write_bytes(signed(draft(home), 1, 2))
    done = subprocess.run([sys.executable, "-c", _KILLED, home.path, note, before], check=False)
    assert done.returncode == -signal.SIGKILL
    publish(home, note.read_bytes(), by="P009")
    assert [event.type for event in logged(home)] == ["office.roots_adopted", "office.roles_published"]
    assert trust_in_roots(home)["roles_version"] == 1
    assert json.loads((home.path / "roots.json").read_bytes())["roles_version"] == 1
