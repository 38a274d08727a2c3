"""The workbench of the people of the office."""

from qingyuan.web.workbench import (
    account,
    acts,
    documents,
    exhibits,
    home,
    intake,
    law,
    leads,
    matters,
    office,
    setup,
    signing,
)

__all__ = [
    "account",
    "acts",
    "documents",
    "exhibits",
    "home",
    "intake",
    "law",
    "leads",
    "matters",
    "office",
    "setup",
    "signing",
]
