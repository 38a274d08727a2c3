"""``pyarrow.compute``, loaded when it is first used: it takes as long to load as a small file to scan."""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    """Return a function of ``pyarrow.compute`` (PEP 562)."""
    return getattr(importlib.import_module("pyarrow.compute"), name)
