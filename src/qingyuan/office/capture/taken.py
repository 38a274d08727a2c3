"""What taking a page gives."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from qingyuan.evidence.warc import Checked
from qingyuan.office.capture.bounds import Hit
from qingyuan.office.capture.environment import Environment
from qingyuan.office.capture.errors import bad_url
from qingyuan.office.capture.exchange import Refusal
from qingyuan.office.capture.guard import Answer
from qingyuan.office.capture.replay import Replay

#: Most characters of an address.
_LONGEST_URL = 8000


class Product(msgspec.Struct, frozen=True):
    """One file of a capture.

    Attributes:
        name: File name.
        path: Where it lies.
        kind: Media type.
        parent: Name of the product it was made from; ``""`` when it was taken from the browser or the wire.
    """

    name: str
    path: Path
    kind: str
    parent: str = ""


class Step(msgspec.Struct, frozen=True):
    """One step of a capture.

    Attributes:
        at: Wall clock.
        mono_ns: Monotonic clock.
        zh: What was done, in Chinese.
        en: The same in English.
    """

    at: datetime
    mono_ns: int
    zh: str
    en: str


class Taken(msgspec.Struct, frozen=True):
    """A page that was taken.

    Attributes:
        url: Address that was asked for.
        final_url: Address that was arrived at.
        status: HTTP status of the document; 0 when unknown.
        title: Title of the page.
        started: Wall clock at the start.
        started_ns: Monotonic clock at the start.
        ended: Wall clock at the end of taking.
        ended_ns: Monotonic clock at the end of taking.
        products: The files.
        absent: Files that could not be made, each with the reason in Chinese and English.
        environment: The report made before.
        steps: What was done.
        addresses: Addresses that the main frame went to.
        answers: What the system's resolver said.
        hits: Limits that were reached.
        refusals: What was not let through or could not be reached.
        chains: Addresses of the certificate chains on record.
        remarks: Dialogs, downloads, windows and changes, each in Chinese and English.
        resources: Answers on record.
        bytes: Bytes of their bodies, as recorded.
        warc: What both readers found in the archive.
        replay: Result of playing it back.
    """

    url: str
    final_url: str
    status: int
    title: str
    started: datetime
    started_ns: int
    ended: datetime
    ended_ns: int
    products: tuple[Product, ...]
    absent: tuple[tuple[str, str, str], ...]
    environment: Environment
    steps: tuple[Step, ...]
    addresses: tuple[str, ...]
    answers: tuple[Answer, ...]
    hits: tuple[Hit, ...]
    refusals: tuple[Refusal, ...]
    chains: tuple[str, ...]
    remarks: tuple[tuple[str, str], ...]
    resources: int
    bytes: int
    warc: Checked
    replay: Replay


def check_url(url: str) -> None:
    """Check that ``url`` is the address of a web page.

    Raises:
        CaptureError: ``capture.bad-url``.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise bad_url(url[:200], "网址格式有误", "malformed") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise bad_url(
            url[:200],
            "须以 http:// 或 https:// 开头并有主机名",
            "must begin with http:// or https:// and name a host",
        )
    if parts.username is not None or parts.password is not None:
        raise bad_url(parts.hostname, "网址中不得带有用户名或密码", "must not carry a user name or password")
    if len(url) > _LONGEST_URL or any(c <= " " or c == "\x7f" for c in url):
        raise bad_url(
            url[:200], "过长，或含有空白、控制字符", "is too long, or holds white space or control characters"
        )
