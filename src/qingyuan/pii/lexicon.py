"""The word list of the language: the dictionary of the ``jieba`` package, read as data and never imported."""

from __future__ import annotations

import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel import lexicon as k
from qingyuan.pii.batch import Bytes
from qingyuan.pii.errors import PiiError

#: Words counted less often are left out: they are mostly names and fragments.
LEAST = 3


@dataclass(frozen=True, slots=True)
class Words:
    """The word list as the compiled passes take it; see :mod:`qingyuan.pii._kernel.lexicon`.

    Attributes:
        keys: ``uint64[SLOTS]``, the words.
        pairs: The filter over their first two characters.
        counts: ``float32[SLOTS]``.
        tags: ``uint8[SLOTS]``.
        single: ``float32[65536]``, counts of single characters.
        given: ``float64[3, 65536]``, how many listed names have the character at each position.
        foreign: ``float64[65536]``, how many transliterated names have the character.
        total: Sum of all counts.
    """

    keys: npt.NDArray[np.uint64]
    pairs: Bytes
    counts: npt.NDArray[np.float32]
    tags: Bytes
    single: npt.NDArray[np.float32]
    given: npt.NDArray[np.float64]
    foreign: npt.NDArray[np.float64]
    total: int


def path() -> Path:
    """Return the word list's file.

    Raises:
        PiiError: The package that ships it is not installed.
    """
    spec = importlib.util.find_spec("jieba")
    file = Path(spec.origin).parent / "dict.txt" if spec and spec.origin else None
    if file is None or not file.is_file():
        raise PiiError(
            "pii.no-word-list",
            zh="缺少词表：未安装 jieba 或其词典文件不完整",
            en="the word list is missing: jieba is not installed or its dictionary is not there",
            where="jieba/dict.txt",
            remedy_zh="请重新安装本程序的依赖",
            remedy_en="install the dependencies of this program again",
        )
    return file


@functools.cache
def words(surnames: str) -> Words:
    """Return the word list; ``surnames`` are the characters full names in it may begin with."""
    data = np.fromfile(path(), dtype=np.uint8)
    letters = np.zeros(65536, dtype=np.uint8)
    letters[[ord(c) for c in surnames]] = 1
    out = Words(
        keys=np.zeros(k.SLOTS, dtype=np.uint64),
        pairs=np.zeros(k.PAIRS // 8, dtype=np.uint8),
        counts=np.zeros(k.SLOTS, dtype=np.float32),
        tags=np.zeros(k.SLOTS, dtype=np.uint8),
        single=np.zeros(65536, dtype=np.float32),
        given=np.zeros((3, 65536), dtype=np.float64),
        foreign=np.zeros(65536, dtype=np.float64),
        total=0,
    )
    total = k.read_words(
        data, out.keys, out.pairs, out.counts, out.tags, out.single, out.given, out.foreign, letters, LEAST
    )
    return Words(out.keys, out.pairs, out.counts, out.tags, out.single, out.given, out.foreign, total)
