"""Text of any of the encodings met in practice, as windows of valid UTF-8.

A byte that is not text in the file's encoding becomes U+001A, which is one byte in UTF-8 as in the
multi-byte encodings, so offsets stay exact and no value can grow together across the gap.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel.csv import count_bytes
from qingyuan.pii._kernel.origin import TextOrigin, encoded_lengths
from qingyuan.pii._kernel.utf8 import byte_pairs, repair, well_formed
from qingyuan.pii.batch import Unread
from qingyuan.pii.readers._mixed import LONGEST, MovedOrigin, mend
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._unread import unread

Bytes = npt.NDArray[np.uint8]

_BOMS = [
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
]
_SUBSTITUTE = 0x1A
_LF = 0x0A
_ASCII = 0x7F
#: Share of everyday characters from which a double-byte encoding is believed.
_EVERYDAY_GB = 0.6
_EVERYDAY_BIG5 = 0.7
_SAMPLE = 1 << 16
#: Ranges of the characters Chinese text is made of: ASCII, Latin-1, punctuation, hanzi, full width.
_CHINESE = [(9, 13), (0x1A, 0x1A), (0x20, 0x7E), (0xA0, 0xFF), (0x2010, 0x2027), (0x3000, 0x303F)]
_CHINESE += [(0x4E00, 0x9FFF), (0xD800, 0xDFFF), (0xFF00, 0xFFEF)]
_FIRST_LINES = 5
#: Line numbers listed of those in another encoding.
_LISTED = 200


def _one_byte(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if error.encoding.startswith("utf-16"):
        return "\ufffd", min(error.start + 2, len(error.object))
    return "\x1a", error.start + 1


codecs.register_error("qingyuan-one-byte", _one_byte)


def guess_utf16(sample: bytes) -> str | None:
    """Return the UTF-16 encoding of a sample without a byte order mark, or ``None``.

    UTF-16 text has zero bytes (digits, blanks, line ends). Where it is all ASCII it would be valid UTF-8
    too, and half of it is zero; else it is taken for UTF-16 if nearly all of its characters are ones
    that Chinese text is made of.
    """
    data = np.frombuffer(sample[: len(sample) // 2 * 2], np.uint8)
    zeros = int((data == 0).sum())
    if not zeros:
        return None
    try:
        sample[: _whole(data, final=False)].decode()
        if zeros * 3 < len(data):
            return None
    except UnicodeDecodeError:
        pass
    for encoding in ("<u2", ">u2"):
        units = data.view(encoding)
        plausible = np.zeros(len(units), np.bool_)
        for first, last in _CHINESE:
            plausible |= (units >= first) & (units <= last)
        if plausible.sum() * 100 >= len(units) * 96:
            return "utf-16-le" if encoding == "<u2" else "utf-16-be"
    return None


def guess(sample: bytes) -> str | None:
    """Return the encoding of ``sample`` (ASCII-compatible ones), or ``None`` if it is none we know.

    ``sample`` may begin and end in the middle of a character only at its end. Pure ASCII is
    ``"utf-8"``. The double-byte encodings are told apart by how much of the text lies in the ranges
    of everyday characters (GB 2312 rows 16-55, Big5 A440-C67E).
    """
    data = np.frombuffer(bytearray(sample[:_SAMPLE]), np.uint8)
    high, utf8_good, utf8_bad, gb_pairs, gb_common, gb_bad, big5_pairs, big5_common, big5_bad = byte_pairs(
        data
    )
    if high == 0 or utf8_bad == 0 or utf8_good * 5 >= high * 4:
        return "utf-8"
    gb = gb_common / gb_pairs if gb_pairs else 0.0
    big5 = big5_common / big5_pairs if big5_pairs else 0.0
    if gb_bad * 20 <= gb_pairs and gb >= _EVERYDAY_GB and (gb >= big5 or big5_bad * 50 > big5_pairs):
        return "gb18030"
    if big5_bad * 20 <= big5_pairs and big5 >= _EVERYDAY_BIG5:
        return "cp950"
    return "utf-8" if utf8_good * 2 >= high else None


def sniff_encoding(head: bytes) -> tuple[str, int]:
    """Return the encoding of a file's beginning and the length of its byte order mark.

    ``"ascii?"`` means: no byte above 0x7F yet, to be settled later; ``"?"``: none we know.
    """
    for mark, encoding in _BOMS:
        if head.startswith(mark) and not head.startswith(b"\xff\xfe\x00\x00"):
            return encoding, len(mark)
    if wide := guess_utf16(head[:_SAMPLE]):
        return wide, 0
    if head.isascii():
        return "ascii?", 0
    first = next(i for i, b in enumerate(head) if b > _ASCII)
    return guess(head[first:]) or "?", 0


def _whole(data: Bytes, *, final: bool) -> int:
    """Return the length of ``data`` without a UTF-8 sequence cut off by its end."""
    for back in range(1, min(3, len(data)) + 1):
        byte = int(data[-back])
        if byte >= 0xC0:  # noqa: PLR2004
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4  # noqa: PLR2004 -- RFC 3629 section 3
            return len(data) - back if length > back and not final else len(data)
        if byte <= _ASCII:
            break
    return len(data)


def is_utf8(data: Bytes) -> bool:
    """Return whether ``data`` is well-formed UTF-8."""
    return bool(well_formed(data))


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of decoded text.

    Attributes:
        data: Writable ``uint8[n]``, valid UTF-8, beginning on a character.
        offset: Offset in the file of its first byte.
        final: Whether the file ends here.
    """

    data: Bytes
    offset: int
    final: bool


class TextStream:
    """Decodes a source window by window; the caller says how much of a window it has used.

    Args:
        source: A source whose head has been looked at.
    """

    def __init__(self, source: Source) -> None:
        """Settle the encoding as far as the head allows."""
        self._source = source
        self._block = source.limits.block_bytes
        self._encoding, self._skip = sniff_encoding(source.head)
        self._rest: Bytes = np.empty(0, np.uint8)
        self._offset = self._skip
        self._read = len(source.read(self._skip)) if self._skip else 0
        self._pending = b""
        self._eof = False
        self._lines = 1
        self._bad: list[tuple[int, int]] = []
        self._bad_count = 0
        self._mixed: list[int] = []
        self._moved_at = self._moved = np.empty(0, np.int64)
        self._fresh = np.empty(0, np.int64), np.empty(0, np.int64)
        self._decoder: codecs.IncrementalDecoder | None = None

    @property
    def encoding(self) -> str:
        """Return the encoding; ``"?"`` if unknown, ``"ascii?"`` while nothing but ASCII was seen."""
        return self._encoding

    def read_at_most(self, count: int) -> None:
        """Read no more than ``count`` bytes at a time, for formats whose cells take many times their text."""
        self._block = min(self._block, count)

    def window(self) -> Window:
        """Return the text not yet used, with at least one more block of the file (unless it ends)."""
        while not self._eof:
            held, longest = len(self._rest), self._source.limits.max_record_bytes
            # Twice as much as before while a record goes on, but not much more than the longest one kept whole.
            more = min(held, max(longest - held, longest >> 2))
            whole = self._decode(self._source.read(max(self._block, more)))
            if len(whole) > held:
                self._rest = whole
                self._join_moved(held)
                break
        return Window(self._rest, self._offset, self._eof)

    def use(self, count: int) -> None:
        """Say that the first ``count`` bytes of the window are done with."""
        used = self.origin(Window(self._rest, self._offset, final=False)).offsets(np.array([count]))
        moved = int(used[0]) - self._offset - count
        self._offset = int(used[0])
        self._rest = self._rest[count:].copy()
        if len(self._moved_at):
            kept = self._moved_at > count
            self._moved_at, self._moved = self._moved_at[kept] - count, self._moved[kept] - moved

    def origin(self, window: Window) -> TextOrigin:
        """Return where the bytes of ``window`` come from; its data must not change afterwards."""
        if len(self._moved_at):
            return MovedOrigin(window.offset, self._moved_at, self._moved)
        lengths = None if self._encoding in {"?", "ascii?"} else encoded_lengths(self._encoding)
        return TextOrigin(window.offset, window.data if lengths is not None else None, lengths)

    def notes(self) -> Iterator[Unread]:
        """Yield what could not be decoded; to be asked for at the end."""
        if self._mixed:
            shown = ", ".join(map(str, self._mixed[:_LISTED]))
            yield unread(
                "mixed-encoding",
                self._source.member,
                count=len(self._mixed),
                lines=shown,
                line=self._mixed[0],
            )
        if not self._bad_count:
            return
        member = self._source.member
        line, offset = self._bad[0]
        lines = ", ".join(dict.fromkeys(str(n) for n, _ in self._bad))
        code = "unknown-encoding" if self._encoding == "?" else "bad-bytes"
        name = self._encoding.replace("cp950", "big5")
        yield unread(
            code, member, encoding=name, count=self._bad_count, lines=lines, line=line, offset=offset
        )

    def _decode(self, raw: bytes) -> Bytes:
        """Return the text not yet used and, behind it, what ``raw`` adds."""
        if not raw or (self._source.member is None and self._read + len(raw) == self._source.size):
            self._eof = True
        if self._encoding == "ascii?" and not raw.isascii():
            first = next(i for i in range(0, len(raw), _SAMPLE) if not raw[i : i + _SAMPLE].isascii())
            sample = raw[first : first + 2 * _SAMPLE]
            skip = next(i for i, b in enumerate(sample) if b > _ASCII)
            self._encoding = guess(sample[skip:]) or "?"
        if self._encoding in {"utf-8", "ascii?", "?"}:
            return self._decode_bytes(raw)
        block = self._decode_codec(raw)
        return np.concatenate((self._rest, block)) if len(self._rest) else block

    def _decode_bytes(self, raw: bytes) -> Bytes:
        held = len(self._rest)
        # One copy: what is left, what was cut off, and what is new.
        whole = np.frombuffer(bytearray().join((self._rest.data, self._pending, raw)), np.uint8)
        data = whole[held:]
        start = self._read - len(self._pending)
        self._read += len(raw)
        keep = _whole(data, final=self._eof)
        self._fresh = np.empty(0, np.int64), np.empty(0, np.int64)
        well = self._encoding != "?" and is_utf8(data[:keep])
        if self._encoding == "utf-8" and not well:
            block = self._decode_mixed(data, start)
            return np.concatenate((self._rest, block)) if held else block
        if well:
            bad, count = data[:0].astype(np.int64), 0
        else:
            bad, count, keep = repair(data, self._eof, self._encoding == "?")
        self._pending = bytes(data[keep:])
        block = data[:keep]
        self._note(block, bad, count, bad + start)
        return whole[: held + keep]

    def _decode_mixed(self, data: Bytes, start: int) -> Bytes:
        """Decode what is not all UTF-8: lines in GB 18030 as such, single bytes that are neither as gaps."""
        ends = np.flatnonzero(data == _LF)
        keep = len(data) if self._eof else int(ends[-1]) + 1 if len(ends) else 0
        if not self._eof and len(data) - keep > LONGEST:  # no line: cut as before
            keep = _whole(data, final=False)
        block, lines, at, moved = mend(data[:keep])
        self._mixed += [self._lines + number for number in lines]
        bad, count, settled = repair(block, True, False)
        assert settled == len(block)
        self._pending = bytes(data[keep:])
        offsets = MovedOrigin(start, at, moved).offsets(bad) if len(at) else bad + start
        self._note(block, bad, count, offsets)
        self._fresh = at, moved
        return block

    def _join_moved(self, held: int) -> None:
        """Add what a new block of mixed text moves behind the ``held`` bytes kept of the ones before."""
        at, moved = self._fresh
        base = int(self._moved[-1]) if len(self._moved) else 0
        if len(at):
            self._moved_at = np.concatenate((self._moved_at, at + held))
            self._moved = np.concatenate((self._moved, moved + base))

    def _decode_codec(self, raw: bytes) -> Bytes:
        if self._decoder is None:
            self._decoder = codecs.getincrementaldecoder(self._encoding)("qingyuan-one-byte")
        held = self._decoder.getstate()[0] + raw
        start = self._read - (len(held) - len(raw))
        self._read += len(raw)
        text = self._decoder.decode(raw, final=self._eof)
        data = np.frombuffer(bytearray(text.encode("utf-8", errors="replace")), np.uint8)
        marks = np.flatnonzero(data == _SUBSTITUTE)
        if len(marks) and not self._encoding.startswith("utf-16"):
            offsets = TextOrigin(start, data, encoded_lengths(self._encoding)).offsets(marks)
            false = np.frombuffer(held, np.uint8)[offsets - start] != _SUBSTITUTE
            marks, offsets = marks[false], offsets[false]
        else:
            marks, offsets = marks[:0], marks[:0]
        self._note(data, marks, len(marks), offsets)
        return data

    def _note(
        self, block: Bytes, bad: npt.NDArray[np.int64], count: int, offsets: npt.NDArray[np.int64]
    ) -> None:
        for position, offset in zip(
            bad[:_FIRST_LINES].tolist(), offsets[:_FIRST_LINES].tolist(), strict=True
        ):
            if len(self._bad) < _FIRST_LINES:
                line = self._lines + int(np.count_nonzero(block[:position] == _LF))
                self._bad.append((line, offset))
        self._bad_count += count
        self._lines += count_bytes(block, _LF)
