"""The store: journal and ledger in one transaction, exhibits, job state, sealed blobs."""

from qingyuan.store._away import AWAY, is_away, lost, server_settings, telling
from qingyuan.store._driver import glance
from qingyuan.store._leaf import leaf_bytes
from qingyuan.store.blobs import Blobs
from qingyuan.store.bucket import BucketBlobs, read_place
from qingyuan.store.committer import GroupCommitter
from qingyuan.store.database import Database
from qingyuan.store.errors import StoreError
from qingyuan.store.journal import Draft, EventDraft, Journal, Request, prepare_request
from qingyuan.store.ledger_storage import SqlLogStorage
from qingyuan.store.reading import (
    StoredEvent,
    case_events,
    check_events,
    events,
    events_at,
    has_event,
    iter_events,
)

__all__ = [
    "AWAY",
    "Blobs",
    "BucketBlobs",
    "Database",
    "Draft",
    "EventDraft",
    "GroupCommitter",
    "Journal",
    "Request",
    "SqlLogStorage",
    "StoreError",
    "StoredEvent",
    "case_events",
    "check_events",
    "events",
    "events_at",
    "glance",
    "has_event",
    "is_away",
    "iter_events",
    "leaf_bytes",
    "lost",
    "prepare_request",
    "read_place",
    "server_settings",
    "telling",
]
