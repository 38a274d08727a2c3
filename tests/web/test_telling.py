"""What libraries log is told as one JSON object without their words, and no header says who asks where no proxy was named."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings

import pytest

from qingyuan.web import ServeSettings
from qingyuan.web.telling import OthersFormatter, write_log


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


def test_every_line_of_the_log_is_json_whoever_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, name in ((threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    loggers = [logging.getLogger(), logging.getLogger("qingyuan.web"), logging.getLogger("sqlalchemy.pool")]
    before = [(one, list(one.handlers), one.level) for one in loggers]
    stream = io.StringIO()
    logging.captureWarnings(capture=False)  # a program that ran in this process before may have begun it
    try:
        write_log(stream)

        def fail() -> None:
            raise ValueError("张某\n330782199001011234")

        class Last:
            def __del__(self) -> None:
                fail()

        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        Last()
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("张某\n330782199001011234", stacklevel=1)
        logging.getLogger("asyncio").error("张某\n%s", "330782199001011234")
        logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
        logging.getLogger("qingyuan.web").info('{"event": "request"}')
    finally:
        logging.captureWarnings(capture=False)
        for one, handlers, level in before:
            one.handlers[:] = handlers
            one.setLevel(level)
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    said = [one.get("event") for one in told]
    assert said == ["thread-failed", "unraisable", "warning", "error", "warning", "request"]
    assert "张某" not in stream.getvalue()
    assert "330782" not in stream.getvalue()
