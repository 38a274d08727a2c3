"""Changes every byte of a package of one megabyte, and says which changes a verifier does not find: the program, then the page.

``python -m tests.evidence.verify.exhaustive`` takes some minutes for each; ``--jobs`` divides them among processes, ``--done FILE``
remembers what was done so that a run goes on where another was ended, and ``--single`` changes one byte a run instead of one byte of every
member, which takes hours.

A byte inside the local header or the content of a member belongs to that member alone, so one run changes one
byte of every member at once, and each of them must be named. The directory and the end record say where everything
lies, so each of their bytes is changed alone.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from qingyuan.evidence.verify import verify_evp
from tests.evidence.verify.maker import Maker
from tests.evidence.verify.noting import sha256
from tests.evidence.verify.stamped import stamped
from tests.evidence.verify.stamping import authority, good_by_ocsp
from tests.evidence.verify.zipping import zip_bytes
from tests.evidence.verify_page.node import Node

Round = tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """A package, and where header and content of each member lie."""

    data: bytes
    members: tuple[tuple[str, int, int], ...]

    @property
    def directory(self) -> int:
        """Where the directory begins."""
        return self.members[-1][2]


def layout_of(maker: Maker) -> Layout:
    """Build a package and find its members."""
    members, at, found = maker.members(), 0, []
    for name in sorted(members, key=str.encode):
        end = at + 30 + len(name.encode()) + len(members[name])
        found.append((name, at, end))
        at = end
    return Layout(zip_bytes(members), tuple(found))


def megabyte() -> Layout:
    """A package of one megabyte: 24 exhibits, their making and proofs in both logs, one token, an OCSP answer about its authority."""

    def drafts(all_of_them: list[Any]) -> list[Any]:
        return [d for d in all_of_them if d[1] not in {"evidence.stored", "evidence.verified"}]

    _, tsa = authority("rsa", root_kind="rsa")
    contents = {f"X{n:02}": _content(n) for n in range(24)}
    answer = good_by_ocsp(tsa)

    def tags(members: dict[str, bytes]) -> dict[str, bytes]:
        return {**members, "trust/revocation/0.der": answer}

    return layout_of(stamped(tsa=tsa, contents=contents, drafts=drafts, tags=tags))


def _content(seed: int) -> bytes:
    blocks = (sha256(b"%d %d" % (seed, block)) for block in range(1_050 + 9 * seed))
    return b"".join(blocks)


def rounds(layout: Layout, *, single: bool = False) -> Iterator[Round]:
    """Yield the positions to change together, each position of the package once."""
    spans = [range(start, end) for _, start, end in layout.members]
    if single:
        yield from ((position,) for span in spans for position in span)
    else:
        for step in range(max(map(len, spans))):
            yield tuple(span[step] for span in spans if step < len(span))
    yield from ((position,) for position in range(layout.directory, len(layout.data)))


Judge = Callable[[Layout, Round], tuple[str, set[str | None]]]


def by_program(layout: Layout, positions: Round) -> tuple[str, set[str | None]]:
    """The verdict of the program on the package with those bytes changed, and the members named as faulty in form."""
    data = bytearray(layout.data)
    for position in positions:
        data[position] ^= 1 << (position % 8)
    report = verify_evp.verify_stream(io.BytesIO(data))
    return report.verdict, {reason.path for reason in report.reasons if reason.code in {"container", "name"}}


def by_page(node: Node, layout: Layout) -> Judge:
    """The same of the page, whose program runs in ``node``."""
    node.ask({"base": base64.b64encode(layout.data).decode()})

    def judge(_: Layout, positions: Round) -> tuple[str, set[str | None]]:
        answer = node.ask({"flip": list(positions)})
        return answer["verdict"], set(answer["named"])

    return judge


@cache
def _judge(verifier: str, single: bool) -> Judge:
    """The judge of a process of the pool; the page's ends with it."""
    return by_program if verifier == "program" else by_page(Node(), _everything(single)[0])


def unseen(layout: Layout, positions: Round, judge: Judge = by_program) -> list[int]:
    """Change the bytes at ``positions`` and return those whose change was not found."""
    verdict, named = judge(layout, positions)
    if verdict != "fail":
        return list(positions)
    if len(positions) == 1:
        return []
    owner = {start: name for name, start, _ in layout.members}
    starts = sorted(owner)
    missed, at = [], 0
    for position in positions:
        while at + 1 < len(starts) and starts[at + 1] <= position:
            at += 1
        if owner[starts[at]] not in named:
            missed.append(position)
    return missed


def check(layout: Layout, chosen: Iterable[Round], judge: Judge = by_program) -> list[int]:
    """Return the positions whose change is not found; every fault is listed for it, not only the first."""
    shown, verify_evp.MAX_SHOWN = verify_evp.MAX_SHOWN, 10_000
    try:
        return [position for positions in chosen for position in unseen(layout, positions, judge)]
    finally:
        verify_evp.MAX_SHOWN = shown


@cache
def _everything(single: bool) -> tuple[Layout, list[Round]]:
    layout = megabyte()
    return layout, list(rounds(layout, single=single))


def _part(verifier: str, single: bool, start: int, end: int) -> tuple[int, list[int]]:
    layout, everything = _everything(single)
    return start, check(layout, everything[start:end], _judge(verifier, single))


def _run(verifier: str, options: argparse.Namespace) -> list[int]:
    """Change every byte and return those that the verifier did not find."""
    layout, everything = _everything(options.single)
    step, count, begun = 200, len(everything), time.monotonic()
    known: dict[int, list[int]] = {}
    key = f"{verifier} {len(layout.data)} {count} {options.single}"
    if options.done is not None and options.done.exists():
        lines = [json.loads(line) for line in options.done.read_text().splitlines()]
        known = {line["start"]: line["missed"] for line in lines if line["of"] == key}
    _say(f"{verifier}: {len(layout.data):,} bytes, {len(layout.members)} members, {count:,} runs\n")
    with ProcessPoolExecutor(options.jobs) as pool:
        starts = [start for start in range(0, count, step) if start not in known]
        parts = [pool.submit(_part, verifier, options.single, s, min(s + step, count)) for s in starts]
        for number, part in enumerate(as_completed(parts), 1):
            start, found = part.result()
            known[start] = found
            if options.done is not None:
                with options.done.open("a") as file:
                    file.write(json.dumps({"of": key, "start": start, "missed": found}) + "\n")
            rate = number * step / (time.monotonic() - begun)
            missed = sum(map(len, known.values()))
            _say(f"\r{min(len(known) * step, count):,} of {count:,}, {rate:.0f}/s, not found: {missed}")
    missed_all = [position for start in sorted(known) for position in known[start]]
    _say(
        f"\n{verifier}: every byte of {len(layout.data):,} was changed, not found: {missed_all[:20] or 'none'}\n"
    )
    return missed_all


def main() -> int:
    """Run the command; return 0 when every change was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--single", action="store_true", help="change one byte a run")
    parser.add_argument("--verifier", choices=("program", "page", "both"), default="both")
    parser.add_argument("--done", type=Path, default=None, help="file of what was done, to go on from")
    options = parser.parse_args()
    wanted = ("program", "page") if options.verifier == "both" else (options.verifier,)
    missed = [_run(each, options) for each in wanted]
    return int(any(missed))


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
