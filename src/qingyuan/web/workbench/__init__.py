"""The workbench of the people of the office."""

from qingyuan.web.workbench import (
    account,
    acts,
    documents,
    entries,
    exhibits,
    home,
    intake,
    law,
    leads,
    matters,
    office,
    packages,
    setup,
    signing,
)

__all__ = [
    "account",
    "acts",
    "documents",
    "entries",
    "exhibits",
    "home",
    "intake",
    "law",
    "leads",
    "matters",
    "office",
    "packages",
    "setup",
    "signing",
]
