"""Where the secret that opens a home's keyring comes from.

A passphrase, when one is given by ``QINGYUAN_PASSPHRASE`` or ``QINGYUAN_PASSPHRASE_FILE``; else a random key in
the user's own data folder, outside the home, so that a copied home alone opens nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

from qingyuan.evidence import Kek
from qingyuan.office.clock import Entropy
from qingyuan.office.errors import OfficeError

_KEY_BYTES = 32


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
        return Path(name).read_text(encoding="utf-8").rstrip("\r\n")
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
    if words is not None:
        return Kek.passphrase(words)
    folder = key_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{home_id}.key"
    key = entropy(_KEY_BYTES)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return Kek.raw(key)


def find_kek(home_id: str) -> Kek:
    """Return the secret of an existing home.

    Raises:
        OfficeError: There is neither a passphrase nor this home's key file.
    """
    words = passphrase()
    if words is not None:
        return Kek.passphrase(words)
    path = key_folder() / f"{home_id}.key"
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
