"""The store: journal and ledger in one transaction, exhibits, job state, sealed blobs."""

from qingyuan.store.blobs import Blobs
from qingyuan.store.database import Database
from qingyuan.store.errors import StoreError
from qingyuan.store.journal import (
    Draft,
    EventDraft,
    Journal,
    StoredEvent,
    check_events,
    events,
    has_event,
    iter_events,
    leaf_bytes,
)
from qingyuan.store.ledger_storage import SqlLogStorage

__all__ = [
    "Blobs",
    "Database",
    "Draft",
    "EventDraft",
    "Journal",
    "SqlLogStorage",
    "StoreError",
    "StoredEvent",
    "check_events",
    "events",
    "has_event",
    "iter_events",
    "leaf_bytes",
]
