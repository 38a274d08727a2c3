"""Whoever names a record in a request is asked about it: no page can forget to ask.

Before a page answers, the policies judge every lead, matter, case, exhibit and package that stands in its address or form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from qingyuan.cases import Verb
from qingyuan.errors import QingyuanError
from qingyuan.office.casework import Argument
from qingyuan.office.handover import find_exhibit
from qingyuan.parties import Decision
from qingyuan.store.schema import EVENT
from qingyuan.web.access import ASKED, Permission
from qingyuan.web.errors import WebError, forbidden, not_found
from qingyuan.web.words import word

if TYPE_CHECKING:
    from qingyuan.office.home import Home
    from qingyuan.web.posts import Posts

DOCKET = re.compile(r"[LMC]\d{4}-\d{4,9}\Z")
_EXHIBIT = re.compile(r"X[0-9a-f]{16}\Z")
_PACKAGE = re.compile(r"K\d{4}-\d{4,9}\Z")
_REPORTER = "R"
#: Particulars of acts that name other records which the act changes.
_JOINED = frozenset({"lead", "leads", "matter", "case", "other-lead", "other-matter"})
#: Particulars of jobs that name the record they are about.
_OF_JOBS = ("record", "case", "lead", "exhibit")
#: Texts to look for; what stands there is not asked for.
_FREE = frozenset({"q"})


class Named(msgspec.Struct, frozen=True):
    """A record that a request names.

    Attributes:
        docket: The lead, matter or case it is, or is in.
        item: The exhibit; ``""`` for a docket or a package.
    """

    docket: str
    item: str = ""


class Guard:
    """Finds out which docket a name stands for, and asks.

    Args:
        home: The office.
        posts: What decides.
    """

    def __init__(self, home: Home, posts: Posts) -> None:
        """Use ``home``."""
        self._home = home
        self._posts = posts
        self._packages: dict[str, str] = {}
        self._seen = -1

    def check(
        self,
        person: str,
        need: Permission,
        path: dict[str, str],
        given: list[tuple[str, str]],
        reason: str = "",
    ) -> None:
        """Refuse what the policies do not permit.

        Args:
            person: Who asks.
            need: What the page needs.
            path: Names of the address.
            given: Names and values of query and form.
            reason: Why, for what is read in clear.

        Raises:
            WebError: ``web.forbidden``, with the policy.
            OfficeError: There is no such record.
        """
        asked = ASKED.get(need)
        if asked is None or asked.of == "office":
            return
        named = list(self._named(path.values()))
        for one in named:
            self.require(person, need, one, reason)
        # What the form names beside the record of the address is looked at, and must be such that the person may.
        other: Permission = "case.read" if named and need not in {"case.list", "case.assign"} else need
        for one in self._named(value for name, value in given if name not in _FREE):
            self.require(person, other, one, reason)

    def require(self, person: str, need: Permission, named: Named, reason: str = "") -> None:
        """Ask about one record.

        Raises:
            WebError: ``web.forbidden``, with the policy.
            OfficeError: There is no such record.
        """
        decision = self._posts.decide(person, need, named.docket, item=named.item, reason=reason)
        if not decision.allowed:
            raise denied(decision)

    def require_joined(self, person: str, verb: Verb | None, given: Mapping[str, Argument]) -> None:
        """Ask about the records that an act joins with its own, such as leads taken into a matter: reading them is not enough.

        Raises:
            WebError: ``web.forbidden``, with the policy.
            OfficeError: There is no such record.
        """
        for param in verb.params if verb else ():
            if param.type in _JOINED:
                value = given.get(param.name)
                texts = [value] if isinstance(value, str) else value if isinstance(value, Sequence) else ()
                for one in self._named(text for text in texts if isinstance(text, str)):
                    self.require(person, "case.act", one)

    def require_job(self, person: str, need: Permission, args: Mapping[str, object]) -> None:
        """Ask about the records that a job is about, by its particulars: who began it may not see them any more.

        Raises:
            WebError: ``web.forbidden``, with the policy.
        """
        for name in _OF_JOBS:
            if docket := self.docket(str(args.get(name) or "")):
                self.require(person, need, Named(docket))

    def refusal(self, need: Permission) -> WebError:
        """Return the error of somebody who may do nothing of the kind, with the policies that would permit it."""
        would = self._posts.would(need)
        lacking = {lang: word(lang, f"need.{need}") for lang in ("zh", "en")}
        if would:
            lacking["zh"] += "。须符合下列之一：" + "；".join(one.zh for one in would)
            lacking["en"] += ". One of these is needed: " + "; ".join(one.en for one in would)
        return forbidden(lacking["zh"], lacking["en"], where=", ".join(one.policy for one in would) or None)

    def docket(self, name: str) -> str:
        """Return the record that an exhibit or package belongs to, or ``""`` when that is not known here."""
        try:
            return next((one.docket for one in self._named([name])), "")
        except QingyuanError:
            return ""

    def _named(self, values: Iterable[str]) -> Iterator[Named]:
        for value in dict.fromkeys(value.strip() for value in values):  # as pages and acts read them
            if DOCKET.match(value):
                yield Named(value)
            elif _EXHIBIT.match(value):
                yield Named(self._scope_of(value), value)
            elif _PACKAGE.match(value):
                yield Named(self._docket_of(value))

    def _scope_of(self, exhibit: str) -> str:
        """Return the record an exhibit was sealed for; of what was sealed about a reporter, the lead."""
        with self._home.database.read() as connection:
            row = find_exhibit(connection, exhibit)
            if not row.scope.startswith(_REPORTER):
                return row.scope
            # The report is registered in the turn of sealing it, so it is among the next few.
            rows = connection.execute(
                sa.select(EVENT.c.stream, EVENT.c.payload)
                .where(EVENT.c.idx > row.idx, EVENT.c.type == "lead.registered", EVENT.c.actor == "portal")
                .order_by(EVENT.c.idx)
                .limit(20)
            )
            for found in rows:
                if row.scope in str(msgspec.json.decode(found.payload).get("summary", "")):
                    return str(found.stream)
        raise not_found(exhibit)

    def _docket_of(self, package: str) -> str:
        """Return the record a package was made of."""
        if package not in self._packages:
            with self._home.database.read() as connection:
                rows = connection.execute(
                    sa.select(EVENT.c.idx, EVENT.c.stream, EVENT.c.payload)
                    .where(EVENT.c.idx > self._seen, EVENT.c.type == "evidence.transferred")
                    .order_by(EVENT.c.idx)
                )
                for row in rows:
                    self._packages[str(msgspec.json.decode(row.payload).get("package"))] = row.stream
                    self._seen = row.idx
        if package not in self._packages:
            raise not_found(package)
        return self._packages[package]


def denied(decision: Decision) -> WebError:
    """Return the error of something that the policies do not permit: which one, and what would."""
    return WebError(
        "web.forbidden",
        403,
        zh=decision.zh,
        en=decision.en,
        where=", ".join(dict.fromkeys(ruling.place or ruling.policy for ruling in decision.rulings)),
        remedy_zh="如工作需要，请联系案件管理人员或部门负责人指派，或联系本院管理员",
        remedy_en="if your work needs it, ask whoever assigns the dockets of your office, or its administrator",
    )
