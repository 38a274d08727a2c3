"""An answer that takes too long: the log says where every thread was, once, and nothing of what it worked on."""

from __future__ import annotations

import json
import logging
import threading
import time

import pytest

from qingyuan.web.stalls import Stalls


def test_where_everybody_waits_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    stalls = Stalls(0.05)
    over = threading.Event()

    def held_up(secret: str) -> str:
        with stalls.answering():
            over.wait(120)
        return secret

    thread = threading.Thread(target=held_up, args=("\u5f20\u4e09",), name="answer")
    with caplog.at_level(logging.WARNING, logger="qingyuan.web"):
        stalls.start()
        thread.start()
        deadline = time.monotonic() + 120
        while not caplog.records:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(0.2)
        over.set()
        thread.join()
        stalls.stop()
    (record,) = caplog.records
    told = json.loads(record.getMessage())
    assert (told["event"], told["answers"]) == ("slow", 1)
    assert told["seconds"] >= 0
    assert any(__file__ in place for place in told["threads"]["answer"])
    assert "\u5f20\u4e09" not in record.getMessage()
    assert not stalls._begun
