"""Other tools for personal information on the same bytes and the same adversarial texts, in the same run."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.pii.generator import prose_lines

from bench._harness import Context, Row, SkippedError, one_core
from bench._material import prose, waybill_csv
from bench._peers import PATTERNS, TOOLS
from qingyuan.pii import scan, warm
from qingyuan.pii.readers import read

_KEY = bytes(range(32))
_SEED = 20261122
#: Kinds whose F1 is compared.
_KINDS = ("resident-id", "mobile", "bank-card")
#: A span counts as found when it covers this share of the true one, and the other way round.
_OVERLAP = 0.8

Span = tuple[int, int, int, str]


def run(context: Context) -> Iterator[Row]:
    """Compare speed on two materials and F1 on one; a peer that is missing is said to be."""
    warm()
    lines, truth = prose_lines(_SEED, context.pick(3000, 200))
    true = {(line, start, end, kind) for line, _, start, end, kind, _ in truth.spans}
    hits = scan(read(io.BytesIO("\n".join(lines).encode()), "a.txt"), _KEY, "a.txt").hits.to_pylist()
    ours = [
        (int(h["place"].removeprefix("line ")), h["start"], h["end"], h["kind"])
        for h in hits
        if h["state"] == "confirmed"
    ]
    missing = []
    for name, data in (("waybills", waybill_csv(20_000)), ("prose", prose(5_000_000))):
        _speed(data)  # the first time compiles or loads
        yield from _ripgrep(context.folder, name, data)
        for tool in TOOLS:
            slow = tool in {"presidio", "argus-redact"}
            part = data[: data.index(b"\n", len(data) // (40 if slow or context.quick else 1) - 1) + 1]
            found = _peer(context.folder, tool, part, lines)
            if found is None:
                missing.append(tool)
                continue
            rate, spans = found
            with one_core():
                speed = _speed(data)
            what = f"peers: {name} as text, all kinds, decided ({len(data) / 1e6:.0f} MB)"
            asked = f"{tool}, {len(PATTERNS)} kinds ({len(part) / 1e6:.1f} MB of it)"
            yield Row(what, speed, "MB/s", asked, rate)
            if name == "prose":
                for kind in _KINDS:
                    figure = _f1(ours, true, kind)
                    yield Row(
                        f"peers: F1 of {kind}, clear and masked", figure, "F1", tool, _f1(spans, true, kind)
                    )
    if missing:
        raise SkippedError(f"not installed: {', '.join(sorted(set(missing)))}; see requirements/peers.txt")


def _of_children() -> float:
    """Return the processor seconds of all processes started so far."""
    times = os.times()
    return times.children_user + times.children_system


def _speed(data: bytes) -> float:
    begin = time.process_time()
    scan(read(io.BytesIO(data), "a.txt"), _KEY, "a.txt", hits=False)
    return len(data) / 1e6 / (time.process_time() - begin)


def _peer(folder: Path, tool: str, data: bytes, texts: list[str]) -> tuple[float, list[Span]] | None:
    """Return MB/s and spans of a peer, ``None`` if it is not installed."""
    (folder / "data").write_bytes(data)
    (folder / "task").write_text(json.dumps({"bytes": str(folder / "data"), "texts": texts}), "utf-8")
    python = os.environ.get("QINGYUAN_PEERS", sys.executable)
    script = str(Path(__file__).with_name("_peers.py"))
    done = subprocess.run(
        [python, "-P", script, tool, str(folder / "task")], capture_output=True, text=True, check=False
    )
    if done.returncode and "ModuleNotFoundError" in done.stderr:
        return None
    if done.returncode:
        raise SkippedError(f"{tool}: {done.stderr.strip()[-400:]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["size"] / 1e6 / answer["seconds"], [(n, s, e, k) for n, s, e, k in answer["spans"]]


def _f1(found: list[Span], true: set[Span], kind: str) -> float:
    """Return F1 of a kind; a span is right when both cover most of each other."""
    places: dict[int, list[Span]] = {}
    for span in true:
        if span[3] == kind:
            places.setdefault(span[0], []).append(span)
    chosen = {span for span in found if span[3] == kind}
    right = 0
    for line, start, end, _ in chosen:
        for _, low, high, _ in places.get(line, []):
            if (min(end, high) - max(start, low)) >= _OVERLAP * max(end - start, high - low):
                right += 1
                break
    return 2 * right / max(1, len(chosen) + sum(map(len, places.values())))


def _ripgrep(folder: Path, name: str, data: bytes) -> Iterator[Row]:
    """Compare with ripgrep counting lines that match any of the patterns: it reports no spans and decides nothing."""
    program = shutil.which("rg")
    if program is None:
        return
    path = folder / name
    path.write_bytes(data)
    plain = "|".join(p.replace("(?<![0-9])", "").replace("(?![0-9])", "") for p in PATTERNS.values())
    seconds = []
    for _ in range(3):
        begin = _of_children()
        subprocess.run([program, "-c", "--threads=1", plain, str(path)], capture_output=True, check=False)
        seconds.append(_of_children() - begin)
    with one_core():
        speed = _speed(data)
    what = f"peers: {name} as text, all kinds, decided ({len(data) / 1e6:.0f} MB)"
    yield Row(
        what,
        speed,
        "MB/s",
        "ripgrep, lines that match, nothing decided",
        len(data) / 1e6 / max(min(seconds), 0.01),
    )
