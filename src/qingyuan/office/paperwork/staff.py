"""Names of the people of the office, for documents: ``staff.yaml`` of the home folder. The record holds identifiers only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec
import yaml

from qingyuan.bounded import read_whole
from qingyuan.documents import Datum, Fact, Unknown
from qingyuan.office.errors import OfficeError
from qingyuan.plainyaml import load_yaml
from qingyuan.shapes import convert

FILE = "staff.yaml"
#: What an identifier of a person looks like; anything else that an event states is a name already.
_IDENTIFIER = re.compile(r"[A-Z]{1,3}\d{1,6}\Z")


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person of the office as documents name them.

    Attributes:
        name: Name.
        title: Legal office (法律职务), e.g. ``检察官``; may be empty.
    """

    name: str
    title: str = ""


#: People by identifier.
Staff = Mapping[str, Person]


def read_staff(folder: Path) -> Staff:
    """Return the people named in ``staff.yaml`` of a home folder; nobody when there is no such file.

    Raises:
        OfficeError: ``office.bad-staff``: the file is malformed.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        return convert(load_yaml(read_whole(path)) or {}, dict[str, Person])
    except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
        where = str(error).rpartition(" - at ")[2] if isinstance(error, msgspec.ValidationError) else "YAML"
        raise OfficeError(
            "office.bad-staff",
            zh=f"人员名册有误（{where}）",
            en=f"the list of the staff is malformed ({where})",
            where=str(path),
            remedy_zh="每行写“编号: {name: 姓名, title: 法律职务}”",
            remedy_en="write a line as “P001: {name: …, title: …}” for each person",
        ) from error


def naming(staff: Staff) -> Callable[..., list[object]]:
    """Return what forms call ``who``: identifiers, one or a list, as names that keep their events.

    Somebody the list does not name is a marked blank that says whose name is missing.
    """

    def who(people: object, titled: object = False) -> list[object]:
        listed: Iterable[object] = people if isinstance(people, list) else [people]
        return [_named(staff, one, titled=bool(titled)) for one in listed if str(one)]

    return who


def _named(staff: Staff, one: object, *, titled: bool) -> object:
    identifier = str(one)
    if not _IDENTIFIER.match(identifier):
        return one
    person = staff.get(identifier)
    if person is None:
        return Unknown(f"staff:{identifier}", f"【{identifier}的姓名】")
    text = f"{person.name}（{person.title}）" if titled and person.title else person.name
    origin = f"staff:{identifier}"
    return Fact(text, one.event, origin=origin) if isinstance(one, Fact) else Datum(text, origin)
