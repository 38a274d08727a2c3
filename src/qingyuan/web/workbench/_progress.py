"""How far jobs of material are, as their page shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from qingyuan.office.intake import Progress
from qingyuan.web.jobs import Report

#: What is told before anything is known.
BEGUN: Mapping[str, object] = MappingProxyType(
    {"stage": "seal", "done": 0, "total": 0, "bytes_done": 0, "bytes_total": 0, "left": None, "speed": 0}
)


def telling(report: Report) -> Callable[[Progress], None]:
    """Return what tells the progress of an office to the page of a job."""

    def tell(progress: Progress) -> None:
        report(
            {
                "stage": progress.stage,
                "done": progress.done,
                "total": progress.total,
                "bytes_done": progress.bytes_done,
                "bytes_total": progress.bytes_total,
                "left": progress.left,
                "speed": progress.bytes_done / progress.seconds if progress.seconds else 0,
            }
        )

    return tell
