"""Codes shared by the compiled passes: kinds of candidate and the bits of evidence.

The numbers are internal (arrays between passes); files and tables carry the kinds' names.
"""

from __future__ import annotations

from pathlib import Path

RESIDENT_ID = 1
MOBILE = 2
BANK_CARD = 3
EMAIL = 4
PRIVACY_NUMBER = 5
LANDLINE = 6
NAME = 7
ADDRESS = 8

#: Kinds whose codes the compiled passes know by name, in the order of their codes.
_FIXED = (
    "",
    "resident-id",
    "mobile",
    "bank-card",
    "email",
    "privacy-number",
    "landline",
    "name",
    "address",
)
#: Most kinds: a code and all evidence bits of a candidate share 32 bits.
MOST_KINDS = 63


def kinds_of(names: set[str]) -> tuple[str, ...]:
    """Return the name of each kind by its code: the fixed ones, then the others in the order of their names."""
    return (*_FIXED, *sorted(names - set(_FIXED)))


#: Name of each kind by its code: one for each file of ``kinds/``.
KINDS = kinds_of({file.stem for file in (Path(__file__).parents[1] / "kinds").glob("*.yaml")})

MASKED = 1 << 0  # part of the value is hidden
CHECKED = 1 << 1  # check digit (mod 11-2 or Luhn) is right
ASSIGNED = 1 << 2  # the number plan assigns the prefix
GROUPED = 1 << 3  # written in the customary groups
STANDARD = 1 << 4  # of the length the kind has today (for masked forms: as long as the clear value)
WHOLE = 1 << 5  # nothing else stands in the cell
EXTENDED = 1 << 6  # followed by an extension (转 1234)
AMBIGUOUS = 1 << 7  # a masked form that another kind shares
BIN_LISTED = 1 << 8  # the first six digits belong to a listed card issuer
BIN_RANGE = 1 << 9  # the first digits belong to a card network
SURNAME = 1 << 10  # begins with a listed surname
PROVINCE = 1 << 11  # begins with a province or a municipality
LABELLED = 1 << 12  # found through the label before it (收件人：…)
AMOUNT = 1 << 13  # a currency sign before or a unit after it
ADJACENT = 1 << 14  # the nearest context word stands directly before the value
PROSE = 1 << 15  # a name or address found in free text without a label

#: The class of the nearest context word before the value occupies the bits from here (0 = none).
LABEL_SHIFT = 16
LABEL_MASK = 0xF << LABEL_SHIFT
#: Some context word for the kind stands in the window.
CONTEXT = 1 << 20
CODED = 1 << 21  # part of a product code: ``-B2`` or ``-01`` after it, ``NO`` before
FITS_ID = 1 << 22  # a masked form that only a column or a label makes an ID,
FITS_MOBILE = 1 << 23  # a mobile
FITS_CARD = 1 << 24  # or a card
FITS = FITS_ID | FITS_MOBILE | FITS_CARD
COUNTY = 1 << 25  # the digits shown begin with a region code
#: All bits that tell candidates apart.
ALL_BITS = (1 << 26) - 1

#: Classes of context words.
NO_LABEL = 0
LABEL_ID = 1
LABEL_MOBILE = 2
LABEL_CARD = 3
LABEL_EMAIL = 4
LABEL_LANDLINE = 5
LABEL_NAME = 6
LABEL_ADDRESS = 7
LABEL_ORDER = 8
LABEL_TIME = 9
LABEL_TEXT = 10
LABEL_NOT_NAME = 11
LABEL_PRIVACY = 12
LABEL_WEAK = 13  # 号, no, num: a serial number if nothing speaks against it
LABEL_OTHER = 14  # a word of a kind without a class of its own that says "no telephone, ID or card number"
LABEL_OWN = 15  # in candidates of such a kind: a word of this very kind
#: In column names, the class of the kinds above :data:`ADDRESS` is this plus their code.
LABEL_KIND = 32
