"""A database that may only be read is told as such, with what to do: it is not damaged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qingyuan.store import Database
from qingyuan.store.errors import StoreError


@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_database_that_may_only_be_read_says_so(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Permissions do not bind the superuser, so the answer of the system is what is given here for them."""
    path = tmp_path / "home" / "qingyuan.db"
    path.parent.mkdir()
    Database.at(path).close()
    place = path.parent if what == "folder" else path
    if os.geteuid() == 0:
        path.write_bytes(b"no database" * 100)  # so that it cannot be opened at all
        allowed = os.access
        monkeypatch.setattr(os, "access", lambda at, mode: Path(at) != place and allowed(at, mode))
    place.chmod(0o500)
    try:
        with pytest.raises(StoreError) as caught:
            Database.at(path)
    finally:
        place.chmod(0o700)
    assert caught.value.code == "store.not-writable"
    assert "只读" in caught.value.zh
    assert "writable" in caught.value.remedy_en
