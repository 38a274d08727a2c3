"""One small leak for all tests of the room."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import cast

import pyarrow.parquet as pq
import pytest

from qingyuan.demo import Truth, small
from tests.demo.reading import Cells, Row, read_folder


@dataclasses.dataclass(frozen=True)
class Leak:
    """A generated folder, its truth, and its cells as an independent reader sees them."""

    folder: Path
    truth: Truth
    rows: list[Row]
    cells: Cells


@pytest.fixture(scope="session")
def leak(tmp_path_factory: pytest.TempPathFactory) -> Leak:
    folder = tmp_path_factory.mktemp("leak") / "材料"
    truth = small(folder)
    rows = cast("list[Row]", pq.read_table(truth.path).to_pylist())
    return Leak(folder, truth, rows, read_folder(folder))
