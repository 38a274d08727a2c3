"""One table or text of a file: its columns, what their names say, and what their cells look like."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qingyuan.pii._kernel import flags as f
from qingyuan.pii._kernel.forms import TEXT, Scopes
from qingyuan.pii._tables import OWN_LABEL
from qingyuan.pii.decide import Profile
from qingyuan.pii.grammar import grammar
from qingyuan.pii.headers import Header, read_header, roles

#: Role of the values of remarks: nobody the record names (no role of the catalogue has this number).
REMARK = 15
#: Labels of columns that tell a person of their own from the one a role names.
_TELEPHONES = (f.LABEL_MOBILE, f.LABEL_LANDLINE, f.LABEL_PRIVACY)
_PERSON = (f.LABEL_NAME, *_TELEPHONES)
#: The role of those who carry or handle, whose number a column without a role word hardly is.
_HANDLING = roles().index("agent")


@dataclass(slots=True)
class Stream:
    """One table (or text) of one member: its columns and their profiles."""

    number: int
    member: str | None
    table: str
    prose: bool
    columns: tuple[str, ...] = ()
    headers: list[Header] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    records: int = 0
    kinds: tuple[str, ...] = ()

    def widen(self, columns: tuple[str, ...], kinds: tuple[str, ...] = ()) -> None:
        """Take over the columns a later batch has more of; ``kinds`` stand for names a table without a header lacks."""
        if len(columns) >= len(self.columns):
            self.columns = columns
        self.kinds = self.kinds or kinds
        for at, name in enumerate(columns[len(self.headers) :], start=len(self.headers)):
            header = (
                Header(OWN_LABEL[kind], 0, waybill=False) if (kind := self.typed(at)) else read_header(name)
            )
            self.headers.append(header)
            self.profiles.append(Profile(label=header.label))

    def typed(self, column: int) -> str:
        """Return the kind a column without a name was found to hold by its values, ``""`` for none."""
        return self.kinds[column] if column < len(self.kinds) and not self.columns[column] else ""

    def role(self, column: int) -> int:
        """Return the role of a column.

        Where the names speak of one role only and no other column holds a person's name or telephone, the
        record is about that one person, and columns such as 身份证号 without a role word are theirs too. A telephone
        without a role word is that of the one role named that has none of its own (收货人, 手机号, 收货地址).
        """
        return self.roles()[column]

    def roles(self) -> list[int]:
        """Return the role of each column; see :meth:`role`."""
        of = self._roles()
        others = [h for h, role in zip(self.headers, of, strict=True) if role == 0 and h.label in _PERSON]
        one_person = len({role for role in of if role}) == 1 and not others
        return [0] * len(of) if one_person else of

    def _roles(self) -> list[int]:
        """Return the role of each column, telephones without a role word given to the one role they can be of."""
        said = [self._said_role(column) for column in range(len(self.headers))]
        has: dict[int, set[int]] = {}
        for header, role in zip(self.headers, said, strict=True):
            has.setdefault(role, set()).add(header.label)
        without = [role for role, labels in has.items() if role and not labels.intersection(_TELEPHONES)]
        if (
            len(without) != 1
            or without[0] == _HANDLING
            or f.LABEL_NAME not in has[without[0]]
            or f.LABEL_NAME in has.get(0, ())
        ):
            return said
        return [
            without[0] if role == 0 and header.label in _TELEPHONES else role
            for header, role in zip(self.headers, said, strict=True)
        ]

    def _said_role(self, column: int) -> int:
        """Return the role a column's name says; a contact is another person only beside the name of one."""
        role = self.headers[column].role
        if not self.headers[column].contact:
            return role
        named = [h for h in self.headers if h.label == f.LABEL_NAME]
        apart = any(h.contact for h in named) and any(h.role == 0 for h in named)
        return role if apart else 0

    def scopes(self) -> Scopes:
        """Return how the catalogue's forms are looked for in each column; the last is "no column"."""
        return np.array([*(grammar().scope(h.label) for h in self.headers), TEXT], dtype=np.int16)

    @property
    def waybill(self) -> bool:
        """Tell whether the column names are those of a table of parcels."""
        return any(h.waybill for h in self.headers)
