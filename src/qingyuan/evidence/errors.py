"""Errors of the evidence room."""

from qingyuan.errors import QingyuanError


class EvidenceError(QingyuanError):
    """Material that cannot be taken, sealed, described or packed; the words say which and why."""


class SourceError(EvidenceError):
    """A source file that cannot be read, is no plain file, or changed while it was read."""


class SealError(EvidenceError):
    """A sealed file that is damaged, cut off, no sealed file at all, or opened with another key."""


class KeyringError(EvidenceError):
    """A keyring that cannot be opened, or a key that it does not hold (any more)."""


class ManifestError(EvidenceError):
    """An exhibit manifest that is malformed, does not carry its own id, or is not signed as it says."""


class CustodyError(EvidenceError):
    """An evidence event whose payload is not what its type demands."""


class PackageError(EvidenceError):
    """A package that would contradict itself, and is therefore not built."""


class BagError(EvidenceError):
    """An archive in which no bag can be checked: it is none, holds none, or is too large."""
