"""What is kept of a token, and the exact bytes that it is over."""

from __future__ import annotations

from typing import Literal

import msgspec

from qingyuan.evidence.timestamp.errors import broken
from qingyuan.ledger import Checkpoint

Over = Literal["checkpoint", "exhibit", "timestamp"]


class StoredTimestamp(msgspec.Struct, frozen=True):
    """An authority's answer as it is kept.

    Attributes:
        id: Number in the store.
        over: What kind of thing it stamps.
        subject: Which: origin of the log, identifier of the exhibit, or number of the earlier answer.
        size: Size of the log, for a checkpoint.
        root: Root of the log, for a checkpoint.
        tsa: Name of the authority in our settings.
        operator: Who runs it.
        token: DER of the TimeStampResp.
        gen_time: When the authority stamped it, RFC 3339 in UTC.
        at: When it was received, by our clock.
    """

    id: int
    over: Over
    subject: str
    size: int | None
    root: bytes | None
    tsa: str
    operator: str
    token: bytes
    gen_time: str
    at: str

    def checkpoint(self) -> bytes:
        """Return the bytes that a token over a checkpoint stamps: three lines, without extensions and signatures.

        Raises:
            BrokenTimestampError: ``timestamp.no-message`` when it is not over a checkpoint.
            FormatError: ``ledger.checkpoint`` when origin, size or root is none.
        """
        if self.over != "checkpoint" or self.size is None or self.root is None:
            raise broken("no-message", self.over)
        return checkpoint_message(self.subject, self.size, self.root)


def checkpoint_message(origin: str, size: int, root: bytes) -> bytes:
    """Return the text of a C2SP checkpoint as it is stamped: ``origin``, size and root, one line each.

    Extension lines are left out, as witnesses make no statement about them either.
    """
    return Checkpoint(origin, size, root).text().encode()


def operators(rows: list[StoredTimestamp]) -> frozenset[str]:
    """Return the different operators behind some answers."""
    return frozenset(row.operator for row in rows)
