"""What comes next, and what is known of it already: the usual way of a record and the particulars nobody types twice.

Both are data: ``way.yaml`` has the acts of the usual way by stage, ``given.yaml`` where a particular is
looked for. Nothing here decides: whether an act is possible is the engine's word, and every value stands in
a form that a person reads and sends.
"""

from __future__ import annotations

from qingyuan.office.steps.steps import Step, next_steps
from qingyuan.office.steps.suggesting import implied, suggested

__all__ = ["Step", "implied", "next_steps", "suggested"]
