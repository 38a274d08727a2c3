"""On what reading in clear may be founded."""

from __future__ import annotations

from qingyuan.web.asking import Ask
from qingyuan.web.words import said

#: What may found reading a record in clear, each a rule of the law data.
GROUNDS = ("pil-rules-methods", "pil-rules-lead-assessment", "pipl-public-interest")
MOST_REASON = 500


def grounds(ask: Ask) -> dict[str, str]:
    """Return the grounds that are in force, each as it is cited."""
    law, today = ask.desk.home.law, ask.desk.home.clock.now().date()
    return {rule: said(ask.lang, law.cite(rule, today)) for rule in GROUNDS}
