"""The portal: what everybody may use without an account."""

from qingyuan.web.portal import clue, verify

__all__ = ["clue", "verify"]
