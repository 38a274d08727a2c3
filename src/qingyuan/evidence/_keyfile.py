"""Files of secret keys: canonical JSON, and a box whose key comes from a passphrase or a key file.

The key of the box, its nonce and a value to check the passphrase by are drawn by HKDF-SHA256 from the key-encrypting key and a
fresh salt; everything that stands in clear is associated data of the box.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from qingyuan.evidence._wire import canonical
from qingyuan.evidence.errors import KeyringError
from qingyuan.evidence.sources import unreadable
from qingyuan.shapes import from_json

FileT = TypeVar("FileT", bound=msgspec.Struct)


def read_key_file(path: Path, kind: type[FileT], limit: int, damaged: Callable[[str], KeyringError]) -> FileT:
    """Read a key file without opening its box.

    Args:
        path: The file.
        kind: What it holds.
        limit: Most bytes read.
        damaged: Makes the error, with the path in it.

    Raises:
        KeyringError: The one of ``damaged``, when the file is not the canonical JSON of ``kind``.
        SourceError: It cannot be read.
    """
    try:
        with path.open("rb") as source:
            data = source.read(limit + 1)
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        file = from_json(data[:limit], kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise damaged(str(path)) from error
    if key_file_bytes(file) != data:
        raise damaged(str(path))
    return file


def key_file_bytes(file: msgspec.Struct) -> bytes:
    """Return what a key file holds: canonical JSON and a line feed."""
    return canonical(msgspec.to_builtins(file)) + b"\n"


def associated(file: FileT, info: bytes) -> bytes:
    """Return the associated data of the box: ``info`` and everything that stands beside the box."""
    return info + canonical(msgspec.to_builtins(msgspec.structs.replace(file, box="")))


def box_keys(kek: bytes, salt: bytes, info: bytes) -> tuple[bytes, bytes, bytes]:
    """Return key (32 bytes), nonce (12) and check value (16) of a box.

    Args:
        kek: The key-encrypting key.
        salt: 32 bytes, fresh for each writing.
        info: Names the kind of file.
    """
    derived = HKDF(SHA256(), 60, salt, info).derive(kek)
    return derived[:32], derived[32:44], derived[44:]
