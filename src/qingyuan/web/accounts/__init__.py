"""Accounts: people of the office, how they sign in, their sessions and the tokens of their programs."""

from qingyuan.web.accounts.people import Account, People
from qingyuan.web.accounts.sessions import Sessions
from qingyuan.web.accounts.tokens import SCOPES, Token, Tokens

__all__ = ["SCOPES", "Account", "People", "Sessions", "Token", "Tokens"]
