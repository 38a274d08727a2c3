"""A measure is not accepted on a re-check that found what it looked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qingyuan.cases import Refused
from qingyuan.cases.errors import Missing
from qingyuan.store import StoredEvent

VERIFY = "verify-measure"
_RECHECKED = "pii.rechecked"


def check_verification(stored: Iterable[StoredEvent], given: Mapping[str, object]) -> None:
    """Refuse to accept a measure that the cited re-check, or the last one of the measure, speaks against.

    Args:
        stored: Events of the case.
        given: The particulars of the verification.

    Raises:
        Refused: A cited re-check found old values again, or, when none is cited, the last of the measure did.
    """
    if given.get("verdict") != "accepted":
        return
    done = [e for e in stored if e.type == _RECHECKED and e.payload.get("measure") == given.get("measure")]
    named = given.get("exhibits")
    exhibits = {named} if isinstance(named, str) else set(named) if isinstance(named, list | tuple) else set()
    cited = [e for e in done if e.payload.get("exhibit") in exhibits]
    for event in cited or done[-1:]:
        if event.payload.get("verdict") == "remains":
            exhibit, left = event.payload.get("exhibit"), event.payload.get("remaining")
            raise Refused(
                "cases.recheck-remains",
                verb=VERIFY,
                label=Missing("核验整改措施", "verify the measure"),
                missing=[
                    Missing(
                        f"复查结果 {exhibit} 为“仍有残留”（{left} 个值），不能据以认定整改合格；请整改后重新复查，或作出不合格的核验结论",
                        f"the re-check {exhibit} says that something remains ({left} values); re-check after the rest is mended, or "
                        "verify with the verdict rejected",
                    )
                ],
                citations=[],
                where=str(given.get("measure")),
            )
