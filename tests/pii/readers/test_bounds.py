"""Bounds: long lines, memory, time, and what is not text at all."""

from __future__ import annotations

import io
import subprocess
import sys
import textwrap

import pytest

from qingyuan.pii import readers
from qingyuan.pii.batch import Unread
from qingyuan.pii.readers import _ocr
from tests.pii.readers.reading import codes, read


def test_a_line_of_fifty_megabytes_stays_whole_in_bounded_memory() -> None:
    script = """
        import io, sys
        from qingyuan.pii import readers
        def peak_of():  # of this program alone: what getrusage says counts the one that started it
            return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
        before = peak_of()
        class Line(io.RawIOBase):
            size, at = 50 << 20, 0
            def readable(self): return True
            def seekable(self): return True
            def seek(self, to, whence=0):
                self.at = to if whence == 0 else self.size
                return self.at
            def read(self, n=-1):
                n = min(n, self.size - self.at)
                self.at += n
                return b"x" * n
        sizes = [len(b.data) for b in readers.read(Line(), "a.txt") if hasattr(b, "data")]
        peak = peak_of()
        print(sizes, (peak - before) >> 10, peak >> 10)
    """
    out = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    ).stdout
    sizes, more, peak = out.rsplit(maxsplit=2)
    assert sizes == f"[{50 << 20}]"
    assert int(more) < 300
    assert int(peak) < 600


def test_a_line_beyond_the_limit_is_cut_where_no_value_can_be_torn() -> None:
    raw = b"13800138000,\xe5\xbc\xa0\xe4\xb8\x89," * 2000
    cells, unread = read(raw, "a.txt", max_record_bytes=1000, block_bytes=512)
    assert codes(unread) == []
    assert len(cells) > 30
    assert "".join(c.text for c in cells).encode() == raw
    assert sum(c.text.count("13800138000") for c in cells) == 2000
    assert {c.place for c in cells} == {"line 1"}


def test_a_line_of_digits_only_is_cut_and_named() -> None:
    cells, unread = read(b"1" * 5000, "a.txt", max_record_bytes=1000, block_bytes=512)
    assert "".join(c.text for c in cells) == "1" * 5000
    assert codes(unread) == ["value-torn"]


def test_the_time_budget_ends_the_file_and_is_named() -> None:
    ticks = iter(range(100_000))
    limits = readers.Limits(seconds=10, clock=lambda: float(next(ticks)), block_bytes=64)
    found = list(readers.read(io.BytesIO(b"13800138000\n" * 60_000), "a.txt", limits))
    assert [f.code for f in found if isinstance(f, Unread)] == ["time-budget"]
    assert len(found) > 1


@pytest.mark.parametrize(
    ("raw", "name", "code"),
    [
        (b"", "a.csv", "empty"),
        (b" \r\n\t\n", "a.csv", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "a.csv", "needs-ocr"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "a", "needs-ocr"),
        (b"MZ" + bytes(200), "a.txt", "unsupported-format"),
        (b"\0\0\0\x20ftypisom" + bytes(50), "a", "unsupported-format"),
        (b"Rar!\x1a\x07\x01\0" + bytes(50), "a.zip", "corrupt"),
        (bytes(range(256)) * 20, "a.csv", "unsupported-format"),
        (b"PK\x03\x04 nothing more", "a.zip", "truncated"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xls", "corrupt"),
    ],
)
def test_what_is_not_read_is_named(raw: bytes, name: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ocr, "installed", lambda: False)
    cells, unread = read(raw, name)
    assert cells == []
    assert codes(unread) == [code]
    assert unread[0].remedy_zh
    assert unread[0].remedy_en


@pytest.mark.parametrize("ending", ["csv", "json", "sql", "html", "xlsx", "zip", "pdf", "gz"])
def test_the_content_decides_before_the_name(ending: str) -> None:
    raw = "姓名,电话\n张三,13800138000\n李四,13900139000\n王五,13700137000\n".encode()
    assert readers.sniff(raw, f"x.{ending}") is readers.Format.DELIMITED
