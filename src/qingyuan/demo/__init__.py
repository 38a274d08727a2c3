"""Synthetic material with known truth for demonstrations, benchmarks and tests; nothing in it is real.

:func:`generate` writes the leak of the courier-waybill case (快递面单), :func:`compare` holds the hits of
a scanner against what was planted, and :func:`hostile` writes files that try to break a reader.
"""

from __future__ import annotations

from qingyuan.demo._compare import compare
from qingyuan.demo._generate import generate, small
from qingyuan.demo._hostile import TRAP_MOBILE, Trap, hostile
from qingyuan.demo._truth import KindCount, Recipients, Truth
from qingyuan.demo.errors import DemoError

__all__ = [
    "TRAP_MOBILE",
    "DemoError",
    "KindCount",
    "Recipients",
    "Trap",
    "Truth",
    "compare",
    "generate",
    "hostile",
    "small",
]
