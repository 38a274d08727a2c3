"""Keys in devices: a real child process signs for the log, its twin and the packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from qingyuan.errors import QingyuanError
from qingyuan.ledger import NoteSigner, Sm2NoteSigner, TextSigner, open_checkpoint
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.keys.listing import list_keys
from qingyuan.office.keys.rotation import rotate
from qingyuan.office.keys.signers import CommandKeys
from qingyuan.store import EventDraft
from tests.evidence.making import counter_entropy

#: Stands for a module behind PKCS#11 or SDF: it has the key, and gives away signatures only.
_MODULE = """
import sys
from qingyuan.ledger import NoteSigner, Sm2NoteSigner
text = sys.stdin.buffer.read().decode()
skey = open(sys.argv[1]).read()
kind = Sm2NoteSigner if sys.argv[2] == "sm2" else NoteSigner
sys.stdout.buffer.write(kind.parse(skey).sign(text))
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home", create=True)


def device(home: Home, folder: Path, name: str, kind: str = "ed25519") -> dict[str, object]:
    """Return the entry of a key that only a program in ``folder`` has."""
    folder.mkdir(exist_ok=True)
    entropy = counter_entropy(name)
    key: NoteSigner | Sm2NoteSigner = (
        Sm2NoteSigner.generate(name, entropy) if kind == "sm2" else NoteSigner.generate(name, entropy)
    )
    (folder / "module.py").write_text(_MODULE, encoding="utf-8")
    secret = folder / f"{key.key_id:08x}.key"
    secret.write_text(key.skey(), encoding="ascii")
    return {
        "vkey": key.key.encode(),
        "command": [sys.executable, str(folder / "module.py"), str(secret), kind],
    }


def write(home: Home, *entries: dict[str, object]) -> None:
    (home.path / "signers.yaml").write_text(yaml.safe_dump({"signers": list(entries)}), encoding="utf-8")


def note(home: Home) -> None:
    home.append([EventDraft("office", "office.note", {})], actor="P001")


def code(call: object) -> str:
    assert callable(call)
    with pytest.raises(QingyuanError) as caught:
        call()
    assert caught.value.remedy_zh
    return caught.value.code


def test_a_log_goes_on_with_keys_that_a_device_has(home: Home, tmp_path: Path) -> None:
    origin = home.settings.origin
    outside = (
        device(home, tmp_path / "module", origin),
        device(home, tmp_path / "module", f"{origin}/sm3", "sm2"),
    )
    assert code(lambda: rotate(home, "log", by="P001", external=True)) == "office.no-external-key"
    write(home, *outside)
    done = rotate(home, "log", by="P001", external=True)
    assert home.twin is not None
    assert [home.log.key.encode(), home.twin.key.encode()] == [entry["vkey"] for entry in outside]
    assert not any(home.keyring.can_sign(each.new) for each in done)
    with Home.open(home.path) as opened:
        note(opened)
        head = opened.head()
        assert head is not None
        assert open_checkpoint(head.note, [opened.log.key]).checkpoint.size == done[0].valid_from + 3
        assert list(check_home(opened)) == []
        assert list_keys(opened).problems == ()
    assert code(lambda: rotate(home, "log", by="P001", external=True)) == "office.no-external-key"
    rotate(home, "log", by="P001")  # and back to keys of the keyring: the device signs the handover
    (home.path / "signers.yaml").unlink()
    note(home)
    assert list(check_home(home)) == []


def test_a_package_key_may_be_in_a_device_while_the_log_keys_are_not(home: Home, tmp_path: Path) -> None:
    entry = device(home, tmp_path / "module", f"{home.settings.origin}/package")
    write(home, entry)
    rotate(home, "package", by="P001", external=True)
    signer: TextSigner = home.package_signer()
    assert signer.key.encode() == entry["vkey"]
    assert signer.key.verifies("text\n", signer.sign("text\n"))
    (home.path / "signers.yaml").unlink()
    assert code(home.package_signer) == "evidence.key-retired"


@pytest.mark.parametrize(
    ("command", "seconds"),
    [
        (["/nonexistent/program"], 5),
        ([sys.executable, "-c", "raise SystemExit(3)"], 5),
        ([sys.executable, "-c", "print('x' * 64, end='')"], 5),
        (["/bin/sleep", "5"], 0.05),
    ],
    ids=["no such program", "a failure", "no signature", "too slow"],
)
def test_a_device_that_does_not_sign_stops_the_log_and_nothing_is_written(
    home: Home, tmp_path: Path, command: list[str], seconds: float
) -> None:
    entry = device(home, tmp_path / "module", home.settings.origin)
    write(home, entry)
    rotate(home, "log", by="P001", external=True)
    head = home.head()
    write(home, {**entry, "command": command, "seconds": seconds})
    with Home.open(home.path) as opened:
        assert code(lambda: note(opened)) == "office.signer"
        assert opened.head() == head
        assert list(check_home(opened)) == []


@pytest.mark.parametrize(
    "text",
    [
        "signers: 3",
        "signers: [{vkey: x, command: [a]}]",
        "other: []",
        "signers: [{command: [a]}]",
        "{",
        "signers: [{vkey: root+8a2ba25f+ATj7jGYw6vOYvUq6aBSGFZE0yEoaKSPmMS3Ynp/rfbcF, command: []}]",
    ],
)
def test_a_file_of_signers_that_is_malformed_is_named(home: Home, text: str) -> None:
    (home.path / "signers.yaml").write_text(text, encoding="utf-8")
    assert code(lambda: CommandKeys(home.path)) == "office.bad-signers"


def test_the_text_form_of_a_signer_shows_no_command(home: Home, tmp_path: Path) -> None:
    write(home, device(home, tmp_path / "module", "somewhere"))
    keys = CommandKeys(home.path)
    signer = keys.find(keys.public_keys()[0])
    assert repr(signer) == f"<CommandSigner somewhere+{keys.public_keys()[0].key_id:08x}>"
