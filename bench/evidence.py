"""Sealing content and checking a package, beside hashing the same bytes twice and doing nothing else."""

from __future__ import annotations

import importlib
import io
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench._floors import two_hashes, two_hashes_of
from bench._harness import Context, Row, SkippedError, in_turns
from qingyuan.evidence import seal, seal_file

_KEY = bytes(range(32))
_SMALL = 4_096
_FLOOR = "SHA-256 + SM3 of the same bytes, one thread"


def run(context: Context) -> Iterator[Row]:
    """Seal one large and many small contents, then check a package of the same size."""
    size = context.pick(64, 8) << 20
    source = context.folder / "content.bin"
    source.write_bytes(random.Random(7).randbytes(size))
    yield from _sealing(context, source)
    yield from _checking(context, source)


class _Nowhere(io.RawIOBase):
    """Takes every byte and keeps none."""

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, data: Any, /) -> int:
        """Forget ``data``."""
        return len(data)


def _sealing(context: Context, source: Path) -> list[Row]:
    content = source.read_bytes()
    target = context.folder / "content.sealed"
    small = [content[at * _SMALL : (at + 1) * _SMALL] for at in range(context.pick(2_000, 500))]
    nowhere: Any = _Nowhere()

    def many() -> None:
        for each in small:
            seal(io.BytesIO(each), nowhere, _KEY, "bench", os.urandom)

    times = in_turns(
        {
            "memory": lambda: seal(io.BytesIO(content), nowhere, _KEY, "bench", os.urandom),
            "file": lambda: seal_file(source, target, _KEY, "bench", os.urandom),
            "hashes": lambda: two_hashes([io.BytesIO(content)]),
            "small": many,
            "small hashes": lambda: two_hashes(io.BytesIO(each) for each in small),
        },
        context.pick(7, 2),
    )
    size = len(content) / 1e6
    mib = len(content) >> 20
    return [
        times.rate(
            f"evidence: seal {mib} MiB in memory: both hashes and AES-256-GCM, two threads",
            "memory",
            size,
            "MB/s",
            against=_FLOOR,
            peer="hashes",
        ),
        times.rate(
            f"evidence: seal {mib} MiB from file to file, synced",
            "file",
            size,
            "MB/s",
            against=_FLOOR,
            peer="hashes",
        ),
        times.rate(
            "evidence: seal contents of 4 KiB in memory, a key each",
            "small",
            len(small),
            "/s",
            against=_FLOOR,
            peer="small hashes",
        ),
    ]


def _checking(context: Context, source: Path) -> list[Row]:
    package, trust = _package(context.folder, source)
    verifier = importlib.import_module("qingyuan.evidence.verify.verify_evp")

    def check() -> None:
        report = verifier.verify(package, trust)
        if report.verdict != "pass":
            found = ", ".join(f"{reason.code} {reason.path or ''}" for reason in report.reasons)
            raise SkippedError(f"the package made for the benchmark is judged {report.verdict}: {found}")

    times = in_turns(
        {"check": check, "hashes": lambda: two_hashes_of([package])},
        context.pick(7, 2),
    )
    size = package.stat().st_size
    return [
        times.rate(
            f"evidence: stand-alone verifier on a package of {size >> 20} MiB",
            "check",
            size / 1e6,
            "MB/s",
            against=_FLOOR,
            peer="hashes",
        )
    ]


def _package(folder: Path, source: Path) -> tuple[Path, Path]:
    """Make a package of one exhibit; return it and the trust file."""
    from qingyuan.office.home import Home  # noqa: PLC0415 - sealing can be measured without an office
    from qingyuan.office.intake import intake  # noqa: PLC0415
    from qingyuan.office.packages.packaging import make_package  # noqa: PLC0415

    target = folder / "content.evp"
    with Home.open(folder / "home", create=True, seed="bench") as home:
        taken = intake(home, [source], title="bench", workers=1)
        make_package(home, taken.lead, target, to="bench", actor="P001")
        return target, home.trust_path
