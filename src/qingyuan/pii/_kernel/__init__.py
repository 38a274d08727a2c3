"""Compiled loops over bytes; nothing here knows a file format's meaning or a law."""

from pathlib import Path

from qingyuan.pii._kernel import _fresh, _native

_HERE = Path(__file__).absolute().parent
#: What was compiled before, if it can be called without Numba.
NATIVE = _native.load(_HERE, _fresh.readable_folders(_HERE))
if NATIVE is None:
    from qingyuan.pii._kernel import _load

    _fresh.drop_stale(_HERE, _fresh.cache_folders(_HERE))
    _load.install()
