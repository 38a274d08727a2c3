"""Changes every byte of a package of one megabyte, and says which changes are not found.

``python -m tests.evidence.verify.exhaustive`` takes some minutes; ``--jobs`` divides them among processes, and
``--single`` changes one byte a run instead of one byte of every member, which takes hours.

A byte inside the local header or the content of a member belongs to that member alone, so one run changes one
byte of every member at once, and each of them must be named. The directory and the end record say where everything
lies, so each of their bytes is changed alone.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

from qingyuan.evidence.verify import verify_evp
from tests.evidence.verify.maker import Maker
from tests.evidence.verify.noting import sha256
from tests.evidence.verify.stamped import stamped
from tests.evidence.verify.stamping import authority
from tests.evidence.verify.zipping import zip_bytes

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
    """A package of one megabyte: 24 exhibits, their making and proofs in both logs, one token."""

    def drafts(all_of_them: list[Any]) -> list[Any]:
        return [d for d in all_of_them if d[1] not in {"evidence.stored", "evidence.verified"}]

    _, tsa = authority("rsa", root_kind="rsa")
    contents = {f"X{n:02}": _content(n) for n in range(24)}
    return layout_of(stamped(tsa=tsa, contents=contents, drafts=drafts))


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


def unseen(layout: Layout, positions: Round) -> list[int]:
    """Change the bytes at ``positions`` and return those whose change was not found."""
    data = bytearray(layout.data)
    for position in positions:
        data[position] ^= 1 << (position % 8)
    report = verify_evp.verify_stream(io.BytesIO(data))
    if report.verdict != "fail":
        return list(positions)
    if len(positions) == 1:
        return []
    named = {reason.path for reason in report.reasons if reason.code in {"container", "name"}}
    owner = {start: name for name, start, _ in layout.members}
    starts = sorted(owner)
    missed, at = [], 0
    for position in positions:
        while at + 1 < len(starts) and starts[at + 1] <= position:
            at += 1
        if owner[starts[at]] not in named:
            missed.append(position)
    return missed


def check(layout: Layout, chosen: Iterable[Round]) -> list[int]:
    """Return the positions whose change is not found; every fault is listed for it, not only the first."""
    shown, verify_evp.MAX_SHOWN = verify_evp.MAX_SHOWN, 10_000
    try:
        return [position for positions in chosen for position in unseen(layout, positions)]
    finally:
        verify_evp.MAX_SHOWN = shown


@cache
def _everything(single: bool) -> tuple[Layout, list[Round]]:
    layout = megabyte()
    return layout, list(rounds(layout, single=single))


def _part(single: bool, start: int, end: int) -> tuple[int, list[int]]:
    layout, everything = _everything(single)
    return end - start, check(layout, everything[start:end])


def main() -> int:
    """Run the command; return 0 when every change was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--single", action="store_true", help="change one byte a run")
    options = parser.parse_args()
    layout, everything = _everything(options.single)
    size, step, done, begun = len(layout.data), 200, 0, time.monotonic()
    missed: list[int] = []
    _say(f"{size:,} bytes, {len(layout.members)} members, {len(everything):,} runs\n")
    starts = range(0, len(everything), step)
    with ProcessPoolExecutor(options.jobs) as pool:
        parts = [pool.submit(_part, options.single, s, min(s + step, len(everything))) for s in starts]
        for part in parts:
            count, found = part.result()
            done, missed = done + count, missed + found
            rate = done / (time.monotonic() - begun)
            _say(f"\r{done:,} of {len(everything):,}, {rate:.0f}/s, not found: {len(missed)}")
    _say(f"\nevery byte of {size:,} was changed, not found: {missed[:20] or 'none'}\n")
    return 1 if missed else 0


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
