"""The register of bodies and people: who there is, since when, and who acts for whom; each change is an event."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import urlencode

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.law import Level
from qingyuan.office import register as records
from qingyuan.office.access import change_register, directory
from qingyuan.parties import (
    Body,
    Owed,
    PartiesError,
    Post,
    Registry,
    appoint,
    dismiss,
    end,
    kinds,
    register,
    roles,
)
from qingyuan.store.register import Record, Scope
from qingyuan.store.register import record as found_record
from qingyuan.web.asking import Ask, kept
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.routing import page
from qingyuan.web.whole import whole
from qingyuan.web.workbench._lists import as_file

if TYPE_CHECKING:
    from starlette.responses import StreamingResponse

_SIZE = 50
#: Most rows of a file, and most dockets that are looked at for one body.
_MOST, _MOST_DOCKETS = 20_000, 200
_STATES = ("there", "ended")
_FIELDS = ("id", "kind", "name", "name_en", "level", "division", "parent", "since")
_FILTERS = ("q", "kind", "under", "state")
_POST_FILTERS = ("q", "role", "when")
_LONGEST = 200
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}\Z")


class Part(NamedTuple):
    """A docket that a body has a part in.

    Attributes:
        record: The lead, matter or case.
        how: ``"entrusted"``, ``"sent"`` or ``"named"``.
    """

    record: Record
    how: tuple[str, ...]


def registry_of(ask: Ask) -> Registry:
    """Return the register as it is now."""
    with ask.desk.posts.asking() as asking:
        return asking.access.registry


def today(ask: Ask) -> date:
    """Return the day of the office's clock."""
    return ask.desk.home.clock.now().date()


@page("GET", "/parties", "signed-in")
def index(ask: Ask) -> Response:
    """Search the register, or walk down its tree."""
    registry, given = registry_of(ask), _given(ask, _FILTERS)
    searched = any(given[name] for name in ("q", "kind", "state"))
    root = given["under"] if given["under"] in registry.bodies else ""
    rows = _found(ask, registry, given) if searched else _level(registry, root)
    start = (whole(ask.query("page")) or 1) - 1
    more = (start + 1) * _SIZE < len(rows)
    own = ask.desk.posts.gate.body
    return ask.page(
        "parties.html",
        rows=rows[start * _SIZE :][:_SIZE],
        total=len(rows),
        searched=searched,
        given=given,
        line=[registry.bodies[each] for each in reversed(registry.line(root))] if root else [],
        children={body.id: len(registry.below(body.id)) for body in rows[start * _SIZE :][:_SIZE]},
        bodies=registry.bodies,
        kinds=kinds(),
        counts=directory.counted(registry),
        states=_STATES,
        own=registry.bodies.get(own.id, own),
        file=f"/parties/file?{kept(given)}" if kept(given) else "/parties/file",
        first=f"/parties?{kept(given)}" if start else "",
        more=f"/parties?{urlencode({**{k: v for k, v in given.items() if v}, 'page': start + 2})}"
        if more
        else "",
        on=today(ask),
    )


@page("GET", "/parties/file", "signed-in", slow=True)
def as_table(ask: Ask) -> StreamingResponse:
    """Return what the page shows, all of it, for spreadsheets."""
    registry, given = registry_of(ask), _given(ask, _FILTERS)
    names = kinds()
    heads = [
        ask.t(f"party.{name}")
        for name in ("id", "kind", "name", "level", "division", "parent", "since", "until", "verified")
    ]
    rows = (
        (
            body.id, names[body.kind].zh if ask.lang == "zh" else names[body.kind].en, _name(ask, body),
            ask.t(f"level.{body.level.value}") if body.level else "", body.division, body.parent, body.since or "",
            body.until or "", ask.t("party.verified" if body.verified else "party.unverified"),
        )
        for body in _found(ask, registry, given)[:_MOST]
    )  # fmt: skip
    return as_file("parties", heads, rows)


@page("GET", "/parties/new", "office.appoint")
def new(ask: Ask) -> Response:
    """Show the form of a body: a new one, or the entry of one that is to be corrected."""
    registry = registry_of(ask)
    known = registry.bodies.get(ask.query("id"))
    if known is None:
        kind = ask.query("kind") if ask.query("kind") in kinds() else "organ"
        return _form(
            ask, registry, {**dict.fromkeys(_FIELDS, ""), "kind": kind, "parent": ask.query("under")}, ""
        )
    given = {name: str(getattr(known, name) or "") for name in _FIELDS}
    return _form(ask, registry, {**given, "level": known.level.value if known.level else ""}, known.id)


@page("POST", "/parties", "office.appoint")
def enter(ask: Ask) -> Response:
    """Enter a body, or correct its entry."""
    given = {name: ask.field(name)[:_LONGEST] for name in _FIELDS}
    before, registry = ask.field("before"), registry_of(ask)
    if before and before not in registry.bodies:
        raise not_found(before)
    if before:  # what a body is says what its people may do: that stays
        given |= {"id": before, "kind": registry.bodies[before].kind}
    try:
        _read_kind(given["kind"])
        if not given["id"]:
            given["id"] = directory.new_identifier(registry, given["kind"], given["division"])
        elif not before and given["id"] in registry.bodies:
            raise bad_request("这个标识已有单位使用", "a body has this identifier already", code="web.taken")
        body = _body(ask, given, registry.bodies.get(before))
        _change(ask, lambda known: register(known, body, law=ask.desk.home.law))
    except QingyuanError as error:
        return _form(ask, registry_of(ask), given, before, error)
    return ask.redirect(f"/parties/{given['id']}", "done.party")


@page("GET", "/parties/{body}", "signed-in")
def show(ask: Ask, body: str) -> Response:
    """Show one body: its place in the tree, its people, what was recorded about it, where it takes part."""
    return _show(ask, body)


@page("POST", "/parties/{body}/end", "office.appoint")
def ended(ask: Ask, body: str) -> Response:
    """Record the last day of a body; never of this office, which could not be entered any more."""
    if body == ask.desk.posts.gate.body.id:
        raise bad_request("本院不能登记撤销", "this office cannot be ended", code="web.own-office")
    return _changed(ask, body, "done.party", lambda known: end(known, body, _day(ask, "on")))


@page("POST", "/parties/{body}/posts", "office.appoint")
def appointed(ask: Ask, body: str) -> Response:
    """Record that a person takes up a role in this office, or in a body that is no procuratorate."""
    if not _own_or_outside(ask, body):
        raise bad_request(
            "其他检察院的任职不能在本院登记",
            "posts of other procuratorates are not recorded by this office",
            code="web.other-office",
        )
    person, role = ask.field("person"), ask.field("role")
    return _changed(
        ask, body, "done.post", lambda known: appoint(known, _person(person), body, role, _day(ask, "since"))
    )


@page("POST", "/parties/{body}/posts/end", "office.appoint")
def dismissed(ask: Ask, body: str) -> Response:
    """Record that a person laid a role down; the day is the last one."""
    person, role = ask.field("person"), ask.field("role")
    return _changed(ask, body, "done.post", lambda known: dismiss(known, person, body, role, _day(ask, "on")))


@page("GET", "/posts", "office.appoint")
def posts(ask: Ask) -> Response:
    """Show who holds or held which post."""
    registry, given = registry_of(ask), _given(ask, _POST_FILTERS)
    rows = _posts(ask, registry, given)
    start = (whole(ask.query("page")) or 1) - 1
    more = (start + 1) * _SIZE < len(rows)
    return ask.page(
        "posts.html",
        rows=rows[start * _SIZE :][:_SIZE],
        total=len(rows),
        given=given,
        bodies=registry.bodies,
        roles=roles(),
        names=names_of(ask),
        file=f"/posts/file?{kept(given)}" if kept(given) else "/posts/file",
        first=f"/posts?{kept(given)}" if start else "",
        more=f"/posts?{urlencode({**{k: v for k, v in given.items() if v}, 'page': start + 2})}"
        if more
        else "",
        on=today(ask),
    )


@page("GET", "/posts/file", "office.appoint")
def posts_table(ask: Ask) -> StreamingResponse:
    """Return the posts for spreadsheets."""
    registry, given = registry_of(ask), _given(ask, _POST_FILTERS)
    heads = [ask.t(f"party.{name}") for name in ("person", "body", "role", "since", "until")]
    rows = (
        (
            post.person, _name(ask, registry.bodies[post.body]) if post.body in registry.bodies else post.body,
            roles()[post.role].zh if ask.lang == "zh" else roles()[post.role].en, post.since, post.until or "",
        )
        for post in _posts(ask, registry, given)[:_MOST]
    )  # fmt: skip
    return as_file("posts", heads, rows)


def names_of(ask: Ask) -> dict[str, str]:
    """Return the names of accounts by person."""
    return {one.person: one.display or one.name for one in ask.desk.people.all()}


# -- what is found --------------------------------------------------------------------------------


def _given(ask: Ask, names: Sequence[str]) -> dict[str, str]:
    return {name: ask.query(name)[:_LONGEST] for name in names}


def _found(ask: Ask, registry: Registry, given: dict[str, str]) -> list[Body]:
    state = given["state"] if given["state"] in _STATES else ""
    return directory.find(
        registry,
        words=given["q"],
        kind=given["kind"],
        under=given["under"] if given["under"] in registry.bodies else "",
        state=cast("directory.State", state),
        on=today(ask),
    )


def _level(registry: Registry, root: str) -> list[Body]:
    """Return what is directly below a body; of nothing in particular, the procuratorates that belong under no other."""
    if root:
        return directory.below(registry, root)
    tops = [one for one in registry.bodies.values() if one.kind == "procuratorate" and not one.parent]
    wide = [one for one in tops if registry.below(one.id)]
    return [*wide, *(below for one in wide for below in directory.below(registry, one.id))] or tops


def _posts(ask: Ask, registry: Registry, given: dict[str, str]) -> list[Post]:
    on = None if given["when"] == "ever" else today(ask)
    words, known = given["q"], names_of(ask)
    # Whoever searches for a name means the person who has it.
    named = [person for person, name in known.items() if words and words.casefold() in name.casefold()]
    found = directory.held(registry, words=words, role=given["role"], on=on)
    extra = [
        post for person in named for post in directory.held(registry, words=person, role=given["role"], on=on)
    ]
    return list(dict.fromkeys([*found, *extra]))


def _parts(ask: Ask, body: Body) -> list[Part]:
    """Return the dockets that a body has a part in, those that one sees."""
    home, scope = ask.desk.home, ask.scope
    with home.database.read() as connection:
        how = {name: list(said) for name, said in directory.takes_part(connection, body.id).items()}
        rows = {name: found_record(connection, name) for name in list(how)[:_MOST_DOCKETS]}
    if ask.may("case.list") and body.kind != "procuratorate":
        for one in _search(ask, body.name, scope):
            how.setdefault(one.id, []).append("named")
            rows.setdefault(one.id, one)
    return [
        Part(row, tuple(how[name])) for name, row in rows.items() if row is not None and _seen(scope, row)
    ]


def _seen(scope: Scope, row: Record) -> bool:
    return scope.sees(docket=row.docket, office=row.office, shielded=row.shielded)


def _search(ask: Ask, name: str, scope: Scope) -> Sequence[Record]:
    return records.search(ask.desk.home, name, scope, limit=_SIZE).rows


# -- pages ----------------------------------------------------------------------------------------


def _show(ask: Ask, body: str, error: QingyuanError | None = None) -> Response:
    registry = registry_of(ask)
    if (known := registry.bodies.get(body)) is None:
        raise not_found(body)
    with ask.desk.home.database.read() as connection:
        history = directory.recorded(connection, body=body)
    appoints = ask.may("office.appoint")
    return ask.page(
        "party.html",
        400 if error else 200,
        body=known,
        kind=kinds()[known.kind],
        line=[registry.bodies.get(each) for each in reversed(registry.line(body)[1:])],
        below=directory.below(registry, body),
        posts=directory.held(registry, body=body) if appoints else [],
        history=history if appoints else [],
        parts_in=_parts(ask, known),
        roles=roles(),
        suited=directory.roles_for(known.kind) if _own_or_outside(ask, body) else [],
        own=body == ask.desk.posts.gate.body.id,
        names=names_of(ask) if appoints else {},
        people=[one for one in ask.desk.people.all() if not one.disabled] if appoints else [],
        bodies=registry.bodies,
        division=_division(ask, known.division),
        on=today(ask),
        error=error,
        given={name: ask.field(name) for name in ("person", "role", "since", "on")},
    )


def _form(
    ask: Ask, registry: Registry, given: dict[str, str], before: str, error: QingyuanError | None = None
) -> Response:
    return ask.page(
        "party-form.html",
        400 if error else 200,
        given=given,
        before=before,
        kinds=kinds(),
        levels=list(Level),
        parent=registry.bodies.get(given["parent"]),
        error=error,
    )


def _changed(ask: Ask, body: str, flash: str, make: Callable[[Registry], Owed]) -> Response:
    if body not in registry_of(ask).bodies:
        raise not_found(body)
    try:
        _change(ask, make)
    except QingyuanError as error:
        return _show(ask, body, error)
    return ask.redirect(f"/parties/{body}", flash)


def _change(ask: Ask, make: Callable[[Registry], Owed]) -> None:
    with ask.desk.turn:
        change_register(ask.desk.home, make, actor=ask.person)
        ask.desk.home.publish()


# -- reading forms --------------------------------------------------------------------------------


def _read_kind(kind: str) -> None:
    if kind not in kinds():
        raise bad_request("请选择类别", "choose a kind of body", code="web.bad-kind")


def _body(ask: Ask, given: dict[str, str], before: Body | None) -> Body:
    if given["level"] not in {"", *(level.value for level in Level)}:
        raise bad_request("请选择级别", "choose a level", code="web.bad-level")
    if given["division"] and (len(given["division"]) != 6 or whole(given["division"]) is None):  # noqa: PLR2004 - GB/T 2260
        raise bad_request("行政区划代码是六位数字", "a division code has six digits", code="web.bad-division")
    if not _IDENTIFIER.match(given["id"]):
        raise bad_request(
            "标识由字母、数字、点和连字符组成",
            "an identifier has letters, digits, dots and hyphens",
            code="web.bad-id",
        )
    return Body(
        id=given["id"],
        kind=given["kind"],
        name=given["name"],
        name_en=given["name_en"],
        level=Level(given["level"]) if given["level"] else None,
        division=given["division"],
        parent=given["parent"],
        since=_read_day(given["since"]) if given["since"] else None,
        until=None if before is None else before.until,
        verified=ask.has("verified"),
    )


def _person(text: str) -> str:
    if not text or len(text) > _LONGEST or not text.isascii() or not text.isalnum():
        raise PartiesError(
            "parties.bad-person",
            zh="人员编号由字母和数字组成，例如 P012；登记册不存姓名",
            en="a person is named by letters and digits such as P012; the register holds no names",
            where=text[:40],
            remedy_zh="账号页上有每个人的编号",
            remedy_en="the page of accounts has everybody's identifier",
        )
    return text


def _own_or_outside(ask: Ask, body: str) -> bool:
    """Say whether this office may record posts there: a post in a superior office would open every docket below."""
    known = registry_of(ask).bodies.get(body)
    return known is None or known.kind != "procuratorate" or body == ask.desk.posts.gate.body.id


def _day(ask: Ask, name: str) -> date:
    return _read_day(ask.field(name)) if ask.field(name) else today(ask)


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise bad_request("日期写法有误", "that is no date", code="web.bad-date") from None


def _division(ask: Ask, code: str) -> str:
    """Return the full name of a division, ``""`` when the table does not have it."""
    if not code or code == "000000":
        return ""
    try:
        return ask.desk.home.law.division(code, today(ask)).full_name
    except QingyuanError:
        return ""


def _name(ask: Ask, body: Body) -> str:
    return body.name if ask.lang == "zh" else body.name_en or body.name
