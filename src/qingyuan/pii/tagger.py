"""The trained weights of the model that labels names in free text; see :mod:`qingyuan.pii._kernel.tagging`.

``data/names.weights`` is an eight-byte mark, the lengths of a header (JSON: who made it, of what) and of the table, both
little-endian, the header, and the table of signed bytes, compressed with zlib. ``bench/training/names.py`` writes it.
"""

from __future__ import annotations

import functools
import struct
import zlib
from dataclasses import dataclass
from importlib import resources

import msgspec
import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel.tagging import LABELS
from qingyuan.pii.errors import PiiError
from qingyuan.shapes import from_json

_MARK = b"QYNAMES1"
_SIZES = struct.Struct("<II")


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the weights are.

    Attributes:
        steps: Weights of one label after another, ``[LABELS, LABELS]``, in the unit of the table.
        sure: Margin from which on a name is sure, in the unit of the table.
        least: Margin down to which a sure find of the search stays as an unsure name.
        trained_on: What the weights were trained on.
    """

    steps: tuple[tuple[float, ...], ...]
    sure: float
    least: float
    trained_on: str


@dataclass(frozen=True, slots=True)
class Trained:
    """Weights as the compiled pass takes them: ``uint32[2**k]``, a byte a label and 128 too high, and ``float32[LABELS, LABELS]``."""

    weights: npt.NDArray[np.uint32]
    steps: npt.NDArray[np.float32]
    sure: float
    least: float


def pack(header: Header, weights: npt.NDArray[np.int8]) -> bytes:
    """Return the file of the weights."""
    head = msgspec.json.encode(header)
    body = zlib.compress(np.ascontiguousarray(weights).tobytes(), 9)
    return _MARK + _SIZES.pack(len(head), len(body)) + head + body


def unpack(content: bytes) -> Trained:
    """Return the weights of a file.

    Raises:
        PiiError: The file is not one of weights, or it is damaged.
    """
    try:
        head, body = _SIZES.unpack_from(content, 8)
        header = from_json(content[16 : 16 + head], Header)
        table = np.frombuffer(zlib.decompress(content[16 + head : 16 + head + body]), dtype=np.uint8)
        weights = np.ascontiguousarray(table ^ np.uint8(0x80)).view("<u4")
        steps = np.array(header.steps, dtype=np.float32).reshape(LABELS, LABELS)
    except (ValueError, struct.error, zlib.error, msgspec.MsgspecError) as problem:
        raise _damaged() from problem
    if content[:8] != _MARK or weights.shape[0] & (weights.shape[0] - 1):
        raise _damaged()
    return Trained(weights, steps, header.sure, header.least)


def _damaged() -> PiiError:
    """Return the error of weights that are none."""
    return PiiError(
        "pii.names-weights",
        zh="姓名模型的权重文件已损坏",
        en="the weights of the model of names are damaged",
        where="qingyuan/pii/data/names.weights",
        remedy_zh="请重新安装本程序",
        remedy_en="install this program again",
    )


@functools.cache
def trained() -> Trained:
    """Return the shipped weights, read once."""
    return unpack((resources.files("qingyuan.pii") / "data" / "names.weights").read_bytes())
