"""Changes every byte of OCSP answers inside packages that are whole otherwise, and says which are still believed.

A changed byte of a package is found by the container. Who can write the package anew makes it whole again around what was changed; then
only the answer's own signature, and that it is written in one way, are left. ``python -m tests.evidence.verify_page.answers`` changes every
bit for the reader at the door and one bit of every byte for the program and the page, some minutes in all.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator

from qingyuan.evidence.timestamp import judge_timestamp
from qingyuan.evidence.verify import verify_stream
from tests.evidence.timestamp.test_revocation import answer
from tests.evidence.timestamp.world import MESSAGE
from tests.evidence.verify_page.making import Matter, Stamp
from tests.evidence.verify_page.node import Node
from tests.evidence.verify_page.test_revocation import HERE, ROOT, bare, responder
from tests.evidence.verify_page.trees import b64
from tests.evidence.verify_page.trusting import trust_of

#: What it is, and an answer that says the authority's certificate was good.
ANSWERS = {
    "by the issuer": answer(HERE.tsa, HERE.middle),
    "by a responder": answer(HERE.tsa, HERE.middle, by=responder("ocsp_signing")),
    "bare": bare(answer(HERE.tsa, HERE.middle)),
}

Place = tuple[int, int]
#: Gives the standing that a verifier finds with an answer at hand.
Judge = Callable[[bytes], str]


def changed(data: bytes, place: Place) -> bytes:
    """Return ``data`` with one bit turned."""
    at, bit = place
    return data[:at] + bytes((data[at] ^ 1 << bit,)) + data[at + 1 :]


def every_byte(data: bytes) -> Iterator[Place]:
    """Yield one bit of each byte."""
    return ((at, at % 8) for at in range(len(data)))


def every_bit(data: bytes) -> Iterator[Place]:
    """Yield each bit."""
    return ((at, bit) for at in range(len(data)) for bit in range(8))


def at_the_door(data: bytes) -> str:
    """What the reader of tokens says."""
    judged = judge_timestamp(HERE.answer(), MESSAGE, anchors=[HERE.root], lists=[ROOT, data]).timestamp
    assert judged is not None
    return str(judged.revocation.standing)


class Packages:
    """Packages that differ in the answer only, whole every one, and their trust file."""

    def __init__(self) -> None:
        """Make all but the answer."""
        self._matter = Matter(twin=False)
        self._matter.take(b"a\n", "a.csv")
        self._matter.transfer()
        self._matter.stamps = [Stamp("checkpoint", HERE.answer, size=2)]
        logs = [each for each in trust_of()["logs"] if not each["origin"].endswith("/sm3")]
        tsas = [{"name": "甲", "operator": "甲机构", "certificate": b64(HERE.root.der)}]
        self._trust = trust_of(logs=logs, tsas=tsas)

    def by_program(self, data: bytes) -> str:
        """What the program says."""
        trust = json.dumps(self._trust).encode()
        return _standing(verify_stream(io.BytesIO(self._with(data)), trust).as_dict())

    def by_page(self, node: Node) -> Judge:
        """What the page says."""
        return lambda data: _standing(node.judge(self._with(data), self._trust))

    def _with(self, data: bytes) -> bytes:
        self._matter.revocation = [ROOT, data]
        return self._matter.package()


def _standing(report: dict[str, object]) -> str:
    stamps = report["timestamps"]
    assert isinstance(stamps, list)
    return ", ".join(str(each["revocation"]) for each in stamps)


def believed(data: bytes, places: Iterable[Place], judge: Judge) -> list[Place]:
    """Return the places whose change leaves the answer with something to say: it is judged otherwise than if it were not there."""
    without = judge(b"\x30\x00")
    assert judge(data) != without
    return [place for place in places if judge(changed(data, place)) != without]


def main() -> int:
    """Change everything; return 0 when nothing changed was believed."""
    packages, found = Packages(), 0
    with Node() as node:
        page = packages.by_page(node)
        for name, data in ANSWERS.items():
            for verifier, places, judge in (
                ("door", every_bit(data), at_the_door),
                ("program", every_byte(data), packages.by_program),
                ("page", every_byte(data), page),
            ):
                missed = believed(data, places, judge)
                found += len(missed)
                sys.stdout.write(
                    f"answer {name}, {len(data)} bytes, {verifier}: believed {missed or 'none'}\n"
                )
                sys.stdout.flush()
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
