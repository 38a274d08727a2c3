"""The independent verifier of ``.evp`` packages.

All of it is the one file ``verify_evp.py``: standard library only, written from the published format
and the standards it stands on, importing nothing of this package, so that it can be copied out and
run alone. This module only gives it a name inside the package.
"""

from __future__ import annotations

from qingyuan.evidence.verify.verify_evp import Reason, Report, main, render, verify, verify_stream

__all__ = ["Reason", "Report", "main", "render", "verify", "verify_stream"]
