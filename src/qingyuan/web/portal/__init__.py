"""The portal: what outsiders use, most of it without an account; every page works without scripts."""

from qingyuan.web.portal import clue, invitations, invited, landing, selfcheck, verify

__all__ = ["clue", "invitations", "invited", "landing", "selfcheck", "verify"]
