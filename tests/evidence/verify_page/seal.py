"""The hashes of the page's content security policy: ``python -m tests.evidence.verify_page.seal`` writes them."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "src/qingyuan/evidence/verify/verify.html"


def part(html: str, tag: str) -> str:
    """The text of the one element with this tag."""
    found: list[str] = re.findall(rf"<{tag}(?: [^>]*)?>(.*?)</{tag}>", html, re.DOTALL)
    (text,) = found
    return text


def source(text: str) -> str:
    """A hash source of CSP for the text of an element."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def sealed(html: str) -> str:
    """The page with the hashes of its own script and style."""
    for tag in ("script", "style"):
        html = re.sub(rf"({tag}-src ')[^']*'", rf"\g<1>{source(part(html, tag))}'", html, count=1)
    return html


if __name__ == "__main__":
    PAGE.write_text(sealed(PAGE.read_text("utf-8")), "utf-8")
