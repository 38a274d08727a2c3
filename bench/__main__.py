"""``python -m bench [NAME...]``: run benchmarks and print the table."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench._harness import Context, Row, SkippedError, markdown_table, text_table
from bench._machine import describe
from qingyuan.errors import QingyuanError

#: Name and module of each benchmark, in the order they run, with what it measures.
BENCHES: dict[str, str] = {
    "start": "how long the command takes to start",
    "scan": "the compiled pass over waybills and prose, one core",
    "passes": "the other passes of a scan one by one, and FF1",
    "csvfile": "a CSV file from bytes to persons and counts",
    "peers": "other tools on the same bytes and the same adversarial texts",
    "arrow": "Arrow record batches from memory to counts",
    "scale": "a million records (or as many as asked for) to exact counts of people, as a process",
    "intake": "the whole job on the demonstration material, as a process",
    "ledger": "durable appends, proofs and their checks",
    "evidence": "sealing content and checking a package",
    "outside": "capturing a page, judging timestamps, cosigning as a witness",
    "register": "lists, open dates, timelines and search over 100,000 matters",
    "pages": "what a browser takes to show a page on a slow machine",
    "web": "pages and API of 100,000 matters, fifty users at once, and a soak of five minutes",
    "upload": "a file of two gibibytes by chunks, the server killed half-way",
    "casework": "law, deadlines, folding a case, documents",
}


def run(name: str, folder: Path, *, quick: bool) -> Iterator[Row]:
    """Run one benchmark in a folder of its own below ``folder`` and yield its rows as they are found.

    Raises:
        SkippedError: It cannot run here.
    """
    own = folder / name
    own.mkdir()
    try:
        yield from importlib.import_module(f"bench.{name}").run(Context(own, quick))
    except (ImportError, QingyuanError) as error:
        why = error.text("en") if isinstance(error, QingyuanError) else str(error)
        raise SkippedError(f"{type(error).__name__}: {why}") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen benchmarks; return 1 when one of them was skipped or failed."""
    options = _parser().parse_args(arguments)
    if options.list:
        for name, what in BENCHES.items():
            print(f"{name:10} {what}")
        return 0
    unknown = [name for name in options.names if name not in BENCHES]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; see --list", file=sys.stderr)
        return 2
    names = options.names or list(BENCHES)
    rows: dict[str, list[Row]] = {}
    skipped: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.dir) as temporary:
        folder = Path(temporary)
        machine = describe(folder, datetime.now(UTC).astimezone().date())
        began = time.perf_counter()
        for name in names:
            _say(f"{name}: {BENCHES[name]} ...")
            try:
                # Row by row, so that what was found before a failure stays.
                rows.setdefault(name, []).extend(run(name, folder, quick=options.quick))
            except SkippedError as reason:
                skipped[name] = str(reason)
            except Exception as defect:  # noqa: BLE001 - the figures of the others must not be lost
                traceback.print_exc()
                skipped[name] = f"defect: {type(defect).__name__}: {defect}"
        seconds = time.perf_counter() - began
    if hasattr(os, "getloadavg"):
        machine["load after"] = f"{os.getloadavg()[0]:.1f}"
    machine["run"] = f"{'quick' if options.quick else 'full'}, {seconds:.0f} s"
    print(_report(machine, rows, markdown=options.markdown))
    for name, why in skipped.items():
        print(f"skipped {name}: {why}", file=sys.stderr)
    if options.json:
        text = json.dumps(
            {
                "machine": machine,
                "rows": {name: [row.as_dict() for row in each] for name, each in rows.items()},
                "skipped": skipped,
            },
            ensure_ascii=False,
            indent=2,
        )
        options.json.write_text(text + "\n", encoding="utf-8")
    return 1 if skipped else 0


def _report(machine: dict[str, str], rows: dict[str, list[Row]], *, markdown: bool) -> str:
    every = [row for each in rows.values() for row in each]
    if markdown:
        facts = "\n".join(f"- {key}: {value}" for key, value in machine.items())
        return f"{facts}\n\n{markdown_table(every)}"
    facts = "\n".join(f"{key:12} {value}" for key, value in machine.items())
    return f"{facts}\n\n{text_table(every)}"


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Print figures beside a floor or peer measured in the same run."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run; all by default")
    parser.add_argument("--list", action="store_true", help="list the benchmarks")
    parser.add_argument("--quick", action="store_true", help="little material, few rounds: a rough picture")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON, too")
    parser.add_argument("--markdown", action="store_true", help="print the table of docs/benchmarks.md")
    parser.add_argument(
        "--dir", type=Path, metavar="DIR", help="where to put temporary files: the disk that is measured"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
