"""The scanner of a fresh installation: it is compiled in a process of its own, and whoever needs it meanwhile is told so at once."""

from __future__ import annotations

import atexit
import signal
import subprocess
import sys
import threading

from qingyuan.pii import compiling
from qingyuan.web.errors import WebError

#: When to come back, in seconds; compiling everything takes two to four minutes on two processor cores.
_AGAIN = 60
_CALL = """\
import os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
os.nice(10)
from qingyuan.pii.compiling import compile_all
compile_all()
"""
_LOCK = threading.Lock()
_BEGUN: list[subprocess.Popen[bytes]] = []


def make_ready() -> bool:
    """Begin to compile the scanner where that was not done, once in a process; return whether it is under way."""
    with _LOCK:
        if not _BEGUN:
            if compiling.complete():
                return False
            command = [sys.executable, "-c", _CALL]
            before = signal.pthread_sigmask(
                signal.SIG_BLOCK, {signal.SIGINT}
            )  # Ctrl-C ends it as SIGTERM does
            try:
                begun = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603 - this Python
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
            _BEGUN.append(begun)
            atexit.register(begun.terminate)
        return _BEGUN[0].poll() is None


def require_ready() -> None:
    """Refuse what would wait for minutes; what cannot be compiled ahead is compiled by who needs it.

    Raises:
        WebError: ``web.scanner-not-ready``, while the scanner is compiled.
    """
    if make_ready():
        error = WebError(
            "web.scanner-not-ready",
            503,
            zh="首次使用，扫描程序正在准备，约需几分钟",
            en="the scanner is being prepared for its first use; this takes some minutes",
            remedy_zh="请稍后重新打开本页；其他页面可以照常使用",
            remedy_en="open this page again in a while; all other pages work meanwhile",
        )
        error.retry = _AGAIN
        raise error
