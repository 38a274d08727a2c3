"""Packages for certain recipients only: inside an age file (https://c2sp.org/age), streamed both ways."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from qingyuan.evidence import unnamed_writer
from qingyuan.office.errors import OfficeError

if TYPE_CHECKING:
    import pyrage  # type: ignore[import-untyped]

#: What the first line of an age file says.
MAGIC = b"age-encryption.org/v1\n"

_IDENTITY_LIMIT = 64 << 10


def read_recipients(texts: Sequence[str]) -> list[str]:
    """Check age recipients and return them, each once.

    Args:
        texts: X25519 recipients, ``age1…``.

    Raises:
        OfficeError: One cannot be read.
    """
    from pyrage import RecipientError, x25519  # noqa: PLC0415 - only encryption needs it

    for text in texts:
        try:
            x25519.Recipient.from_str(text)
        except RecipientError as error:
            raise OfficeError(
                "office.bad-recipient",
                zh="不是 age 接收方公钥（应以 age1 开头）",
                en="not an age recipient (it begins with age1)",
                where=None if text.upper().startswith("AGE-SECRET") else text[:80],
                remedy_zh="请核对对方提供的公钥；不要使用以 AGE-SECRET-KEY 开头的私钥",
                remedy_en="check what the recipient gave you; never use an AGE-SECRET-KEY",
            ) from error
    return list(dict.fromkeys(texts))


def encrypt(source: BinaryIO, target: Path, recipients: Sequence[str]) -> None:
    """Write ``source``, from where it stands, into an age file that appears whole or not at all.

    Memory use does not grow with size.

    Args:
        source: What to encrypt.
        target: The age file.
        recipients: Who can open it.

    Raises:
        OfficeError: A recipient cannot be read.
        EvidenceError: The file cannot be written.
    """
    with unnamed_writer(target) as file:
        encrypt_into(source, file, recipients)


def encrypt_into(source: BinaryIO, file: BinaryIO, recipients: Sequence[str]) -> None:
    """Write ``source``, from where it stands, into an open file as an age file.

    Args:
        source: What to encrypt.
        file: Where to.
        recipients: Who can open it.

    Raises:
        OfficeError: A recipient cannot be read.
    """
    import pyrage  # noqa: PLC0415

    keys = [pyrage.x25519.Recipient.from_str(text) for text in read_recipients(recipients)]
    pyrage.encrypt_io(source, file, keys)


def is_encrypted(path: Path) -> bool:
    """Say whether a file is an age file, by its first line."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


@contextmanager
def decrypted(path: Path, identity: Path) -> Iterator[Path]:
    """Decrypt an age file into a private file that is gone when the block ends, and yield where it is.

    Where the system allows it the file has no name, so that not even a killed process leaves it behind.

    Args:
        path: The age file.
        identity: File with age identities (``AGE-SECRET-KEY-1…``), one a line.

    Raises:
        OfficeError: The identity file cannot be used, none of its identities opens the file, or it was changed.
    """
    import pyrage  # noqa: PLC0415

    identities = _read_identities(identity)
    with path.open("rb") as source, _private_file() as (clear, where):
        try:
            pyrage.decrypt_io(source, clear, identities)
        except (pyrage.DecryptError, OSError) as error:
            raise OfficeError(
                "office.cannot-decrypt",
                zh="无法解密：身份文件不对，或文件已损坏、被截断或改动",
                en="cannot be decrypted: another identity is needed, or the file is damaged, cut off or altered",
                where=str(path),
                remedy_zh="请使用与加密时公钥对应的身份文件；若无误，请向制作单位重新索取",
                remedy_en="use the identity that belongs to the recipient; if it does, ask for the file again",
            ) from error
        clear.flush()
        yield where


@contextmanager
def _private_file() -> Iterator[tuple[BinaryIO, Path]]:
    with tempfile.TemporaryFile() as unnamed:
        where = Path(f"/proc/self/fd/{unnamed.fileno()}")
        if where.exists():
            yield unnamed, where
            return
    descriptor, name = tempfile.mkstemp(prefix="qingyuan-", suffix=".evp")
    named = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file, named
    finally:
        named.unlink()


def _read_identities(path: Path) -> list[pyrage.x25519.Identity]:
    import pyrage  # noqa: PLC0415

    with path.open("rb") as file:
        data = file.read(_IDENTITY_LIMIT + 1)
    lines = data[:_IDENTITY_LIMIT].decode("utf-8", "replace").split("\n")
    texts = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    try:
        if texts and len(data) <= _IDENTITY_LIMIT:
            return [pyrage.x25519.Identity.from_str(text) for text in texts]
        reason: Exception | None = None
    except pyrage.IdentityError as error:
        reason = error
    raise OfficeError(  # the words never repeat the file: it is secret
        "office.bad-identity",
        zh="不是 age 身份文件（每行一个 AGE-SECRET-KEY-1…）",
        en="not a file of age identities (one AGE-SECRET-KEY-1… a line)",
        where=str(path),
        remedy_zh="用 age-keygen 生成的身份文件即可",
        remedy_en="a file made by age-keygen will do",
    ) from reason
