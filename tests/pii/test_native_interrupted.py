"""What a signal raises inside compiled code would be lost: no code of Python runs there but for the first time."""

from __future__ import annotations

import io
import sys
from types import FrameType

import pytest

from qingyuan.pii import _kernel, engine, readers
from qingyuan.pii._kernel import _native

DATA = b'{"phone": "13800000001", "name": "a"}\n' * 50


def scanned() -> None:
    with io.BytesIO(DATA) as lines:
        engine.scan(readers.read(lines, "a.jsonl"), bytes(32), "a.jsonl")


def test_compiled_code_that_makes_arrays_calls_no_code_of_python() -> None:
    if not _native.supported():
        pytest.skip("code is put into memory on Linux on x86-64 only")
    assert _kernel.NATIVE is not None, "there is no image of the kernels: run qingyuan warm"
    scanned()
    called: list[str] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        back = frame.f_back
        if event == "call" and back is not None and back.f_code.co_filename == _native.__file__:
            called.append(frame.f_code.co_qualname)

    sys.setprofile(note)
    try:
        scanned()
    finally:
        sys.setprofile(None)
    assert called == []
