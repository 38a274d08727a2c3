"""Accounts: people of the office, how they sign in, their sessions and the tokens of their programs."""

from qingyuan.web.accounts.ceremonies import Ceremonies
from qingyuan.web.accounts.passkeys import Passkey, Passkeys
from qingyuan.web.accounts.people import Account, People
from qingyuan.web.accounts.providers import BACK, Provider, Providers
from qingyuan.web.accounts.sessions import Session, Sessions
from qingyuan.web.accounts.tokens import SCOPES, Token, Tokens

__all__ = [
    "BACK",
    "SCOPES",
    "Account",
    "Ceremonies",
    "Passkey",
    "Passkeys",
    "People",
    "Provider",
    "Providers",
    "Session",
    "Sessions",
    "Token",
    "Tokens",
]
