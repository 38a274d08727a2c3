"""Errors of the office room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qingyuan.errors import QingyuanError

if TYPE_CHECKING:
    from qingyuan.cases import Line


class CancelledError(Exception):
    """Somebody cancelled long work; raised by whoever is told its progress."""


class OfficeError(QingyuanError):
    """The home folder, its keys or a job cannot do what was asked."""


class ConflictError(OfficeError):
    """Somebody changed the record after it was looked at; nothing was written.

    Attributes:
        changes: What happened meanwhile, by whom, in order.
    """

    def __init__(self, target: str, changes: Sequence[Line]) -> None:
        """Say what changed."""
        self.changes = tuple(changes)
        super().__init__(
            "office.conflict",
            zh="他人已先行办理，本次未写入："
            + "；".join(f"{line.recorded:%m-%d %H:%M} {line.actor} {line.zh}" for line in changes),
            en="somebody acted first and nothing was written: "
            + "; ".join(f"{line.recorded:%m-%d %H:%M} {line.actor} {line.en}" for line in changes),
            where=target,
            remedy_zh="请重新打开该记录，确认后再办理",
            remedy_en="open the record again, look, and then act",
        )
