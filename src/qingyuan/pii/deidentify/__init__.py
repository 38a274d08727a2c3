"""De-identification: mask, generalise, pseudonyms and format-preserving encryption, in the format of the input."""

from qingyuan.pii.deidentify.keys import Keys
from qingyuan.pii.deidentify.model import Deidentified, Remaining
from qingyuan.pii.deidentify.policy import Policy, Rule, load_policy, policies
from qingyuan.pii.deidentify.service import deidentify, deidentify_bytes
from qingyuan.pii.deidentify.treat import originals

__all__ = [
    "Deidentified",
    "Keys",
    "Policy",
    "Remaining",
    "Rule",
    "deidentify",
    "deidentify_bytes",
    "load_policy",
    "originals",
    "policies",
]
