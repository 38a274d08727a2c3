"""The procedure as one value: the packaged verbs, lists, words, limits and numbers, and what the overlay of a site adds."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping

from qingyuan.cases._data import (
    Choice,
    Limit,
    Number,
    Reminders,
    Sentence,
    TaskRule,
    Verb,
    choices,
    limits,
    numbers,
    reminders,
    sentences,
    task_rules,
    verbs,
)
from qingyuan.law import Law

#: Under which name a :class:`~qingyuan.law.Law` keeps the procedure that goes with it.
_KEPT = "cases"


@dataclasses.dataclass(frozen=True)
class Procedure:
    """What can be done, with which words, in which time: the packaged data with the overlay of a site.

    Attributes:
        verbs: Verbs by name, in the order of the procedure; those of the site last.
        choices: Closed lists by name.
        sentences: Words of facts by name.
        limits: When time limits of a case begin and what ends them.
        numbers: Numbers the procedure demands, by name.
        tasks: What has to be done next, see ``tasks.yaml``.
        reminders: How long before a date somebody is reminded.
        local: Names of acts that the site added.
    """

    verbs: Mapping[str, Verb]
    choices: Mapping[str, Mapping[str, Choice]]
    sentences: Mapping[str, Sentence]
    limits: tuple[Limit, ...]
    numbers: Mapping[str, Number]
    tasks: tuple[TaskRule, ...]
    reminders: Reminders
    local: frozenset[str] = frozenset()

    def named(self, prefix: str, list_: str, value: str) -> dict[str, str]:
        """Return the words ``{prefix}_zh`` and ``{prefix}_en`` for ``value`` of the closed list ``list_``."""
        one = self.choices.get(list_, {}).get(value) or Choice(value, value)
        return {f"{prefix}_zh": one.zh, f"{prefix}_en": one.en}


@functools.cache
def packaged() -> Procedure:
    """Return the packaged procedure."""
    return Procedure(
        verbs=verbs(),
        choices=choices(),
        sentences=sentences(),
        limits=limits(),
        numbers=numbers(),
        tasks=task_rules(),
        reminders=reminders(),
    )


def procedure_of(law: Law) -> Procedure:
    """Return the procedure that goes with a law: the packaged one, with ``cases/*.yaml`` of the overlay of that law.

    Raises:
        CasesError: ``cases.bad-overlay``: the overlay is not valid or contradicts the packaged data; file and line are named.
    """
    found = law.kept.get(_KEPT)
    if not isinstance(found, Procedure):
        found = packaged()
        if law.overlay is not None:
            from qingyuan.cases._overlay import overlaid  # noqa: PLC0415 - it checks with the predicates, which need this module

            found = overlaid(found, law)
        law.kept[_KEPT] = found
    return found
