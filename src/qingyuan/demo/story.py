"""The reference matters as data: what happened on which day, in the files of ``stories/``.

A story is YAML: where the material comes from, the lead, and steps. A step is an act of the cases room, a
date that the engine must give, a table of measures carried through, or a document. ``printed`` marks a day
that the published source prints; all other days, and all people and material, belong to the demonstration.
Adding a story needs no Python.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import msgspec
import yaml

from qingyuan.demo.errors import DemoError
from qingyuan.shapes import convert

_FOLDER = Path(__file__).parent / "stories"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class DaysAsText(yaml.SafeLoader):
    """Reads days as text: a particular of an act is text, and the types of this module know which days are days."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own table, replaced whole
        first: [(tag, pattern) for tag, pattern in rules if tag != _TIMESTAMP]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


#: What a particular of an act may be; ``@name`` stands for the exhibit sealed under that name.
Value = str | int | bool | list[str] | dict[str, int]


class Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A paper that is written and sealed before a step.

    Attributes:
        name: What later steps call it, with ``@`` before it.
        file: Its file name.
        text: What it says.
        source: From whom.
    """

    name: str
    file: str
    text: str
    source: str = "本院"


class Due(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A date that the engine must give.

    Attributes:
        key: The period, as in ``cases/data/deadlines.yaml``.
        date: The last day.
        firm: Whether it is firm.
    """

    key: str
    date: dt.date
    firm: bool = True


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Measures that one paper proves.

    Attributes:
        name: What they are about.
        proof: Name of the sealed paper.
        measures: Text and test of each.
    """

    name: str
    proof: str
    measures: list[tuple[str, str]]


class Carried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Measures entered, proved and verified.

    Attributes:
        owner: Who carries them out.
        due: By when.
        proved: Day of the proofs.
        verified: Day of the verification.
        submitter: Who hands the proofs in.
        groups: The measures.
        duty: Duty they belong to, if any.
    """

    owner: str
    due: dt.date
    proved: dt.date
    verified: dt.date
    groups: list[Group]
    submitter: str = "P101"
    duty: str = ""


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of a story.

    Attributes:
        day: The day.
        zh: What happened, in Chinese; without it the step is not told.
        en: The same in English.
        printed: Whether the source prints the day.
        do: Verb of the cases room.
        to: What it acts on: ``lead``, ``matter`` or a name given by ``names``; several are acted on in turn.
        names: What the new record is called later.
        args: The particulars.
        seals: Papers sealed first.
        refused: Whether the guards must refuse the act.
        due: Dates that the engine must give afterwards.
        carry: Measures carried through.
        document: Form of a document to make.
    """

    day: dt.date
    zh: str = ""
    en: str = ""
    printed: bool = False
    do: str = ""
    to: list[str] = []
    names: str = ""
    args: dict[str, Value] = {}
    seals: list[Sealed] = []
    refused: bool = False
    due: list[Due] = []
    carry: Carried | None = None
    document: str = ""


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the lead came in.

    Attributes:
        day: The day.
        title: Title of the lead.
        source: One of the six sources.
        field: Field of the public interest.
        summary: What it says.
        origin: Where the material was collected.
        printed: Whether the source prints the day (or its month).
        major: Whether it is a major lead.
        papers: Papers that are sealed where there is no material; the first is the lead's own.
    """

    day: dt.date
    title: str
    source: str
    field: str
    summary: str
    origin: str
    printed: bool = False
    major: bool = False
    papers: list[Sealed] = []


class Parcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The package at the end.

    Attributes:
        day: The day.
        case: Which case.
        to: For whom.
    """

    day: dt.date
    case: str
    to: str


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reference matter.

    Attributes:
        id: Its identifier, the name of its file.
        zh: Its title, in Chinese.
        en: Its title, in English.
        short_zh: A word or two that tell it from the others, in Chinese.
        short_en: The same in English.
        source_zh: What was published about it, in Chinese.
        source_en: The same in English.
        material: The generator of its material, see :mod:`qingyuan.demo.material`; none for a story of papers only.
        lead: How it began.
        steps: What happened.
        package: The package, once it is over.
    """

    id: str
    zh: str
    en: str
    lead: Start
    steps: list[Event]
    short_zh: str = ""
    short_en: str = ""
    source_zh: str = ""
    source_en: str = ""
    material: str = ""
    package: Parcel | None = None


@cache
def references(folder: Path = _FOLDER) -> tuple[Reference, ...]:
    """Return the reference matters of ``folder`` in the order in which they began.

    Raises:
        DemoError: A file is not a story; file and field are named.
    """
    return tuple(sorted((_read(path) for path in folder.glob("*.yaml")), key=lambda story: story.lead.day))


def _read(path: Path) -> Reference:
    try:
        read = yaml.load(path.read_text(encoding="utf-8"), Loader=DaysAsText)  # noqa: S506 - a safe loader
        return convert(read, Reference)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise DemoError(
            "demo.bad-story",
            zh=f"不是可用的案例数据：{error}",
            en=f"not a story: {error}",
            where=path.name,
            remedy_zh="请按 qingyuan/demo/story.py 的说明改正该字段",
            remedy_en="correct the field as qingyuan/demo/story.py describes",
        ) from error
