"""One listing: a row of a table that names who offers something; the columns are known by their names (``columns.yaml``)."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from importlib.resources import files

import msgspec

from qingyuan.plainyaml import read_yaml
from qingyuan.shapes import convert

#: What may tell sellers apart, and what says that a row offers something.
_WHO, _WHAT = ("shop", "seller"), ("text", "title", "phone", "account")


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One listing; every text as it stands in the material, ``""`` where it does not.

    Attributes:
        id: Where it stands, such as an exhibit and the number of its row.
        shop: Identifier of the shop on its platform.
        seller: Name of the shop or seller.
        platform: The platform.
        title: Title of the offer.
        text: Its text.
        phone: Telephone.
        account: Account of a messenger or for payment.
        address: Address.
        licence: Number of the licence of the business.
        url: Address of the page.
    """

    id: str
    shop: str = ""
    seller: str = ""
    platform: str = ""
    title: str = ""
    text: str = ""
    phone: str = ""
    account: str = ""
    address: str = ""
    licence: str = ""
    url: str = ""

    @property
    def who(self) -> tuple[str, str]:
        """Return what tells its seller from others: platform, and shop or else the name."""
        return self.platform.strip().lower(), (self.shop or self.seller).strip().lower()


@functools.cache
def _fields() -> dict[str, str]:
    """Return the field by name of column."""
    known = convert(read_yaml((files(__package__) / "columns.yaml").read_bytes()), dict[str, list[str]])
    return {_plain(name): field for field, names in known.items() for name in names}


def fields_of(columns: Sequence[str]) -> dict[str, str] | None:
    """Return the column of each field of a table, the first that fits; ``None`` when it is no table of listings."""
    found: dict[str, str] = {}
    for column in columns:
        field = _fields().get(_plain(column))
        if field is not None:
            found.setdefault(field, column)
    return found if any(one in found for one in _WHO) and any(one in found for one in _WHAT) else None


def listing_of(row: Mapping[str, object], fields: Mapping[str, str], place: str) -> Listing | None:
    """Return the listing of a row, ``None`` when it names no seller.

    Args:
        row: Values by column; what is no text is written as one.
        fields: Of :func:`fields_of`.
        place: Where the row stands.
    """
    values = {field: _text(row.get(column)) for field, column in fields.items()}
    found = Listing(id=place, **values)
    return found if found.who[1] else None


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _plain(name: str) -> str:
    return "".join(name.lower().split())
