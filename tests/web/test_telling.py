"""What libraries log is told as one JSON object without their words, and no header says who asks where no proxy was named."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from qingyuan.web import ServeSettings
from qingyuan.web.telling import OthersFormatter


@pytest.mark.parametrize(
    ("name", "kept"),
    [("python_multipart.multipart", False), ("uvicorn.error", False), ("qingyuan.office", True)],
)
def test_a_warning_of_a_library_is_one_line_without_its_words(name: str, kept: bool) -> None:
    try:
        int("330782199001011234x")
    except ValueError:
        error = sys.exc_info()
    for exc_info in (None, error):
        record = logging.LogRecord(name, logging.WARNING, "x.py", 7, "found %r\nat", ("张某",), exc_info)
        line = OthersFormatter().format(record)
        told = json.loads(line)
        assert (told["event"], told["from"], told.get("kind")) == (
            "warning",
            name,
            "ValueError" if exc_info else None,
        )
        assert told["at"]
        assert ("张某" in told.get("said", ""), "330782" in line, "\n" in line) == (kept, False, False)


def test_a_proxy_is_believed_only_when_its_address_was_named() -> None:
    assert not ServeSettings().proxied
    assert ServeSettings(public_url="https://office.example").proxied
