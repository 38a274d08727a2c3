"""Bodies from the law data, and the drafts that change the register."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import date

from qingyuan.law import Law, Level, Office
from qingyuan.parties import _lists, events
from qingyuan.parties.errors import PartiesError
from qingyuan.parties.events import OFFICE, Payload
from qingyuan.parties.model import Body, Matter, Owed, Post
from qingyuan.parties.registry import Registry, check_tree

_LEVELS = (Level.COUNTY, Level.PREFECTURE, Level.PROVINCE, Level.NATION)


@functools.lru_cache(maxsize=8)
def seed(law: Law) -> tuple[Body, ...]:
    """Return the procuratorates and courts of the law data, each procuratorate under the next one up that is known.

    There is one of each for every province, prefecture and county, named from the table of divisions and unverified, where
    neither the data nor the overlay of a site lists one.
    """
    offices = law.offices()
    places = {(office.kind, office.division): office for office in offices}
    return tuple(
        Body(
            id=office.id,
            kind=office.kind,
            name=office.name,
            name_en=office.name_en,
            level=office.level,
            division=office.division,
            parent=_above(places, office),
            verified=office.verified,
        )
        for office in offices
    )


def _above(places: dict[tuple[str, str], Office], office: Office) -> str:
    if office.kind != "procuratorate":
        return ""
    code = office.division
    for above in (f"{code[:4]}00", f"{code[:2]}0000", "000000"):
        found = places.get(("procuratorate", above))
        if found is not None and found.id != office.id and _higher(found, office):
            return found.id
    return ""


def _higher(one: Office, other: Office) -> bool:
    return _LEVELS.index(one.level) > _LEVELS.index(other.level)


def register(registry: Registry, body: Body, *, law: Law) -> Owed:
    """Return the event that enters a body or corrects its entry.

    Raises:
        PartiesError: Unknown kind, no identifier or name, or a body above that is not there or makes a circle.
        LawError: Its division is no code, or one that there never was.
    """
    if body.kind not in _lists.kinds():
        raise PartiesError(
            "parties.unknown-kind",
            zh=f"没有“{body.kind}”这一类单位",
            en=f"there is no kind of body {body.kind!r}",
            where=body.id,
            remedy_zh=f"可用：{'、'.join(_lists.kinds())}",
            remedy_en=f"known: {' '.join(_lists.kinds())}",
        )
    if not body.id.strip() or not body.name.strip():
        raise PartiesError(
            "parties.nameless",
            zh="单位须有标识和名称",
            en="a body needs an identifier and a name",
            where=body.id or body.name,
            remedy_zh="请补充",
            remedy_en="give both",
        )
    if body.division:
        law.seat(body.division, f"{body.id} {body.division}")
    check_tree({**registry.bodies, body.id: body}.values())
    return _owed(OFFICE, events.Registered(body))


def end(registry: Registry, body: str, on: date) -> Owed:
    """Return the event that ends a body.

    Raises:
        PartiesError: It is not registered.
    """
    return _owed(OFFICE, events.Ended(registry.body(body).id, on))


def appoint(registry: Registry, person: str, body: str, role: str, since: date) -> Owed:
    """Return the event of an appointment.

    Raises:
        PartiesError: Unknown body or role, a role that is not for this kind of body, or one that is held already.
    """
    found, wanted = registry.body(body), _lists.role(role)
    if found.kind not in wanted.kinds:
        raise PartiesError(
            "parties.role-misfit",
            zh=f"{found.name}不能设“{wanted.zh}”",
            en=f"{found.name} cannot have a {wanted.en}",
            where=f"{person} {body} {role}",
            remedy_zh=f"该角色适用于：{'、'.join(_lists.kinds()[kind].zh for kind in wanted.kinds)}",
            remedy_en=f"the role is for: {', '.join(_lists.kinds()[kind].en for kind in wanted.kinds)}",
        )
    if _held(registry, person, body, role, since):
        raise _post_error("parties.held", "已任该职", "holds that post already", person, body, role)
    return _owed(OFFICE, events.Appointed(person, body, role, since))


def dismiss(registry: Registry, person: str, body: str, role: str, on: date) -> Owed:
    """Return the event that ends an appointment; ``on`` is its last day.

    Raises:
        PartiesError: The post is not held.
    """
    if not _held(registry, person, body, role, on):
        raise _post_error("parties.not-held", "未任该职", "does not hold that post", person, body, role)
    return _owed(OFFICE, events.Dismissed(person, body, role, on))


def assign(registry: Registry, matter: Matter, person: str, *, duty: str, on: date) -> Owed:
    """Return the event that assigns a person to a docket.

    Args:
        registry: The register.
        matter: The docket.
        person: Who.
        duty: ``handler`` or ``approver``.
        on: The day.

    Raises:
        PartiesError: The person holds no post in a procuratorate that day, or was recused (办案规则第十九至二十三条).
    """
    posts = registry.posts_of(person, on)
    if not any(registry.body(post.body).kind == "procuratorate" for post in posts):
        raise _person_error(
            "parties.no-post", "当日不在检察院任职", "holds no post in a procuratorate that day", person
        )
    if person in matter.recused:
        raise _person_error("parties.recused", "已被决定回避", "was recused from this docket", person)
    return _owed(matter.id, events.Assigned(person, duty))


def unassign(matter: Matter, person: str, *, duty: str) -> Owed:
    """Return the event that ends an assignment.

    Raises:
        PartiesError: The person was not assigned.
    """
    held = matter.approvers if duty == "approver" else matter.handlers
    if person not in held:
        raise _person_error("parties.not-assigned", "未被指派", "was not assigned", person)
    return _owed(matter.id, events.Unassigned(person, duty))


def recuse(matter: Matter, person: str, *, on: date, by: str, ground: str) -> Owed:
    """Return the event of a recusal that no party asked for (自行回避, 指令回避).

    Raises:
        PartiesError: The person was recused already, or no ground is given.
    """
    if person in matter.recused:
        raise _person_error("parties.recused", "已被决定回避", "was recused already", person)
    if not ground.strip():
        raise _person_error(
            "parties.no-ground", "未说明回避事由", "no ground of the recusal is given", person
        )
    return _owed(matter.id, events.Recused(person, on, by, ground))


def lift(matter: Matter, person: str, *, on: date, by: str, ground: str) -> Owed:
    """Return the event that takes a recusal back.

    Raises:
        PartiesError: The person is not recused, or no ground is given.
    """
    if person not in matter.recused:
        raise _person_error(
            "parties.not-recused", "没有被决定回避", "is not recused from this docket", person
        )
    if not ground.strip():
        raise _person_error("parties.no-ground", "未说明理由", "no ground is given", person)
    return _owed(matter.id, events.RecusalLifted(person, on, by, ground))


def entrust(registry: Registry, matter: Matter, body: str, *, how: str, on: date) -> Owed:
    """Return the event by which another procuratorate takes part in a docket.

    Args:
        registry: The register.
        matter: The docket.
        body: The office.
        how: ``designated`` (指定), ``handed-down`` (交办), ``taken-up`` (提办) or ``inquiry`` (委托调查).
        on: The day.

    Raises:
        PartiesError: There is no such office, or it is no procuratorate.
    """
    found = registry.body(body)
    if found.kind != "procuratorate":
        raise PartiesError(
            "parties.not-an-office",
            zh=f"{found.name}不是检察院",
            en=f"{found.name} is no procuratorate",
            where=body,
            remedy_zh="对其他单位用“送达”",
            remedy_en="send an item to other bodies",
        )
    return _owed(matter.id, events.Entrusted(body, how, on))


def disentrust(matter: Matter, body: str, *, on: date) -> Owed:
    """Return the event by which another procuratorate has no part in a docket any more.

    Raises:
        PartiesError: It has none.
    """
    if body not in matter.entrusted:
        raise PartiesError(
            "parties.not-entrusted",
            zh="该检察院没有参与此案",
            en="that office has no part in this docket",
            where=body,
            remedy_zh="用 qingyuan access show 查看",
            remedy_en="see qingyuan access show",
        )
    return _owed(matter.id, events.EntrustmentEnded(body, on))


def send(
    registry: Registry, matter: Matter, item: str, *, bodies: Iterable[str] = (), people: Iterable[str] = ()
) -> Owed:
    """Return the event that opens an item to its addressees.

    Raises:
        PartiesError: An addressee is not registered, or there is none.
    """
    to = tuple(registry.body(body).id for body in bodies)
    persons = tuple(people)
    for person in persons:
        if not registry.posts_of(person):
            raise _person_error("parties.no-post", "未登记任职", "is in no post of the register", person)
    if not to and not persons:
        raise PartiesError(
            "parties.no-addressee",
            zh="没有写明送达对象",
            en="no addressee is given",
            where=item,
            remedy_zh="请写明单位或者人员",
            remedy_en="name a body or a person",
        )
    return _owed(matter.id, events.ItemSent(item, to, persons))


def _owed(stream: str, payload: Payload) -> Owed:
    return Owed(stream, payload.TYPE, events.encode(payload))


def _held(registry: Registry, person: str, body: str, role: str, on: date) -> Post | None:
    return next(
        (post for post in registry.posts_of(person, on) if (post.body, post.role) == (body, role)), None
    )


def _post_error(code: str, zh: str, en: str, person: str, body: str, role: str) -> PartiesError:
    return PartiesError(
        code,
        zh=f"{person}{zh}",
        en=f"{person} {en}",
        where=f"{person} {body} {role}",
        remedy_zh="用 qingyuan party show 查看任职",
        remedy_en="see the posts with qingyuan party show",
    )


def _person_error(code: str, zh: str, en: str, person: str) -> PartiesError:
    return PartiesError(
        code,
        zh=f"{person}{zh}",
        en=f"{person} {en}",
        where=person,
        remedy_zh="用 qingyuan party show 查看任职，用 qingyuan access show 查看案件人员",
        remedy_en="see qingyuan party show and qingyuan access show",
    )
