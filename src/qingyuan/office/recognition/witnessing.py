"""Taking a checkpoint to witnesses over HTTP and bringing their cosignatures back."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from qingyuan.errors import QingyuanError
from qingyuan.ledger import LogError, Signature, Submission, add_cosignatures
from qingyuan.ledger.note import MAX_NOTE_SIZE
from qingyuan.ledger.submission import MAX_REPLY_SIZE
from qingyuan.office.recognition.fetching import Place

#: Seconds for the whole exchange with one witness.
WITNESS_SECONDS = 10.0

#: Witnesses asked at once.
AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What asking the witnesses brought.

    Attributes:
        note: The checkpoint with the cosignatures obtained.
        cosignatures: The cosignatures, in the order the witnesses were given.
        failures: Name and error of each witness that gave none.
    """

    note: bytes
    cosignatures: tuple[Signature, ...]
    failures: tuple[tuple[str, QingyuanError], ...]


def ask_witness(url: str, submission: Submission, *, seconds: float = WITNESS_SECONDS) -> Signature:
    """Post a checkpoint to one witness until it cosigns or refuses.

    Args:
        url: The submission prefix of the witness, ``http`` or ``https``. Redirects are not followed.
        submission: The checkpoint on its way to this witness.
        seconds: Time for all requests together.

    Returns:
        The verified cosignature.

    Raises:
        OfficeError: ``office.witness-url``, or ``office.witness-unreachable`` when there was no complete answer.
        LedgerError: As :meth:`qingyuan.ledger.Submission.receive`.
    """
    end = time.monotonic() + seconds
    with Place(url, "witness", seconds=seconds) as place:
        while (left := end - time.monotonic()) > 0:
            status, kind, body = place.post(
                "add-checkpoint", submission.request, MAX_REPLY_SIZE, seconds=left
            )
            cosignature = submission.receive(status, kind, body)
            if cosignature is not None:
                return cosignature
        raise place.unreachable("timeout")


def ask_witnesses(
    note: bytes, asked: Sequence[tuple[str, Submission]], *, seconds: float = WITNESS_SECONDS
) -> Witnessed:
    """Post a checkpoint to several witnesses at once.

    A witness that is down or wrong only fails itself; whether the others are enough is for the policy to say.

    Args:
        note: The checkpoint.
        asked: Submission prefix and submission of each witness.
        seconds: Time for each of them.

    Raises:
        LogError: ``ledger.rolled-back`` or ``ledger.diverged`` when a witness knows more of our log than we do, or
            other: writing must stop, however many witnesses cosigned.
    """
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        answers = [pool.submit(ask_witness, url, each, seconds=seconds) for url, each in asked]
    cosignatures: list[Signature] = []
    failures: list[tuple[str, QingyuanError]] = []
    for answer, (_, submission) in zip(answers, asked, strict=True):
        try:
            cosignatures.append(answer.result())
        except LogError:
            raise
        except QingyuanError as error:
            failures.append((submission.witness.name, error))
    return Witnessed(add_cosignatures(note, cosignatures), tuple(cosignatures), tuple(failures))


def fetch_checkpoint(url: str, origin: str, *, seconds: float = WITNESS_SECONDS) -> bytes | None:
    """Return the latest checkpoint a witness cosigned for a log, or ``None`` if it has none. Nothing is verified.

    Args:
        url: The monitoring prefix of the witness.
        origin: Origin of the log.
        seconds: Time for the request.

    Raises:
        OfficeError: ``office.witness-url`` or ``office.witness-unreachable``.
    """
    with Place(url, "witness", seconds=seconds) as place:
        path = f"{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"
        status, _, body = place.get(path, MAX_NOTE_SIZE)
        if status not in (200, 404):
            raise place.unreachable(f"HTTP {status}")
        return body if status == 200 else None  # noqa: PLR2004 - HTTP
