"""What a WARC file is made of (ISO 28500:2017, WARC 1.1)."""

from __future__ import annotations

import enum
from collections.abc import Sequence

import msgspec

#: Version line of every record.
VERSION = b"WARC/1.1"


class RecordType(enum.StrEnum):
    """The record types that are written here."""

    WARCINFO = "warcinfo"
    REQUEST = "request"
    RESPONSE = "response"
    RESOURCE = "resource"
    METADATA = "metadata"


#: Why a block is shorter than what the server would have sent (WARC 1.1, section 5.13).
TRUNCATED = ("length", "time", "disconnect", "unspecified")


class Written(msgspec.Struct, frozen=True):
    """A record that was written.

    Attributes:
        id: Record identifier, ``<urn:uuid:…>``.
        type: See :class:`RecordType`.
        uri: Target address; ``""`` when it has none.
        date: Its ``WARC-Date``.
        offset: First byte in the file.
        length: Bytes in the file, compressed.
        block_digest: ``sha256:`` and hex digits over the block.
        payload_digest: The same over the payload; ``""`` when the block has none.
    """

    id: str
    type: RecordType
    uri: str
    date: str
    offset: int
    length: int
    block_digest: str
    payload_digest: str = ""


class Record(msgspec.Struct, frozen=True):
    """A record that was read.

    Attributes:
        offset: First byte in the file; in what the file unpacks to, when the record does not stand apart.
        length: Bytes there.
        headers: Names and values, in their order.
        size: Bytes of the block.
        apart: Whether it can be read by itself, as a file that is not compressed or a gzip member of its own lets it be.
    """

    offset: int
    length: int
    headers: tuple[tuple[str, str], ...]
    size: int
    apart: bool = True

    def header(self, name: str) -> str:
        """Return the first header of that name, whatever its case; ``""`` when there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")


class Checked(msgspec.Struct, frozen=True):
    """A WARC file that two readers found whole.

    Attributes:
        records: Records.
        types: Records of each type.
        blocks: Bytes of all blocks together.
        readers: The readers, with their versions.
        apart: Whether every record can be read by itself (ISO 28500, annex D: to be preferred, not demanded).
    """

    records: int
    types: dict[str, int]
    blocks: int
    readers: Sequence[str]
    apart: bool = True
