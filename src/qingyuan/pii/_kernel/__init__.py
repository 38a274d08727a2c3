"""Compiled loops over bytes; nothing here knows a file format's meaning or a law."""

from pathlib import Path

from qingyuan.pii._kernel import _fresh, _load

_HERE = Path(__file__).absolute().parent
_fresh.drop_stale(_HERE, _fresh.cache_folders(_HERE))
_load.install()
