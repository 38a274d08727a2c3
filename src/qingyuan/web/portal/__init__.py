"""The portal: what outsiders use, most of it without an account; every page works without scripts."""

from qingyuan.web.portal import clue, court, hearing, invitations, invited, landing, selfcheck, verify

__all__ = ["clue", "court", "hearing", "invitations", "invited", "landing", "selfcheck", "verify"]
