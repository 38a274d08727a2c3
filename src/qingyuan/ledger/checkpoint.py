"""The body of a C2SP checkpoint: which log, how long, and the root of its Merkle tree.

Source: c2sp.org/tlog-checkpoint. The signed form is in :mod:`qingyuan.ledger.signed`.
"""

from __future__ import annotations

from dataclasses import dataclass

from qingyuan.ledger._text import b64decode, b64encode, has_control, parse_decimal
from qingyuan.ledger.errors import FormatError
from qingyuan.ledger.hashes import HASH_SIZE
from qingyuan.ledger.tree import MAX_SIZE

_MANDATORY_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head.

    Attributes:
        origin: Identity of the log, one line, e.g. ``"jcy.example/ledger"``.
        size: Number of entries, 0 to 2^63 − 1.
        root: Root of the Merkle tree at that size, 32 bytes.
        extensions: Opaque further lines; a witness makes no statement about them, so do not use them.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could not be written so that it reads back the same."""
        lines = (self.origin, *self.extensions)
        if not all(lines) or has_control("".join(lines)):
            raise _malformed(
                "来源行或扩展行为空或含控制字符",
                "the origin or an extension line is empty or has a control character",
            )
        if not 0 <= self.size <= MAX_SIZE:
            raise _malformed("日志条数超出范围", "the tree size is out of range")
        if len(self.root) != HASH_SIZE:
            raise _malformed("根哈希不是 32 字节", "the root hash is not 32 bytes")

    def text(self) -> str:
        """Return the note text: three lines and the extension lines, each ending in a line feed."""
        mandatory = f"{self.origin}\n{self.size}\n{b64encode(self.root)}\n"
        return mandatory + "".join(f"{line}\n" for line in self.extensions)


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint note.

    Args:
        text: The note text with its final line feed, without signatures.

    Raises:
        FormatError: ``ledger.checkpoint`` when it is not literally of the format.
    """
    lines = text.split("\n")
    if lines.pop() or len(lines) < _MANDATORY_LINES:
        raise _malformed("不足三行，或末尾没有换行", "fewer than three lines, or no final line feed")
    origin, size_text, root_text, *extensions = lines
    size, root = parse_decimal(size_text), b64decode(root_text)
    if size is None:
        raise _malformed("第二行不是十进制的日志条数", "the second line is not a decimal tree size")
    if root is None:
        raise _malformed("第三行不是规范的 base64", "the third line is not canonical base64")
    return Checkpoint(origin, size, root, tuple(extensions))


def _malformed(zh: str, en: str) -> FormatError:
    return FormatError("ledger.checkpoint", zh=f"检查点格式不符：{zh}", en=f"not a checkpoint: {en}")
