"""Shell commands of Markdown pages, in the order a reader meets them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")

#: Commands that are shown but not run here, each with the reason.
NOT_RUN = {
    "make demo": "installs the program and plays the demonstration at full size",
    "make test": "runs this very test",
    ". .venv/bin/activate": "the tests run in the environment already",
    'cd "$(mktemp -d)"': "the tests have a folder of their own",
}
_FENCE = re.compile(r"^```(?:sh|bash|shell|console)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def commands(page: Path) -> list[str]:
    """Return the commands of a page's shell blocks; a line ending in a backslash goes on."""
    blocks = _FENCE.findall(page.read_text(encoding="utf-8"))
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [" ".join(line.split()) for line in lines if line.strip() and not line.startswith("#")]
