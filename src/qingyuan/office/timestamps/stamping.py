"""Having checkpoints, exhibits and ageing timestamps stamped by the authorities of ``tsa.yaml``.

Every authority is asked by itself, fails by itself and is tried again by itself. Its answer is checked by two readers
before it is kept: ours must trust it; what the second says, or cannot judge, is reported with it.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from qingyuan.errors import QingyuanError
from qingyuan.evidence import format_time
from qingyuan.evidence.timestamp import (
    NONCE_SIZE,
    RENEW_BEFORE,
    Agreement,
    Judgement,
    Note,
    Opinion,
    Over,
    RefusedTimestampError,
    Standing,
    StoredTimestamp,
    Timestamp,
    TimestampError,
    TokenIdentity,
    checkpoint_message,
    identity_of,
    new_request,
    read_response,
    second_opinion,
    verify_timestamp,
)
from qingyuan.ledger import parse_checkpoint, parse_note
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.timestamps.client import TSA_SECONDS, UnreachableTsaError, ask_tsa
from qingyuan.office.timestamps.review import ageing, manifest_of
from qingyuan.office.timestamps.settings import TSA_FILE, Tsa, read_tsas
from qingyuan.store import SqlLogStorage
from qingyuan.store.timestamps import add_timestamp, of_authority, stamped_by

#: Seconds to wait before an authority is asked again.
WAITS = (1.0, 2.0, 4.0)
#: How many of an authority's earlier answers a new one is compared with.
REMEMBERED = 256

_AT_ONCE = 8
_PASSING_FAILURES = {"time_not_available", "system_failure"}
_LOG = logging.getLogger(__name__)

Pause = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Subject:
    """Something to be stamped.

    Attributes:
        over: Its kind.
        name: Origin of the log, identifier of the exhibit, or number of the earlier answer.
        message: The bytes.
        size: Size of the log, for a checkpoint.
        root: Root of the log, for a checkpoint.
    """

    over: Over
    name: str
    message: bytes
    size: int | None = None
    root: bytes | None = None


@dataclass(frozen=True, slots=True)
class Stamped:
    """An answer that was kept.

    Attributes:
        row: As it was kept.
        notes: What our reader notes about it.
        opinion: What the second reader says.
        offset: The authority's time less ours at receipt.
    """

    row: StoredTimestamp
    notes: tuple[Note, ...]
    opinion: Opinion
    offset: timedelta


@dataclass(frozen=True, slots=True)
class NotStamped:
    """Something that an authority gave no usable answer for.

    Attributes:
        subject: What.
        tsa: Our name for the authority.
        operator: Who runs it.
        error: Why.
    """

    subject: Subject
    tsa: str
    operator: str
    error: QingyuanError


@dataclass(frozen=True, slots=True)
class StampReport:
    """What asking the authorities brought.

    Attributes:
        subjects: What was to be stamped.
        stamped: New answers.
        present: Answers that were there already.
        failed: What failed.
    """

    subjects: tuple[Subject, ...]
    stamped: tuple[Stamped, ...]
    present: tuple[StoredTimestamp, ...]
    failed: tuple[NotStamped, ...]

    @property
    def operators(self) -> frozenset[str]:
        """The operators whose authorities stamped every one of the subjects."""
        rows = [*self.present, *(each.row for each in self.stamped)]
        by_subject = [
            {
                row.operator
                for row in rows
                if (row.over, row.subject, row.size) == (each.over, each.name, each.size)
            }
            for each in self.subjects
        ]
        return frozenset[str]().union(*by_subject[:1]).intersection(*by_subject[1:])

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON builtins."""
        return {
            "subjects": len(self.subjects),
            "stamped": [
                {
                    **row_dict(each.row),
                    "notes": [note.value for note in each.notes],
                    "second": {"agreement": each.opinion.agreement.value, "said": each.opinion.said},
                    "offset_seconds": round(each.offset.total_seconds()),
                }
                for each in self.stamped
            ],
            "present": [row_dict(row) for row in self.present],
            "failed": [
                {
                    "over": each.subject.over,
                    "subject": each.subject.name,
                    "tsa": each.tsa,
                    "operator": each.operator,
                    "error": each.error.as_dict(),
                }
                for each in self.failed
            ],
            "operators": sorted(self.operators),
        }

    @property
    def disagreements(self) -> tuple[Stamped, ...]:
        """The new answers that the second reader refuses."""
        return tuple(each for each in self.stamped if each.opinion.agreement is Agreement.DISAGREE)


def row_dict(row: StoredTimestamp) -> dict[str, object]:
    """Return an answer as JSON builtins, without its bytes."""
    return {
        "id": row.id,
        "over": row.over,
        "subject": row.subject,
        "size": row.size,
        "tsa": row.tsa,
        "operator": row.operator,
        "gen_time": row.gen_time,
        "at": row.at,
    }


def stamp_checkpoint(home: Home, *, pause: Pause = time.sleep, seconds: float = TSA_SECONDS) -> StampReport:
    """Have the newest checkpoint of the log, and of its twin, stamped by every authority that has not done so.

    Args:
        home: The home.
        pause: How to wait between attempts.
        seconds: Time for one attempt.

    Raises:
        OfficeError: ``office.no-tsa`` or ``office.bad-tsa``.
        LogError: The stored head of a log contradicts itself.
    """
    subjects = []
    with home.database.read() as connection:
        for log in filter(None, (home.log, home.twin)):
            head = log.head(SqlLogStorage(connection, log.origin, owns_entries=log is home.log))
            if head is None or head.size == 0:
                continue
            found = parse_checkpoint(parse_note(head.note).text)
            message = checkpoint_message(found.origin, found.size, found.root)
            subjects.append(Subject("checkpoint", found.origin, message, found.size, found.root))
    return _stamp(home, subjects, pause, seconds)


def stamp_exhibit(
    home: Home, identifier: str, *, pause: Pause = time.sleep, seconds: float = TSA_SECONDS
) -> StampReport:
    """Have the canonical manifest of an exhibit stamped; arguments as :func:`stamp_checkpoint`.

    Raises:
        OfficeError: ``office.no-such-exhibit``, ``office.no-tsa`` or ``office.bad-tsa``.
    """
    with home.database.read() as connection:
        message = manifest_of(connection, identifier)
    return _stamp(home, [Subject("exhibit", identifier, message)], pause, seconds)


def restamp(
    home: Home,
    *,
    before: timedelta = RENEW_BEFORE,
    older_than: timedelta | None = None,
    pause: Pause = time.sleep,
    seconds: float = TSA_SECONDS,
) -> StampReport:
    """Renew the timestamps that are due: have each earlier answer, whole, stamped anew.

    Args:
        home: The home.
        before: How long before a certificate expires its tokens are due.
        older_than: Every token of at least this age is due, too.
        pause: How to wait between attempts.
        seconds: Time for one attempt.

    Raises:
        OfficeError: ``office.no-tsa`` or ``office.bad-tsa``.
    """
    due = [each.row for each in ageing(home, before=before, older_than=older_than) if each.renewable]
    return _stamp(home, [Subject("timestamp", str(row.id), row.token) for row in due], pause, seconds)


def _stamp(home: Home, subjects: Sequence[Subject], pause: Pause, seconds: float) -> StampReport:
    tsas = read_tsas(home.path)
    if not tsas:
        raise OfficeError(
            "office.no-tsa",
            zh="未设置时间戳机构",
            en="no time-stamping authority is set",
            where=str(home.path / TSA_FILE),
            remedy_zh=f"按 docs/timestamps.md 在工作目录写 {TSA_FILE}，最好有两家不同机构",
            remedy_en=f"write {TSA_FILE} in the home as docs/timestamps.md says, with two operators if possible",
        )
    with home.database.read() as connection:
        asked = [_Asked(home, tsa, subjects, connection, pause, seconds) for tsa in tsas]
    stamped: list[Stamped] = []
    failed: list[NotStamped] = []
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        running = [pool.submit(each.run) for each in asked]
        for each, answers in zip(asked, running, strict=True):  # kept in the order of the file
            stamped += _keep(home, answers.result())
            failed += each.failed
    present = [row for each in asked for row in each.present]
    return StampReport(tuple(subjects), tuple(stamped), tuple(present), tuple(failed))


def _keep(home: Home, answers: Sequence[Stamped]) -> list[Stamped]:
    if not answers:
        return []
    with home.database.write() as connection:
        return [
            Stamped(add_timestamp(connection, each.row), each.notes, each.opinion, each.offset)
            for each in answers
        ]


class _Asked:
    """One authority and what it is asked for. What needs the database or randomness is taken beforehand."""

    def __init__(
        self,
        home: Home,
        tsa: Tsa,
        subjects: Sequence[Subject],
        connection: sa.Connection,
        pause: Pause,
        seconds: float,
    ) -> None:
        self._tsa, self._clock, self._pause, self._seconds = tsa, home.clock, pause, seconds
        self.present: list[StoredTimestamp] = []
        self.failed: list[NotStamped] = []
        self._wanted: list[tuple[Subject, bytes]] = []
        for each in subjects:
            rows = stamped_by(connection, each.over, each.name, size=each.size, root=each.root)
            own = [row for row in rows if row.tsa == tsa.name]
            if own:
                self.present.append(own[-1])
            else:
                self._wanted.append((each, home.entropy(NONCE_SIZE)))
        self._seen: set[TokenIdentity] = set()
        for row in of_authority(connection, tsa.name, REMEMBERED) if self._wanted else []:
            with contextlib.suppress(
                TimestampError
            ):  # a stored answer that was damaged is for the review to name
                self._seen.add(identity_of(read_response(row.token)))

    def run(self) -> list[Stamped]:
        """Ask for each thing in turn; an authority that cannot be reached is not asked for the rest."""
        answers: list[Stamped] = []
        down: QingyuanError | None = None
        for subject, nonce in self._wanted:
            try:
                if down is not None:
                    raise down
                answers.append(self._obtain(subject, nonce))
            except QingyuanError as error:
                down = error if isinstance(error, UnreachableTsaError) else None
                _LOG.warning("time-stamping authority %s: %s", self._tsa.name, error.code)
                self.failed.append(NotStamped(subject, self._tsa.name, self._tsa.operator, error))
        return answers

    def _obtain(self, subject: Subject, nonce: bytes) -> Stamped:
        for wait in WAITS:
            try:
                return self._ask(subject, nonce)
            except UnreachableTsaError:
                self._pause(wait)
            except RefusedTimestampError as error:
                if not _PASSING_FAILURES & set(error.failures):
                    raise
                self._pause(wait)
        return self._ask(subject, nonce)

    def _ask(self, subject: Subject, nonce: bytes) -> Stamped:
        tsa = self._tsa
        request = new_request(subject.message, algorithm=tsa.hash, nonce=nonce, policy=tsa.policy)
        response = ask_tsa(tsa.url, request.encode(), seconds=self._seconds)
        now = self._clock.now()
        found = verify_timestamp(
            response,
            subject.message,
            anchors=tsa.anchors,
            others=tsa.others,
            lists=tsa.lists,
            algorithm=tsa.hash,
            nonce=request.nonce,
            policy=tsa.policy,
            seen=self._seen,
            now=now,
        )
        if not found.trusted:
            raise _not_trusted(tsa, found)
        self._seen.add(found.identity)
        opinion = second_opinion(
            response,
            subject.message,
            Judgement(Standing.TRUSTED, found, None),
            anchors=tsa.anchors,
            others=tsa.others,
        )
        if opinion.agreement is Agreement.DISAGREE:
            _LOG.warning("time-stamping authority %s: the second reader refuses its token", tsa.name)
        return Stamped(_row(subject, tsa, response, found, now), found.notes, opinion, found.gen_time - now)


def _row(subject: Subject, tsa: Tsa, response: bytes, found: Timestamp, now: datetime) -> StoredTimestamp:
    return StoredTimestamp(
        id=0,
        over=subject.over,
        subject=subject.name,
        size=subject.size,
        root=subject.root,
        tsa=tsa.name,
        operator=tsa.operator,
        token=response,
        gen_time=found.gen_time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        at=format_time(now),
    )


def _not_trusted(tsa: Tsa, found: Timestamp) -> OfficeError:
    about = f" ({found.path.subject})" if found.path.subject else ""
    return OfficeError(
        "office.tsa-not-trusted",
        zh=f"时间戳不可信，未保存：{found.trust.zh}{about}",
        en=f"the timestamp is not trusted and was not kept: {found.trust.en}{about}",
        where=tsa.name,
        remedy_zh=f"核对 {TSA_FILE} 中该机构的证书",
        remedy_en=f"check the certificate of this authority in {TSA_FILE}",
    )
