"""What can be done with a record now, and what to ask a person for: the ground of every list of acts and every form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qingyuan.cases import Choice, Offer, Param, Verb, available, choice_lists, procedure_of
from qingyuan.office.casework import Loaded
from qingyuan.office.home import Home

_TRACKS = ("administrative", "civil")


def offers(
    home: Home, loaded: Loaded, identifier: str, *, actor: str, everything: bool = False
) -> list[Offer]:
    """Return the acts on a record, with why not where one is not possible.

    Args:
        home: The office.
        loaded: The docket of the record.
        identifier: A lead, matter or case of it.
        actor: Who asks.
        everything: Also the acts on other records of the docket, and those that stage or track rule out.
    """
    found = available(loaded.docket, law=home.law, now=home.clock.now(), actor=actor)
    return [one for one in found if everything or (concerns(one, identifier) and not ruled_out(one))]


def concerns(offer: Offer, identifier: str) -> bool:
    """Tell whether an act is one on ``identifier``: on itself, its measures, or a record opened from it."""
    if not offer.target:
        return identifier.startswith("L") and any(param.type == "leads" for param in offer.verb.params)
    return identifier.startswith("M") or offer.target.split(" ")[0] == identifier


def ruled_out(offer: Offer) -> bool:
    """Tell whether stage or track rule the act out, as opposed to something that can be supplied."""
    return offer.refused is not None and offer.refused.code == "cases.not-possible"


def grouped(found: Iterable[Offer]) -> dict[str, list[Offer]]:
    """Return the acts by group (closed list ``verb-group``), in the order of that list; groups without an act are left out."""
    by_group: dict[str, list[Offer]] = {group: [] for group in choice_lists()["verb-group"]}
    for one in found:
        by_group[one.verb.group].append(one)
    return {group: acts for group, acts in by_group.items() if acts}


def asked(verb: Verb) -> list[Param]:
    """Return the particulars that a person gives; the record acted on implies the others."""
    implied = {"matter"}
    if verb.scope == "new":
        implied.add("leads")
    elif verb.scope == "measure":
        implied.add("case")
    else:
        implied.add(verb.scope)
    return [param for param in verb.params if not param.system and param.type not in implied]


def verbs_of(home: Home) -> Mapping[str, Verb]:
    """Return every verb of an office by name, those that its overlay adds or tightens among them."""
    return procedure_of(home.law).verbs


def options(param: Param, track: str = "", home: Home | None = None) -> dict[str, Choice]:
    """Return the values a particular can take, by name; of both tracks when the track is not known yet.

    Args:
        param: The particular.
        track: Of the case, when it is known.
        home: The office, whose overlay may have lists of its own.
    """
    if not param.of:
        return {}
    lists = [param.of.format(track=one) for one in ([track] if track else _TRACKS)]
    known = choice_lists() if home is None else procedure_of(home.law).choices
    return {value: one for name in dict.fromkeys(lists) for value, one in known.get(name, {}).items()}
