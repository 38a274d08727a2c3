"""Scanning much: in several processes, part by part, with a folder from which a killed scan goes on."""

from qingyuan.office.bulk.job import BulkResult, bulk_scan
from qingyuan.office.bulk.progress import BulkProgress

__all__ = ["BulkProgress", "BulkResult", "bulk_scan"]
