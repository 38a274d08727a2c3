"""Sending to and receiving from other sites, on the record."""

from qingyuan.office.exchange.peers import add_peer, peers
from qingyuan.office.exchange.receiving import Receipt, read_received, receive
from qingyuan.office.exchange.sending import Sent, send
from qingyuan.office.exchange.state import PeerStatus, status

__all__ = ["PeerStatus", "Receipt", "Sent", "add_peer", "peers", "read_received", "receive", "send", "status"]
