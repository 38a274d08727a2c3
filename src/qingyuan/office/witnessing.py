"""Taking a checkpoint to witnesses over HTTP and bringing their cosignatures back."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from qingyuan.errors import QingyuanError
from qingyuan.ledger import LogError, Signature, Submission, add_cosignatures
from qingyuan.ledger.submission import MAX_REPLY_SIZE
from qingyuan.office.errors import OfficeError

#: Seconds for the whole exchange with one witness.
WITNESS_SECONDS = 10.0

_AT_ONCE = 8


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
    parts = _split(url)
    end = time.monotonic() + seconds
    with _connection(parts, seconds) as connection:
        while time.monotonic() < end:
            status, kind, body = _exchange(
                connection, "POST", f"{parts.path.rstrip('/')}/add-checkpoint", submission.request
            )
            cosignature = submission.receive(status, kind, body)
            if cosignature is not None:
                return cosignature
    raise _unreachable(parts.netloc, "timeout")


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
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
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
    parts = _split(url)
    path = f"{parts.path.rstrip('/')}/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"
    with _connection(parts, seconds) as connection:
        status, _, body = _exchange(connection, "GET", path, None)
    if status not in (200, 404):
        raise _unreachable(parts.netloc, f"HTTP {status}")
    return body if status == 200 else None  # noqa: PLR2004 - HTTP


@contextlib.contextmanager
def _connection(parts: SplitResult, seconds: float) -> Iterator[http.client.HTTPConnection]:
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = make(parts.hostname or "", parts.port, timeout=seconds)
    # The timeout of a socket only sees silence; this also ends a reply that drips.
    alarm = threading.Timer(seconds, _cut, (connection,))
    alarm.daemon = True
    alarm.start()
    try:
        yield connection
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(parts.netloc, type(error).__name__) from error
    finally:
        alarm.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    sock: socket.socket | None = connection.sock
    if sock is not None:
        with contextlib.suppress(OSError):  # closed in between
            sock.shutdown(socket.SHUT_RDWR)


def _exchange(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None
) -> tuple[int, str, bytes]:
    connection.request(method, path, body)
    response = connection.getresponse()
    data = response.read(MAX_REPLY_SIZE + 1)
    if len(data) > MAX_REPLY_SIZE:
        raise http.client.HTTPException("the reply is too long")
    return response.status, response.getheader("Content-Type", ""), data


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username is not None:
        raise OfficeError(
            "office.witness-url",
            zh="见证方地址不是 http 或 https 网址",
            en="the address of the witness is not an http or https URL",
            remedy_zh="例如 https://witness.example/",
            remedy_en="for example https://witness.example/",
        )
    return parts


def _unreachable(place: str, why: str) -> OfficeError:
    return OfficeError(
        "office.witness-unreachable",
        zh=f"见证方没有完整答复（{why}）",
        en=f"the witness gave no complete answer ({why})",
        where=place,
        remedy_zh="稍后重试；其他见证方不受影响",
        remedy_en="try again later; the other witnesses are not affected",
    )
