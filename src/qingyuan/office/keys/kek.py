"""Where the secret that opens a home's keyring comes from.

A passphrase, when one is given by ``QINGYUAN_PASSPHRASE`` or ``QINGYUAN_PASSPHRASE_FILE``; else a random key in
the user's own data folder, outside the home, so that a copied home alone opens nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from qingyuan.bounded import read_text
from qingyuan.evidence import Kek, KeyringError
from qingyuan.office.clock import Entropy
from qingyuan.office.errors import OfficeError

_KEY_BYTES = 32
_VARIABLES = ("QINGYUAN_PASSPHRASE", "QINGYUAN_PASSPHRASE_FILE")


def key_folder() -> Path:
    """Return the user's folder of home keys (XDG base directory specification)."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "qingyuan" / "keys"


def passphrase() -> str | None:
    """Return the passphrase from the environment, or ``None``.

    Raises:
        OfficeError: The file that ``QINGYUAN_PASSPHRASE_FILE`` names cannot be read.
    """
    if text := os.environ.get("QINGYUAN_PASSPHRASE"):
        return text
    name = os.environ.get("QINGYUAN_PASSPHRASE_FILE")
    if not name:
        return None
    try:
        return read_text(Path(name)).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise OfficeError(
            "office.passphrase-file",
            zh=f"无法读取口令文件：{error}",
            en=f"the passphrase file cannot be read: {error}",
            where=name,
            remedy_zh="请检查 QINGYUAN_PASSPHRASE_FILE",
            remedy_en="check QINGYUAN_PASSPHRASE_FILE",
        ) from error


def new_kek(home_id: str, entropy: Entropy) -> Kek:
    """Return the secret for a new home, making and keeping a random key when there is no passphrase."""
    words = passphrase()
    return Kek.passphrase(words) if words is not None else _make_key(key_folder() / f"{home_id}.key", entropy)


def find_kek(home_id: str, opens: Callable[[Kek], bool]) -> Kek:
    """Return the secret of an existing home.

    Args:
        home_id: Identifier of the home.
        opens: Says whether a secret opens the keyring; asked only when a change of the key file was cut off.

    Raises:
        OfficeError: There is neither a passphrase nor this home's key file.
    """
    words = passphrase()
    if words is not None:
        return Kek.passphrase(words)
    path = key_folder() / f"{home_id}.key"
    waiting = _waiting(home_id)
    if waiting.exists() and opens(Kek.raw(waiting.read_bytes())):
        waiting.replace(path)
    try:
        return Kek.raw(path.read_bytes())
    except OSError as error:
        raise OfficeError(
            "office.no-key",
            zh="找不到打开密钥环的密钥",
            en="the key that opens the keyring is not here",
            where=str(path),
            remedy_zh="请设置 QINGYUAN_PASSPHRASE，或从备份恢复该密钥文件",
            remedy_en="set QINGYUAN_PASSPHRASE, or restore that key file from its backup",
        ) from error


def explain_kind(error: KeyringError) -> None:
    """Say of a secret of the wrong kind which variable it came from, and what to do about that."""
    if error.code != "evidence.wrong-kind-of-kek":
        return
    given = next((name for name in _VARIABLES if os.environ.get(name)), None)
    if given is None:
        error.remedy_zh = f"请设置 {_VARIABLES[0]}"
        error.remedy_en = f"set {_VARIABLES[0]}"
    else:
        error.remedy_zh = f"此处用密钥文件打开，不用口令：请取消环境变量 {given}"
        error.remedy_en = f"a key file opens it, and no passphrase: unset {given}"
    error.args = (error.text("en"),)


def next_kek(home_id: str, entropy: Entropy) -> Kek:
    """Return a new random key for a home, kept beside the old one until :func:`settle_kek`."""
    waiting = _waiting(home_id)
    waiting.unlink(missing_ok=True)  # of a change that was cut off before it had any effect
    return _make_key(waiting, entropy)


def settle_kek(home_id: str, *, is_passphrase: bool) -> None:
    """Put the new key file in the place of the old one, or remove the old one when a passphrase opens the home."""
    path = key_folder() / f"{home_id}.key"
    if is_passphrase:
        path.unlink(missing_ok=True)
        _waiting(home_id).unlink(missing_ok=True)
    else:
        _waiting(home_id).replace(path)


def _waiting(home_id: str) -> Path:
    return key_folder() / f"{home_id}.key.new"


def _make_key(path: Path, entropy: Entropy) -> Kek:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = entropy(_KEY_BYTES)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return Kek.raw(key)
