"""Looking again at the timestamps an office holds: whether they are good, and which are due to be renewed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from qingyuan.errors import QingyuanError
from qingyuan.evidence.timestamp import (
    RENEW_BEFORE,
    Age,
    Ageing,
    Agreement,
    Certificate,
    Judgement,
    Opinion,
    Standing,
    StoredTimestamp,
    ageing_of,
    judge_timestamp,
    second_opinion,
)
from qingyuan.evidence.timestamp.errors import broken
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.timestamps.settings import Tsa, read_tsas
from qingyuan.store.registry import exhibit as find_exhibit
from qingyuan.store.timestamps import for_exhibits, timestamp, timestamps


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A stored answer and what both readers say about it now.

    Attributes:
        row: The answer.
        judged: What our reader says.
        opinion: What the second reader says.
    """

    row: StoredTimestamp
    judged: Judgement
    opinion: Opinion


@dataclass(frozen=True, slots=True)
class Due:
    """A stored answer that should be stamped again.

    Attributes:
        row: The answer.
        reasons: Why, most pressing first.
    """

    row: StoredTimestamp
    reasons: tuple[Ageing, ...]

    @property
    def renewable(self) -> bool:
        """Whether stamping it again helps: what no anchor confirms now, a new token does not mend."""
        return not {each.age for each in self.reasons} & {Age.BROKEN, Age.NOT_TRUSTED}


def review(home: Home, *, now: datetime | None = None, exhibit: str = "") -> list[Reviewed]:
    """Check every stored answer by both readers; those over one exhibit when one is named.

    Args:
        home: The home.
        now: The present; by default the home's clock.
        exhibit: An exhibit.

    Raises:
        OfficeError: ``office.bad-tsa``.
    """
    tsas = read_tsas(home.path)
    anchors, others = _known(tsas)
    reviewed = []
    for row, message in _stored(home, exhibit):
        judged = _judge(row, message, tsas, now or home.clock.now())
        opinion = Opinion(Agreement.CANNOT_JUDGE, "what it stamps is missing")
        if message is not None:
            opinion = second_opinion(row.token, message, judged, anchors=anchors, others=others)
        reviewed.append(Reviewed(row, judged, opinion))
    return reviewed


def ageing(
    home: Home,
    *,
    now: datetime | None = None,
    before: timedelta = RENEW_BEFORE,
    older_than: timedelta | None = None,
) -> list[Due]:
    """Return the answers that should be stamped again; those that were and whose renewal still holds are not due.

    Args:
        home: The home.
        now: The present; by default the home's clock.
        before: How long before a certificate expires its tokens are due.
        older_than: Every token of at least this age is due, too.

    Raises:
        OfficeError: ``office.bad-tsa``.
    """
    now = now or home.clock.now()
    tsas = read_tsas(home.path)
    judged = [(row, _judge(row, message, tsas, now)) for row, message in _stored(home)]
    renewed = _renewed(judged)
    due = []
    for row, judgement in judged:
        reasons = [*ageing_of(judgement, now, before), *_old(judgement, now, older_than)]
        if reasons and row.id not in renewed:
            due.append(Due(row, tuple(reasons)))
    return due


def message_of(connection: sa.Connection, row: StoredTimestamp) -> bytes:
    """Return the bytes that an answer is over.

    Raises:
        OfficeError: ``office.no-such-exhibit`` when the exhibit is gone.
        StoreError: ``store.no-timestamp`` when the earlier answer is.
    """
    if row.over == "checkpoint":
        return row.checkpoint()
    if row.over == "exhibit":
        return manifest_of(connection, row.subject)
    return timestamp(connection, int(row.subject) if row.subject.isdecimal() else 0).token


def manifest_of(connection: sa.Connection, identifier: str) -> bytes:
    """Return the canonical manifest of an exhibit.

    Raises:
        OfficeError: ``office.no-such-exhibit``.
    """
    found = find_exhibit(connection, identifier)
    if found is None:
        raise OfficeError(
            "office.no-such-exhibit",
            zh=f"没有证据材料 {identifier}",
            en=f"there is no exhibit {identifier}",
            remedy_zh="用 qingyuan exhibit list 查看",
            remedy_en="see qingyuan exhibit list",
        )
    return found.manifest


def _stored(home: Home, exhibit: str = "") -> list[tuple[StoredTimestamp, bytes | None]]:
    """Return every answer and what it is over; ``None`` when that is no longer here."""
    found: list[tuple[StoredTimestamp, bytes | None]] = []
    with home.database.read() as connection:
        for row in for_exhibits(connection, [exhibit]) if exhibit else timestamps(connection):
            try:
                found.append((row, message_of(connection, row)))
            except QingyuanError:
                found.append((row, None))
    return found


def _judge(row: StoredTimestamp, message: bytes | None, tsas: Sequence[Tsa], now: datetime) -> Judgement:
    if message is None:
        return Judgement(Standing.BROKEN, None, broken("no-message"))
    anchors, others = _known(tsas)
    lists = [each for tsa in tsas for each in tsa.lists]
    return judge_timestamp(row.token, message, anchors=anchors, others=others, lists=lists, now=now)


def _known(tsas: Iterable[Tsa]) -> tuple[list[Certificate], list[Certificate]]:
    """Return all anchors and all certificates between, as the trust file of a package has them."""
    held = list(tsas)
    return [each for tsa in held for each in tsa.anchors], [each for tsa in held for each in tsa.others]


def _renewed(judged: Iterable[tuple[StoredTimestamp, Judgement]]) -> set[int]:
    """Return the answers that a good later answer is over. Whether that one is due is asked about itself."""
    return {
        int(row.subject)
        for row, judgement in judged
        if row.over == "timestamp" and judgement.standing is Standing.TRUSTED
    }


def _old(judged: Judgement, now: datetime, older_than: timedelta | None) -> list[Ageing]:
    found = judged.timestamp
    if older_than is None or found is None or found.gen_time + older_than > now:
        return []
    return [Ageing(Age.OLD, found.gen_time + older_than, "")]
