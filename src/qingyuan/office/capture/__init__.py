"""Fixing web pages as evidence: examined machine, guarded network, raw bytes, replay, sealed exhibits."""

from qingyuan.office.capture.acquisition import METHOD, Circumstances
from qingyuan.office.capture.bounds import Bounds, Hit
from qingyuan.office.capture.errors import CaptureError
from qingyuan.office.capture.exhibits import CaptureExhibit
from qingyuan.office.capture.guard import Guard, why_refused
from qingyuan.office.capture.job import Captured, CaptureProgress, Failed, JobResult, capture_all
from qingyuan.office.capture.replay import Replay
from qingyuan.office.capture.settings import CaptureSettings
from qingyuan.office.capture.taken import Product, Taken, check_url
from qingyuan.office.capture.taking import take

__all__ = [
    "METHOD",
    "Bounds",
    "CaptureError",
    "CaptureExhibit",
    "CaptureProgress",
    "CaptureSettings",
    "Captured",
    "Circumstances",
    "Failed",
    "Guard",
    "Hit",
    "JobResult",
    "Product",
    "Replay",
    "Taken",
    "capture_all",
    "check_url",
    "take",
    "why_refused",
]
