"""Law, deadlines, the fold of a long case, and documents."""

from __future__ import annotations

import io
import itertools
import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from importlib import resources
from importlib.resources.abc import Traversable

import chinese_calendar
import docx
import typst
import yaml

from bench._case import history
from bench._document import document, measures
from bench._harness import Context, Row, in_turns, run_process
from qingyuan.cases import CaseEvent, fold, read_event
from qingyuan.documents import Document
from qingyuan.documents.docx import render_docx
from qingyuan.documents.fonts import default_fonts
from qingyuan.documents.pdf import render_pdf
from qingyuan.documents.redaction import redact
from qingyuan.law import Law, load
from qingyuan.office.paperwork.redacting import personal

_EVENTS = 500


def run(context: Context) -> Iterator[Row]:
    """Measure the law room, the cases room and the documents room."""
    yield from _law(context)
    yield from _fold(context)
    yield from _documents(context)


def _law(context: Context) -> list[Row]:
    texts = list(_yaml_files(resources.files("qingyuan.law")))
    law = load()
    law.check()
    chance = random.Random(7)
    starts = [date(2026, 1, 1) + timedelta(days=day) for day in range(300)]
    days = [period.id for period in law.periods() if period.unit != "hour"]
    asked = [(chance.choice(days), chance.choice(starts)) for _ in range(context.pick(2_000, 500))]
    ends = [law.deadline(period, start).due for period, start in asked]
    known = [end for end in ends if end.year <= 2026]
    times = in_turns(
        {
            "load": lambda: Law().check(),
            "yaml": lambda: [yaml.load(text, Loader=yaml.CSafeLoader) for text in texts],
            "deadlines": lambda: [law.deadline(period, start) for period, start in asked],
            "calendar": lambda: [chinese_calendar.is_workday(end) for end in known],
        },
        context.pick(7, 2),
    )
    size = sum(map(len, texts)) / 1e3
    return [
        times.duration(
            f"law: load and check everything ({len(texts)} files, {size:.0f} kB)",
            "load",
            against="`yaml.CSafeLoader` on the same files",
            peer="yaml",
        ),
        times.rate(
            f"law: deadlines with their reasons and articles ({len(days)} periods)",
            "deadlines",
            len(asked),
            "/s",
            against="`chinese_calendar.is_workday` of the last day alone",
            peer="calendar",
            peer_amount=len(known),
        ),
    ]


def _yaml_files(folder: Traversable) -> Iterator[bytes]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            yield from _yaml_files(entry)
        elif entry.name.endswith(".yaml"):
            yield entry.read_bytes()


def _fold(context: Context) -> list[Row]:
    stored = history(_EVENTS)

    def read() -> list[CaseEvent]:
        return [read_event(stream, n, kind, at, "P001", payload) for stream, n, kind, at, payload in stored]

    events = read()
    times = in_turns({"fold": lambda: fold(events), "read": read}, context.pick(25, 7))
    return [
        times.duration(
            f"cases: fold a docket of {_EVENTS} events",
            "fold",
            against="reading the same events (payloads to records)",
            peer="read",
            unit="ms",
        )
    ]


def _both(title: str) -> tuple[bytes, bytes]:
    made = measures(title)
    return render_docx(made), render_pdf(made)


def _public(title: str) -> Document:
    return redact(document(title), personal)


def _documents(context: Context) -> list[Row]:
    fonts = default_fonts()
    titles = (f"检察建议书（{number}）" for number in itertools.count(1))

    def bare_pdf() -> bytes:
        faces = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(folder) for folder in fonts.folders],
        )
        line = f'#set text(font: "{fonts.body}", lang: "zh")\n{next(titles)}\n'
        return bytes(typst.compile(line.encode(), font_paths=faces, format="pdf"))

    _public(next(titles))  # the compiled passes are loaded once
    # The typesetter remembers what it has set before: only a new text is work.
    times = in_turns(
        {
            "process": lambda: run_process([sys.executable, "-m", "bench._document"]),
            "pass": lambda: run_process([sys.executable, "-c", "pass"]),
            "pdf": lambda: render_pdf(document(next(titles)), fonts),
            "bare pdf": bare_pdf,
            "docx": lambda: render_docx(document(next(titles))),
            "bare docx": lambda: docx.Document().save(io.BytesIO()),
            "both": lambda: _both(next(titles)),
            "public": lambda: _public(next(titles)),
            "full": lambda: document(next(titles)),
        },
        context.pick(7, 2),
    )
    what = f"suggestion ({len(document(next(titles)).text())} characters)"
    return [
        times.duration(
            f"documents: PDF/A of a {what}, fonts embedded and checked, a new process",
            "process",
            against="`python -c pass`",
            peer="pass",
        ),
        times.duration(
            f"documents: PDF/A of a {what}, the next one",
            "pdf",
            against="`typst.compile` of one line in the same fonts",
            peer="bare pdf",
        ),
        times.duration(
            f"documents: .docx of a {what}",
            "docx",
            against="`python-docx`: an empty document",
            peer="bare docx",
        ),
        times.duration(
            "documents: a list of 34 measures, filled, .docx and PDF/A, links to its events, geometry read back",
            "both",
            against="`typst.compile` of one line in the same fonts",
            peer="bare pdf",
        ),
        times.duration(
            f"documents: filling a {what} and masking it for the public",
            "public",
            against="filling it",
            peer="full",
        ),
    ]
