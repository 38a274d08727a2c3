"""Errors of the ledger room, one class for each way a log can disappoint its reader."""

from qingyuan.errors import QingyuanError


class LedgerError(QingyuanError):
    """Base of everything the ledger refuses."""


class FormatError(LedgerError):
    """Bytes that are not the note, checkpoint, proof, policy, key or tile they claim to be."""


class SignatureError(LedgerError):
    """A signature that does not verify, or that is missing."""


class ProofError(LedgerError):
    """A Merkle path that does not lead from the given leaf or head to the given root."""


class LogError(LedgerError):
    """A stored log that contradicts itself, or an append that the log cannot take."""


class WitnessError(LedgerError):
    """A witness that answered with something other than its cosignature."""
