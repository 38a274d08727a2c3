"""What goes from one site to another, and who the sites are."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from qingyuan.ledger import FormatError, VerifierKey

#: A lead that goes to the office with jurisdiction; a suggestion; the answer to one; a suit with its exhibits; a receipt.
Kind = Literal["lead", "suggestion", "reply", "filing", "receipt"]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: Type of the event by which the sender's log holds a bundle.
SENT = "exchange.sent"


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a bundle.

    Attributes:
        name: Its name, without a folder.
        size: Bytes.
        sha256: Of the content, hex.
    """

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bundle says of itself; canonical JSON of it is what the sender's log commits to.

    Attributes:
        v: 1.
        kind: See :data:`Kind`.
        sender: Origin of the sender's log.
        receiver: Origin of the receiver's log.
        seq: Number of the bundle from this sender to this receiver, from 1.
        prev: Hex SHA-256 of the manifest before it, ``""`` for the first.
        at: When it was made, RFC 3339, as the sender claims.
        ref: The sender's record, such as ``"C2026-0001"``; ``""`` for none.
        your_ref: The receiver's record that it answers; ``""`` for none.
        body: What it says, by name; texts and lists of texts.
        files: Its files, in the order they follow.
    """

    v: int
    kind: Kind
    sender: str
    receiver: str
    seq: int
    prev: str
    at: str
    ref: str
    your_ref: str
    body: dict[str, str | int | bool | list[str]]
    files: tuple[FileEntry, ...]


class Peer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A site that was introduced out of band.

    Attributes:
        name: What we call it; lower-case letters, digits, hyphens.
        title: Its full name.
        log: Verifier key of its log; the key's name is its origin.
        package: Verifier key it signs bundles with.
    """

    name: str
    title: str
    log: str
    package: str

    @property
    def log_key(self) -> VerifierKey:
        """The key of its log."""
        return VerifierKey.parse(self.log)

    @property
    def package_key(self) -> VerifierKey:
        """The key of its bundles."""
        return VerifierKey.parse(self.package)

    @property
    def origin(self) -> str:
        """Origin of its log."""
        return self.log_key.name

    def check(self) -> None:
        """Read both keys.

        Raises:
            FormatError: One is malformed, or the key of bundles is not named after the log.
        """
        if not self.package_key.name.startswith(f"{self.origin}/"):
            raise FormatError(
                "exchange.foreign-key",
                zh="交换包密钥与账本不属于同一单位",
                en="the key of bundles and the log belong to different sites",
                where=self.package_key.name,
                remedy_zh="请核对对方的信任文件",
                remedy_en="compare with the trust file of the peer",
            )
