"""Stored cosignatures: one row a key and head, the newest kept, and found by size."""

from __future__ import annotations

from pathlib import Path

import msgspec

from qingyuan.store import Database
from qingyuan.store.cosignatures import (
    CosignatureRow,
    cosignatures,
    cosigned_size,
    cosigned_sizes,
    save_cosignature,
)


def test_a_key_has_one_row_for_each_head_and_the_later_line_stands(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "x.db")
    first = CosignatureRow("log", 5, "w.example+00000001", "— w.example AAAA", "2026-07-01T09:00:00+08:00")
    later = msgspec.structs.replace(first, line="— w.example BBBB", at="2026-07-01T10:00:00+08:00")
    second = msgspec.structs.replace(first, witness="w.example+00000002")
    other = msgspec.structs.replace(first, origin="log/sm3", size=9)
    longer = msgspec.structs.replace(first, size=2**40)
    with database.write() as connection:
        for row in (second, first, later, other, longer):
            save_cosignature(connection, row)
    with database.read() as connection:
        assert cosignatures(connection, "log", 5) == [later, second]
        assert cosignatures(connection, "log", 6) == []
        assert cosigned_size(connection, "log", "w.example+00000001") == 2**40
        assert cosigned_size(connection, "log", "w.example+00000002") == 5
        assert cosigned_size(connection, "log", "x") == 0
        assert cosigned_sizes(connection, "log", 2**41, 9) == [2**40, 5]
        assert cosigned_sizes(connection, "log", 2**39, 9) == [5]
        assert cosigned_sizes(connection, "log", 2**41, 1) == [2**40]
    database.close()
