"""Private keys that never come into this process: the seam for cryptographic devices.

A key of the log, its twin or the packages may live in a device. What we need of it is a
:class:`qingyuan.ledger.TextSigner`; a :class:`KeyStore` finds it by its public key. The one store that ships asks a
command, named in the public file ``signers.yaml`` of the home::

    signers:
      - vkey: procuratorate.example/log+0123abcd+AQ...
        command: [/usr/local/bin/sign-with-module, --key, log-2026]
        seconds: 10

The command gets the message on standard input, all of it, and writes the 64 bytes of the signature (Ed25519, or
``r ‖ s`` of SM2 under the default user identity) on standard output. A PKCS#11 or SDF (GM/T 0018) module is
joined by a small program of this kind, or by a store of one's own. What comes back is verified before it is used.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Protocol

import msgspec

from qingyuan.ledger import FormatError, TextSigner, VerifierKey
from qingyuan.office.errors import OfficeError
from qingyuan.plainyaml import load_yaml
from qingyuan.shapes import convert

#: The file that names the commands.
SIGNERS = "signers.yaml"

_LIMIT = 64 << 10


class KeyStore(Protocol):
    """Where private keys of notes are kept outside the keyring."""

    def public_keys(self) -> tuple[VerifierKey, ...]:
        """Return the public keys it can sign with."""

    def find(self, key: VerifierKey) -> TextSigner | None:
        """Return the signer of a public key, or ``None`` when the store does not have it."""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    vkey: str
    command: tuple[str, ...]
    seconds: float = 10.0


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    signers: tuple[_Entry, ...] = ()


class CommandSigner:
    """A signer that asks a command.

    Args:
        key: The public key under its name.
        command: Program and arguments; no shell is between.
        seconds: How long it may take.
    """

    def __init__(self, key: VerifierKey, command: tuple[str, ...], seconds: float) -> None:
        """Remember how to ask; nothing is run."""
        self.key = key
        self.key_id = key.key_id
        self._command = command
        self._seconds = seconds

    def __repr__(self) -> str:
        """Show the key, not the command, whose arguments may be nobody's business."""
        return f"<{type(self).__name__} {self.name}+{self.key_id:08x}>"

    @property
    def name(self) -> str:
        """The key name."""
        return self.key.name

    def sign(self, text: str) -> bytes:
        """Return the signature over the text, after verifying it.

        Raises:
            OfficeError: ``office.signer`` when the command cannot be run, fails, takes too long, or returns anything but
                a signature by the key.
        """
        try:
            done = subprocess.run(  # noqa: S603 - the office's own file names the program
                self._command,
                input=text.encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=self._seconds,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            reason = type(error).__name__
            raise self._failed(f"无法完成（{reason}）", f"did not finish ({reason})") from error
        if done.returncode:
            raise self._failed(f"以状态 {done.returncode} 结束", f"ended with status {done.returncode}")
        if not self.key.verifies(text, done.stdout):
            raise self._failed("返回的不是该密钥的签名", "returned no signature by this key")
        return done.stdout

    def _failed(self, zh: str, en: str) -> OfficeError:
        return OfficeError(
            "office.signer",
            zh=f"外部签名程序{zh}",
            en=f"the signing command {en}",
            where=f"{self.name}+{self.key_id:08x}",
            remedy_zh=f"请检查 {SIGNERS} 与密码设备；本次操作未生效",
            remedy_en=f"check {SIGNERS} and the device; nothing of this was done",
        )


class CommandKeys:
    """The key store of ``signers.yaml``.

    Args:
        home: The home folder; without the file the store is empty.

    Raises:
        OfficeError: ``office.bad-signers`` when the file is not what it must be.
    """

    def __init__(self, home: Path) -> None:
        """Read the file."""
        self._signers: dict[VerifierKey, CommandSigner] = {}
        path = home / SIGNERS
        if not path.exists():
            return
        import yaml  # noqa: PLC0415 - only homes with such a file pay for it

        try:
            with path.open("rb") as file:
                data = file.read(_LIMIT + 1)
            content = convert(load_yaml(data[:_LIMIT]) or {}, _File)
            for entry in content.signers:
                key = VerifierKey.parse(entry.vkey)
                if not entry.command or entry.seconds <= 0 or len(data) > _LIMIT:
                    raise _bad(path, "command, seconds")
                self._signers[key] = CommandSigner(key, entry.command, entry.seconds)
        except (OSError, yaml.YAMLError, msgspec.MsgspecError, FormatError) as error:
            raise _bad(path, str(error).replace(os.linesep, " ")) from error

    def public_keys(self) -> tuple[VerifierKey, ...]:
        """Return the public keys that commands sign for, in the order of the file."""
        return tuple(self._signers)

    def find(self, key: VerifierKey) -> TextSigner | None:
        """Return the signer of a public key, or ``None`` when no command is named for it."""
        return self._signers.get(key)


def _bad(path: Path, why: str) -> OfficeError:
    return OfficeError(
        "office.bad-signers",
        zh=f"外部签名设置不符合格式：{why}",
        en=f"the file of signing commands is not what it must be: {why}",
        where=str(path),
        remedy_zh="每项写明 vkey、command（列表）和可选的 seconds",
        remedy_en="each entry has vkey, command (a list) and optionally seconds",
    )
