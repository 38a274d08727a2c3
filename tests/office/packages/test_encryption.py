"""Packages inside age files: only the recipient opens them, and nothing stays in clear."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pyrage  # type: ignore[import-untyped]
import pytest

from qingyuan.evidence.verify import verify
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from qingyuan.office.packages.encryption import decrypted, encrypt, is_encrypted, read_recipients
from qingyuan.office.packages.packaging import make_package
from tests.office.running import material
from tests.warm import run


class Recipient:
    def __init__(self, folder: Path, name: str) -> None:
        identity = pyrage.x25519.Identity.generate()
        self.public = str(identity.to_public())
        self.file = folder / f"{name}.txt"
        self.file.write_text(f"# created: 2026\n# public key: {self.public}\n{identity}\n", encoding="ascii")


@pytest.fixture
def court(tmp_path: Path) -> Recipient:
    return Recipient(tmp_path, "court")


def age(path: Path, content: bytes, *recipients: str) -> Path:
    encrypt(io.BytesIO(content), path, recipients)
    return path


def read(path: Path, identity: Path) -> bytes:
    with decrypted(path, identity) as clear:
        return clear.read_bytes()


@pytest.mark.parametrize("size", [0, 1, 65_536, 200_000])
def test_what_is_encrypted_opens_with_each_recipients_identity(
    tmp_path: Path, court: Recipient, size: int
) -> None:
    other, content = Recipient(tmp_path, "other"), bytes(size)
    path = age(tmp_path / "a.age", content, court.public, other.public)
    assert is_encrypted(path)
    assert read(path, court.file) == read(path, other.file) == content
    assert path.stat().st_mode & 0o077 == 0


def test_the_age_of_others_opens_what_we_encrypt_and_we_what_it_encrypts(
    tmp_path: Path, court: Recipient
) -> None:
    identity = pyrage.x25519.Identity.from_str(court.file.read_text().splitlines()[-1])
    assert pyrage.decrypt(age(tmp_path / "a.age", b"PK", court.public).read_bytes(), [identity]) == b"PK"
    recipient = pyrage.x25519.Recipient.from_str(court.public)
    for armored in (False, True):
        (tmp_path / "b.age").write_bytes(pyrage.encrypt(b"PK", [recipient], armored=armored))
        assert read(tmp_path / "b.age", court.file) == b"PK"


def test_another_identity_and_a_changed_or_cut_file_are_told_and_leave_nothing(
    tmp_path: Path, court: Recipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    path = age(tmp_path / "a.age", bytes(200_000), court.public)
    whole = path.read_bytes()
    for data in (
        whole[:-1],
        whole[:100_000],
        whole[:-1] + b"?",
        whole + b"?",
        b"",
        b"age-encryption.org/v1\n",
    ):
        path.write_bytes(data)
        with pytest.raises(OfficeError) as caught:
            read(path, court.file)
        assert caught.value.code == "office.cannot-decrypt"
    path.write_bytes(whole)
    with pytest.raises(OfficeError) as caught:
        read(path, Recipient(tmp_path, "stranger").file)
    assert caught.value.code == "office.cannot-decrypt"
    with pytest.raises(ZeroDivisionError), decrypted(path, court.file):
        raise ZeroDivisionError
    assert not list(scratch.iterdir())


def test_the_decrypted_file_has_no_name_that_others_could_open(tmp_path: Path, court: Recipient) -> None:
    path = age(tmp_path / "a.age", b"PK", court.public)
    with decrypted(path, court.file) as clear:
        assert clear.read_bytes() == b"PK"
        assert clear.stat().st_nlink == 0
    assert not clear.exists()


@pytest.mark.parametrize("text", ["", "age1", "AGE-SECRET-KEY-1QQ", "ssh-ed25519 AAAA", "age1" + "q" * 58])
def test_what_is_no_recipient_is_refused(text: str) -> None:
    with pytest.raises(OfficeError) as caught:
        read_recipients([text])
    assert caught.value.code == "office.bad-recipient"


def test_an_identity_file_that_cannot_be_used_is_refused_without_showing_it(
    tmp_path: Path, court: Recipient
) -> None:
    path = age(tmp_path / "a.age", b"PK", court.public)
    bad = tmp_path / "bad.txt"
    for content in ("", "# only words\n", "AGE-SECRET-KEY-1NOTONE\n", "x" * 70_000, court.public):
        bad.write_text(content)
        with pytest.raises(OfficeError) as caught:
            read(path, bad)
        assert caught.value.code == "office.bad-identity"
        assert "SECRET-KEY-1N" not in str(caught.value)


_STREAMING = """
import resource, sys
from pathlib import Path
from qingyuan.office.packages.encryption import decrypted, encrypt
class Zeros:
    def __init__(self, size): self.rest = size
    def read(self, size=-1):
        count = min(self.rest, size); self.rest -= count
        return bytes(count)
folder, size, public, identity = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
encrypt(Zeros(1 << 20), folder / "warm.age", [public])
with decrypted(folder / "warm.age", identity): pass
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
encrypt(Zeros(size), folder / "a.age", [public])
with decrypted(folder / "a.age", identity) as clear:
    assert clear.stat().st_size == size
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_the_package(tmp_path: Path, court: Recipient) -> None:
    command = [sys.executable, "-c", _STREAMING, str(tmp_path), str(96 << 20), court.public, str(court.file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert int(done.stdout) < 24 << 10, "more than 24 MiB for a package of 96 MiB"
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 0


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.open(tmp_path / "home", create=True)
    intake(home, [material(tmp_path / "material", 2)], workers=0)
    return home


def test_an_encrypted_package_is_the_only_file_written_and_passes_when_opened(
    tmp_path: Path, court: Recipient, home: Home
) -> None:
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "a.evp.age"
    lead = f"L{home.clock.now().year}-0001"
    packed = make_package(home, lead, target, to="某法院", actor="P001", encrypt_to=[court.public])
    assert (packed.recipients, packed.size) == (1, target.stat().st_size)
    assert [path.name for path in target.parent.iterdir()] == ["a.evp.age"]
    assert b"PK\x03\x04" not in target.read_bytes()[:4096]
    with decrypted(target, court.file) as clear:
        assert verify(clear, trust=home.trust_path).verdict == "pass"


def test_a_bad_recipient_is_refused_before_anything_is_logged(tmp_path: Path, home: Home) -> None:
    before = home.head()
    with pytest.raises(OfficeError) as caught:
        make_package(home, "x", tmp_path / "a", to="", actor="P001", encrypt_to=["age1x"])
    assert caught.value.code == "office.bad-recipient"
    assert home.head() == before


def test_the_command_line_makes_and_opens_an_encrypted_package(
    tmp_path: Path, court: Recipient, home: Home
) -> None:
    lead, target = f"L{home.clock.now().year}-0001", tmp_path / "a.evp.age"
    made = run("package", lead, "-o", target, "--encrypt-to", court.public, "--home", home.path, "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["recipients"] == 1
    found = run("verify", target, "--identity", court.file, "--home", home.path, "--json")
    assert (found.returncode, json.loads(found.stdout)["verdict"]) == (0, "pass")
    shown = run("verify", target, "--identity", court.file)
    assert shown.returncode == 3
    assert str(target) in shown.stdout
    stranger = Recipient(tmp_path, "stranger")
    assert run("verify", target, "--identity", stranger.file).returncode == 2
