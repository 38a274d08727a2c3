"""The policies in force, read and checked once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from qingyuan.law import Citation, LawError
from qingyuan.parties import _lists
from qingyuan.parties._files import read_policies
from qingyuan.parties._scoping import scope_of
from qingyuan.parties.model import Action, Body, Capacity, Ruling
from qingyuan.parties.scope import Scope

if TYPE_CHECKING:
    import cedarpy

    from qingyuan.law import Law

#: Citations that are kept: those of the policies on some days.
_MOST = 4096


class Policies:
    """The packaged policies and those of a site."""

    def __init__(self, law: Law, overlay: Path | None = None) -> None:
        """Read and check the policies.

        Args:
            law: What the policies cite.
            overlay: A folder of ``*.cedar`` files that add policies, or ``None``.

        Raises:
            PartiesError: A policy is not in order; file and line are named.
        """
        import cedarpy  # noqa: PLC0415 - only who decides on access needs the engine

        self._law = law
        self._all = read_policies(law, overlay)
        self._by_id = {policy.id: policy for policy in self._all}
        self._rulings: dict[tuple[str, date | None], Ruling] = {}
        whole = {
            "staticPolicies": {policy.id: policy.body for policy in self._all},
            "templates": {},
            "templateLinks": [],
        }
        self.compiled: cedarpy.PolicySet = cedarpy.PolicySet.from_json_str(json.dumps(whole))
        for role in _lists.roles().values():  # what no list could answer is refused here
            for kind in role.kinds:
                self.scope("list", Capacity("", "", (role.id,)), Body("", kind, ""), lambda _: ("",))

    def all(self, on: date | None = None) -> tuple[Ruling, ...]:
        """Return every policy as it is cited on a day, the latest version of its articles when ``None``."""
        return tuple(self.ruling(identifier, on) for identifier in self._by_id)

    def ruling(self, identifier: str, on: date | None = None) -> Ruling:
        """Return one policy as it is cited on a day."""
        if (found := self._rulings.get((identifier, on))) is None:
            if len(self._rulings) > _MOST:
                self._rulings.clear()
            policy = self._by_id[identifier]
            articles = tuple(self._cite(rule, on) for rule in policy.rules)
            found = Ruling(policy.id, policy.effect, policy.zh, policy.en, policy.place, articles)
            self._rulings[identifier, on] = found
        return found

    def text(self, identifier: str) -> str:
        """Return a policy as it stands in its file, in the Cedar language."""
        return self._by_id[identifier].text

    def event_of(self, identifier: str) -> str:
        """Return the type of the event that a policy demands, or ``""``."""
        return self._by_id[identifier].writes

    def permitting(self, action: Action, on: date) -> tuple[Ruling, ...]:
        """Return the policies that could permit ``action``."""
        return tuple(
            self.ruling(policy.id, on)
            for policy in self._all
            if policy.effect == "permit" and (policy.actions is None or action.id in policy.actions)
        )

    def scope(self, action: str, who: Capacity, body: Body, line: Callable[[str], Iterable[str]]) -> Scope:
        """Return the dockets that ``who`` may do ``action`` with.

        Raises:
            PartiesError: ``parties.unlistable``.
        """
        return scope_of(self._all, action, who, body, line)

    def _cite(self, rule: str, on: date | None) -> Citation:
        """Cite the version of the day; access is decided before the rule was in force too, then by the latest one."""
        try:
            return self._law.cite(rule, on)
        except LawError:
            return self._law.cite(rule)
