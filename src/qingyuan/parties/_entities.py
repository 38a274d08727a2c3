"""The register and a docket as entities of the policy engine: identifiers, kinds, roles, relations, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from qingyuan.parties.model import Body, Capacity, Matter, Record, Resource, Sent
from qingyuan.parties.registry import Registry

#: An entity in Cedar's JSON form.
Entity = dict[str, object]


def uid(kind: str, identifier: str) -> dict[str, str]:
    """Return the reference to an entity."""
    return {"type": kind, "id": identifier}


def type_of(resource: Resource) -> str:
    """Return the type of the entity that stands for ``resource``."""
    if isinstance(resource, Matter):
        return "Matter"
    if isinstance(resource, Record):
        return "Record"
    return "Item" if isinstance(resource, Sent) else "Body"


def id_of(resource: Resource) -> str:
    """Return the identifier of the entity that stands for ``resource``."""
    return resource.item.id if isinstance(resource, Sent) else resource.id


def matter_of(resource: Resource) -> Matter | None:
    """Return the docket that ``resource`` belongs to, if to one."""
    if isinstance(resource, Record | Sent):
        return resource.matter
    return resource if isinstance(resource, Matter) else None


def entities(registry: Registry, who: Capacity, resource: Resource) -> list[Entity]:
    """Return every entity that a decision on ``resource`` may look at."""
    matter = matter_of(resource)
    offices = [who.body]
    if matter is not None:
        offices.append(matter.office)
    elif isinstance(resource, Body):
        offices.append(resource.id)
    found = [person(who), *bodies(registry, offices)]
    if matter is not None:
        found.append(docket(matter))
    if isinstance(resource, Record):
        found.append(
            _entity(
                "Record",
                resource.id,
                {"matter": _ref("Matter", resource.matter.id), "minor": resource.minor},
                [uid("Matter", resource.matter.id)],
            )
        )
    elif isinstance(resource, Sent):
        attributes: dict[str, object] = {
            "matter": _ref("Matter", resource.matter.id),
            "bodies": _refs("Body", resource.item.bodies),
            "people": _refs("Person", resource.item.people),
        }
        found.append(_entity("Item", resource.item.id, attributes, [uid("Matter", resource.matter.id)]))
    return found


def person(who: Capacity) -> Entity:
    """Return the entity of a person in one capacity."""
    return _entity("Person", who.person, {"body": _ref("Body", who.body), "roles": list(who.roles)}, [])


def docket(matter: Matter) -> Entity:
    """Return the entity of a docket."""
    attributes: dict[str, object] = {
        "office": _ref("Body", matter.office),
        "handlers": _refs("Person", matter.handlers),
        "approvers": _refs("Person", matter.approvers),
        "recused": _refs("Person", matter.recused),
        "entrusted": _refs("Body", matter.entrusted),
    }
    return _entity("Matter", matter.id, attributes, [uid("Body", matter.office)])


def bodies(registry: Registry, wanted: Iterable[str]) -> list[Entity]:
    """Return the entities of bodies and of what they belong under, each once."""
    found: dict[str, Entity] = {}
    for start in wanted:
        for identifier in registry.line(start):
            if identifier in found:
                continue
            body = registry.bodies.get(identifier)
            attributes: dict[str, object] = {
                "kind": body.kind if body else "",
                "level": str(body.level or "") if body else "",
            }
            parents = [uid("Body", body.parent)] if body and body.parent else []
            found[identifier] = _entity("Body", identifier, attributes, parents)
    return list(found.values())


def _entity(
    kind: str, identifier: str, attributes: dict[str, object], parents: list[dict[str, str]]
) -> Entity:
    return {"uid": uid(kind, identifier), "attrs": attributes, "parents": parents}


def _ref(kind: str, identifier: str) -> dict[str, object]:
    return {"__entity": uid(kind, identifier)}


def _refs(kind: str, identifiers: Iterable[str]) -> list[dict[str, object]]:
    return [_ref(kind, identifier) for identifier in sorted(identifiers)]
