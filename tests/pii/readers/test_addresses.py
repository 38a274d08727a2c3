"""Places of cells as words."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from qingyuan.pii.readers._addresses import numbered

_CHILD = """
import sys
import numpy as np
from qingyuan.pii.readers._addresses import numbered
print(numbered("line ", np.array([7]))[0], "pandas" in sys.modules)
"""


@pytest.mark.parametrize("word", ["line ", "第 ", ""])
def test_a_place_is_its_word_and_its_number(word: str) -> None:
    assert numbered(word, np.array([1, 20, 300])).to_pylist() == [f"{word}1", f"{word}20", f"{word}300"]
    assert numbered(word, np.array([], dtype=np.int64)).to_pylist() == []


def test_numbering_places_does_not_load_pandas() -> None:
    pytest.importorskip("pandas")
    done = subprocess.run([sys.executable, "-c", _CHILD], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["line", "7", "False"]
