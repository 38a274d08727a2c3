"""Runs one peer in the environment it is installed in; ``bench.peers`` starts it. Needs nothing of this package.

Usage: ``python _peers.py TOOL TASK.json`` with ``{"bytes": file, "texts": [...]}``; prints ``{"seconds", "size", "spans"}``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: The kinds that all of them are asked for, as patterns with ASCII digits.
PATTERNS = {
    "resident-id": r"(?<![0-9])[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx](?![0-9])",
    "mobile": r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])",
    "bank-card": r"(?<![0-9])(?:62|4[0-9]|5[1-5])[0-9]{14,17}(?![0-9])",
    "email": r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
}
Span = tuple[int, int, int, str]
Find = Callable[[str], list[tuple[int, int, str]]]


def _re() -> Find:
    import re

    made = [(kind, re.compile(pattern)) for kind, pattern in PATTERNS.items()]
    return lambda text: [(m.start(), m.end(), kind) for kind, one in made for m in one.finditer(text)]


def _presidio() -> Find:
    import spacy
    from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(models=[{"lang_code": "zh", "model_name": "blank"}])
            self.nlp = {"zh": spacy.blank("zh")}

        def load(self) -> None:
            """Nothing to load."""

    registry = RecognizerRegistry(supported_languages=["zh"])
    for kind, pattern in PATTERNS.items():
        registry.add_recognizer(
            PatternRecognizer(kind, patterns=[Pattern(kind, pattern, 0.5)], supported_language="zh")
        )
    engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["zh"])
    return lambda text: [(r.start, r.end, r.entity_type) for r in engine.analyze(text, language="zh")]


def _argus() -> Find:
    from argus_redact import redact

    names = {"id_number": "resident-id", "id_card": "resident-id", "phone": "mobile"}
    names |= {"bank_card": "bank-card", "email": "email"}

    def find(text: str) -> list[tuple[int, int, str]]:
        details: Any = redact(text, mode="fast", lang="zh", detailed=True)[2]
        return [(e["start"], e["end"], names.get(e["type"], e["type"])) for e in details["entities"]]

    return find


def _hyperscan() -> Find:
    import hyperscan

    kinds = list(PATTERNS)
    plain = [p.replace("(?<![0-9])", "").replace("(?![0-9])", "").encode() for p in PATTERNS.values()]
    base = hyperscan.Database()
    flags = [hyperscan.HS_FLAG_SOM_LEFTMOST] * len(plain)
    base.compile(expressions=plain, ids=list(range(len(plain))), elements=len(plain), flags=flags)

    def find(text: str) -> list[tuple[int, int, str]]:
        raw = text.encode()
        longest: dict[tuple[int, int], int] = {}

        def hit(number: int, start: int, end: int, _flags: int, _context: object) -> None:
            if raw[start - 1 : start].isdigit() or raw[end : end + 1].isdigit():
                return
            longest[number, start] = max(end, longest.get((number, start), 0))

        base.scan(raw, match_event_handler=hit)
        return [
            (len(raw[:start].decode(errors="ignore")), len(raw[:end].decode(errors="ignore")), kinds[number])
            for (number, start), end in longest.items()
        ]

    return find


TOOLS: dict[str, Callable[[], Find]] = {
    "re": _re,
    "presidio": _presidio,
    "argus-redact": _argus,
    "hyperscan": _hyperscan,
}


def main(tool: str, task: str) -> None:
    given = json.loads(Path(task).read_text("utf-8"))
    lines = Path(given["bytes"]).read_text("utf-8").splitlines()
    find = TOOLS[tool]()
    find(lines[0])
    begin = time.process_time()
    for line in lines:
        find(line)
    seconds = time.process_time() - begin
    spans = [(n, s, e, kind) for n, text in enumerate(given["texts"], 1) for s, e, kind in find(text)]
    size = sum(len(line.encode()) + 1 for line in lines)
    print(json.dumps({"seconds": seconds, "size": size, "spans": spans}))


if __name__ == "__main__":
    main(*sys.argv[1:])
