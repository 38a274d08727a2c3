"""The small office of the web's tests."""

from __future__ import annotations

from tests.web.conftest import home, made

__all__ = ["home", "made"]
