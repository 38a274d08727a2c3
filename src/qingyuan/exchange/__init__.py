"""Exchange between sites: bundles that one office signs and another verifies whole before it believes a word of them.

The room is pure: bytes in, a verified bundle out; it knows no database, no clock and no network.
"""

from qingyuan.exchange.bundle import HEAD, Data, Opened, Opening, check_head, open_bundle, write_bundle
from qingyuan.exchange.errors import ExchangeError
from qingyuan.exchange.model import KINDS, SENT, FileEntry, Kind, Manifest, Peer
from qingyuan.exchange.order import Place, place_of

__all__ = [
    "HEAD",
    "KINDS",
    "SENT",
    "Data",
    "ExchangeError",
    "FileEntry",
    "Kind",
    "Manifest",
    "Opened",
    "Opening",
    "Peer",
    "Place",
    "check_head",
    "open_bundle",
    "place_of",
    "write_bundle",
]
