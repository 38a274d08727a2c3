"""More than memory holds: exact counts of persons and pieces from sorted runs on disk."""

from qingyuan.pii.scale.segment import DamagedSegmentError, Segment, write_segment
from qingyuan.pii.scale.spill import Counts, Spill

__all__ = ["Counts", "DamagedSegmentError", "Segment", "Spill", "write_segment"]
