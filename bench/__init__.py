"""Benchmarks of Qingyuan: ``python -m bench``.

Each prints figures beside a floor or a peer that ran in turn with it, in the same process and the same
minutes; none asserts a time. What every line means stands in ``docs/benchmarks.md``.
"""
