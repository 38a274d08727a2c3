"""Compiled arithmetic for logs that are written to all day; :func:`qingyuan.ledger.quicken` puts it in place.

Each module stands alone: Numba's cache notices a change of a kernel's own file only.
"""
