"""From evidence to a decision: confirmed, suspected or rejected, with the reason.

Candidates with the same evidence in the same column are decided once; the decision is a pure
function of :class:`Evidence` and applied to all of them by number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from qingyuan.pii import addresses, names
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._tables import OWN_LABEL, displacing
from qingyuan.pii.catalog import catalog
from qingyuan.pii.grammar import FORM_MASK, FORM_SHIFT, MENTION, WHOLE_CELL

State = Literal["confirmed", "suspected", "rejected"]

#: A column is overwhelmingly of a kind from this share of its filled cells (and this many of them).
OVERWHELMING = 0.8
MANY = 10
#: Below this share of the plain-digit cells, numbers of the kind are coincidences.
COINCIDENCE = 0.5
COINCIDENCE_MANY = 20


class Decision(NamedTuple):
    """What became of a candidate; ``kind`` may differ from the candidate's for ambiguous masked forms."""

    state: State
    reason: str
    kind: int


@dataclass(slots=True)
class Profile:
    """What the cells of one column look like.

    Attributes:
        label: Class of the column's name, 0 if it says nothing.
        filled: Cells that are not empty.
        digits: Cells of eight or more digits and nothing else.
        whole: Cells wholly taken by a candidate with good evidence, by kind.
        shapes: Cells by shape: ``name``, ``name-masked``, ``name-loose``, ``address``, ``address-masked``,
            ``address-loose``.
        variety: Share of different values in a sample of the cells.
    """

    label: int = 0
    filled: int = 0
    digits: int = 0
    whole: dict[int, int] = field(default_factory=dict)
    shapes: dict[str, int] = field(default_factory=dict)
    variety: float = 1.0

    def share(self, kind: int) -> float:
        """Return the share of the filled cells wholly taken by the kind."""
        return self.whole.get(kind, 0) / self.filled if self.filled else 0.0

    def overwhelming(self, kind: int) -> bool:
        """Tell whether nearly all cells are of the kind, and there are enough of them."""
        return self.filled >= MANY and self.share(kind) >= OVERWHELMING

    def coincidence(self, *kinds: int) -> bool:
        """Tell whether the column is of other numbers, few of which look like the kinds."""
        hits = sum(self.whole.get(kind, 0) for kind in kinds)
        return self.digits >= COINCIDENCE_MANY and hits < COINCIDENCE * self.digits


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known about a group of candidates alike.

    Attributes:
        kind: Code of the kind.
        flags: Bits of :mod:`qingyuan.pii._kernel.flags`.
        prose: Whether they stand in free text.
        profile: Their column's profile; an empty one if there is no column.
    """

    kind: int
    flags: int
    prose: bool
    profile: Profile

    def has(self, bit: int) -> bool:
        """Tell whether the bit is set."""
        return bool(self.flags & bit)

    @property
    def near(self) -> int:
        """Return the class of the nearest label before the value."""
        return (self.flags & f.LABEL_MASK) >> f.LABEL_SHIFT

    @property
    def own(self) -> int:
        """Return the class of labels of this kind."""
        return OWN_LABEL[f.KINDS[self.kind]]

    @property
    def headed(self) -> bool:
        """Tell whether the column's name says it is of this kind."""
        return self.profile.label == self.own

    @property
    def labelled_order(self) -> bool:
        """Tell whether a label directly before says it is a serial number, a time or an amount."""
        return self.has(f.ADJACENT) and self.near in (f.LABEL_ORDER, f.LABEL_TIME, f.LABEL_OTHER)

    @property
    def money(self) -> bool:
        """Tell whether it reads like an amount, and no label directly before says that it is of its kind."""
        return self.has(f.AMOUNT) and not (self.has(f.ADJACENT) and self.near == self.own)

    @property
    def weak(self) -> bool:
        """Tell whether the column's name says number and nothing else."""
        return self.profile.label == f.LABEL_WEAK

    @property
    def order_column(self) -> bool:
        """Tell whether the column's name says serial number, time or amount, and this is its value."""
        label = self.profile.label
        named = label in (f.LABEL_ORDER, f.LABEL_TIME, f.LABEL_WEAK) or label in displacing()
        return named and (self.has(f.WHOLE) or self.has(f.CODED) or self.has(f.AMOUNT))


def _settled(e: Evidence, state: State, reason: str) -> Decision:
    return Decision(state, reason, e.kind)


def _resident_id(e: Evidence) -> Decision:  # noqa: PLR0911 - one return a reason
    if e.has(f.AMBIGUOUS) and f.LABEL_CARD in (e.profile.label, e.near if e.has(f.ADJACENT) else 0):
        return Decision(
            "confirmed", "luhn+network" + ("+column" if e.profile.label else "+context"), f.BANK_CARD
        )
    context = e.headed or e.has(f.CONTEXT)
    where = "+column" if e.headed else "+context" if e.has(f.CONTEXT) else ""
    if e.has(f.STANDARD):
        if not e.has(f.CHECKED):
            return _settled(e, "rejected", "bad-check-digit")
        if e.order_column and not e.profile.overwhelming(f.RESIDENT_ID):
            return _settled(e, "rejected", "order-number-column")
        if not e.profile.label and e.has(f.WHOLE) and e.profile.coincidence(f.RESIDENT_ID):
            return _settled(e, "suspected", "order-number-profile")
        if not where and e.profile.overwhelming(f.RESIDENT_ID):
            where = "+column"
        return _settled(e, "confirmed", "checksum" + where)
    if e.has(f.CHECKED):
        return _settled(e, "suspected" if context else "rejected", "born-later")
    if e.order_column or e.labelled_order:
        return _settled(e, "rejected", "order-number-column" if e.order_column else "order-number-label")
    if e.headed or (context and e.near == e.own):
        return _settled(e, "confirmed", "date" + where)
    return _settled(e, "suspected" if context else "rejected", "date-only")


def _phone_refused(e: Evidence) -> str:
    """Return why a telephone number is not one, or ""."""
    if e.money:
        return "amount"
    if e.order_column and not (e.weak and e.has(f.WHOLE)):
        return "order-number-column"
    if e.labelled_order:
        return "order-number-label"
    phones = (f.MOBILE, f.LANDLINE, f.PRIVACY_NUMBER)
    if not e.prose and (not e.profile.label or e.weak) and e.has(f.WHOLE) and e.profile.coincidence(*phones):
        return "order-number-profile"
    return ""


def _mobile(e: Evidence) -> Decision:
    refused = _phone_refused(e)
    if refused:
        return _settled(e, "rejected", refused)
    if e.weak and e.has(f.WHOLE):
        sure = e.has(f.ASSIGNED)
        return _settled(
            e, "suspected" if sure else "rejected", "number-plan" if sure else "order-number-column"
        )
    where = "+column" if e.headed else "+context" if e.has(f.CONTEXT) else ""
    if not e.has(f.ASSIGNED):
        return _settled(e, "suspected", "unassigned-prefix" + where)
    if e.has(f.CODED) and not e.headed and not (e.has(f.ADJACENT) and e.near == e.own):
        return _settled(e, "suspected", "product-code")
    return _settled(e, "confirmed", "number-plan" + where)


def _number_refused(e: Evidence) -> str:
    """Return why a number is no card by its column, its label or its decimals, or ""."""
    if e.order_column:
        return "order-number-column"
    if e.labelled_order:
        return "order-number-label"
    return "amount" if e.money else ""


def _bank_card(e: Evidence) -> Decision:  # noqa: PLR0911 - one return a reason
    refused = _number_refused(e)
    if refused:
        return _settled(e, "rejected", refused)
    issuer = e.has(f.BIN_LISTED) or e.has(f.BIN_RANGE)
    name = "luhn+bin" if e.has(f.BIN_LISTED) else "luhn+network"
    if not issuer:
        return _settled(e, "suspected" if e.headed else "rejected", "luhn-only")
    if e.headed:
        return _settled(e, "confirmed", name + "+column")
    if e.has(f.CONTEXT):
        # One number of ten that begin so passes Luhn: without a listed issuer the word must belong to this number.
        said = e.has(f.GROUPED) or (e.has(f.ADJACENT) and e.near == e.own)
        return _settled(e, "confirmed" if said or e.has(f.BIN_LISTED) else "suspected", name + "+context")
    if e.has(f.WHOLE) and not e.prose and e.profile.coincidence(f.BANK_CARD):
        return _settled(e, "rejected", "order-number-profile")
    if e.profile.overwhelming(f.BANK_CARD):
        return _settled(e, "confirmed", name + "+profile")
    if e.has(f.GROUPED) and e.has(f.BIN_LISTED):
        return _settled(e, "confirmed", "luhn+bin+groups")
    if e.has(f.BIN_LISTED):
        return _settled(e, "suspected", "luhn+bin")
    return _settled(e, "rejected", "luhn-only")


def _email(e: Evidence) -> Decision:
    if e.has(f.CODED) and e.profile.label == f.LABEL_ORDER:
        return _settled(e, "rejected", "order-number-column")
    return _settled(e, "confirmed", "form" + ("+column" if e.headed else ""))


def _landline(e: Evidence) -> Decision:
    refused = _phone_refused(e)
    if refused:
        return _settled(e, "rejected", refused)
    phones = e.profile.label in (f.LABEL_LANDLINE, f.LABEL_MOBILE)
    if phones or e.has(f.GROUPED) or e.has(f.CONTEXT) or e.near == f.LABEL_MOBILE:
        return _settled(e, "confirmed", "number-plan" + ("+column" if phones else ""))
    if e.has(f.WHOLE) and e.profile.overwhelming(f.LANDLINE):
        return _settled(e, "confirmed", "number-plan+profile")
    return _settled(e, "suspected", "number-plan-only")


def _privacy_number(e: Evidence) -> Decision:
    refused = _phone_refused(e)
    if refused:
        return _settled(e, "rejected", refused)
    return _settled(e, "confirmed", "extension" if e.has(f.EXTENDED) else "privacy-range")


#: What a label makes of a masked number whose form allows several kinds.
_FITTING = {
    f.LABEL_ID: (f.FITS_ID, f.RESIDENT_ID),
    f.LABEL_MOBILE: (f.FITS_MOBILE, f.MOBILE),
    f.LABEL_LANDLINE: (f.FITS_MOBILE, f.MOBILE),
    f.LABEL_CARD: (f.FITS_CARD, f.BANK_CARD),
}


def _fitting(e: Evidence) -> Decision | None:
    """Decide a masked number that only its column or a label directly before it explains."""
    label = e.profile.label or (e.near if e.has(f.ADJACENT) else 0)
    bit, kind = _FITTING.get(label, (0, 0))
    if not e.has(bit):
        return None
    return Decision("confirmed", "masked-shape" + ("+column" if e.profile.label else "+context"), kind)


def _shared(e: Evidence) -> tuple[int, bool]:
    """Return the kind of a masked form two kinds share, and whether it is sure.

    The column or the label says it, else the digits shown, else what the column mostly holds.
    """
    sure = e.has(f.ADJACENT) or not e.has(f.STANDARD)
    label = e.profile.label or (e.near if sure else 0)
    kind = {f.LABEL_ID: f.RESIDENT_ID, f.LABEL_CARD: f.BANK_CARD}.get(label, 0)
    if kind or not (e.kind == f.RESIDENT_ID and e.has(f.STANDARD)):
        return kind or e.kind, True
    if e.has(f.COUNTY) != e.has(f.BIN_LISTED):
        return (f.RESIDENT_ID if e.has(f.COUNTY) else f.BANK_CARD), True
    whole = e.profile.whole
    clear = whole.get(f.RESIDENT_ID, 0) - whole.get(f.BANK_CARD, 0)
    if e.has(f.WHOLE) and abs(clear) > e.profile.filled * COINCIDENCE:
        return (f.RESIDENT_ID if clear > 0 else f.BANK_CARD), True
    return e.kind, e.has(f.CONTEXT)


def _masked(e: Evidence) -> Decision | None:
    """Decide a masked ID, mobile or card; an ambiguous form follows the column or the label."""
    if e.has(f.FITS):
        return _fitting(e)
    kind, sure = _shared(e) if e.has(f.AMBIGUOUS) else (e.kind, True)
    own = OWN_LABEL[f.KINDS[kind]]
    headed = e.profile.label == own
    near = e.near == own or e.has(f.CONTEXT)
    if e.order_column or e.labelled_order:
        reason = "order-number-column" if e.order_column else "order-number-label"
        return Decision("rejected", reason, kind)
    where = "+column" if headed else "+context" if near else ""
    if not sure:
        return Decision("suspected", "masked-shape", kind)
    if e.has(f.STANDARD) or where:
        return Decision("confirmed", "masked-shape" + where, kind)
    return Decision("confirmed" if kind == f.MOBILE else "suspected", "masked-shape", kind)


def _formed(e: Evidence) -> Decision | None:
    """Decide a value found by a form of the catalogue, by the best evidence the form names."""
    kind = catalog().by_code(e.kind)
    number = (e.flags & FORM_MASK) >> FORM_SHIFT
    if number == MENTION and kind.mentions is not None:
        cue = e.has(f.CONTEXT) and "cue" in kind.mentions.states
        state = kind.mentions.states.get("cue" if cue else "mention")
        return _settled(e, state, "word+cue+person" if cue else "word+person") if state else None
    form = kind.forms[number] if number != WHOLE_CELL or kind.cell is None else None
    states: dict[str, State] = dict((form.states if form else kind.cell.states if kind.cell else {}).items())
    basis = form.basis if form else "cell"
    also = form.also if form else ()
    label = e.profile.label
    seen = {
        "column": label == e.own or label in [OWN_LABEL[name] for name in also],
        "label": e.has(f.ADJACENT) and e.near == f.LABEL_OWN,
        "context": e.has(f.CONTEXT),
        "profile": label in (f.NO_LABEL, f.LABEL_WEAK) and e.has(f.WHOLE) and e.profile.overwhelming(e.kind),
        "alone": True,
    }
    for evidence, there in seen.items():
        if there and evidence in states:
            where = "" if evidence == "alone" else f"+{evidence}"
            return _settled(e, states[evidence], basis + where)
    return None


_RULES: dict[int, Callable[[Evidence], Decision]] = {
    f.RESIDENT_ID: _resident_id,
    f.MOBILE: _mobile,
    f.BANK_CARD: _bank_card,
    f.EMAIL: _email,
    f.PRIVACY_NUMBER: _privacy_number,
    f.LANDLINE: _landline,
}


def decide(e: Evidence) -> Decision | None:
    """Return the decision, or ``None`` for a candidate that its column or the lack of a label makes nothing."""
    if e.kind in (f.NAME, f.ADDRESS):
        judge = names.decide if e.kind == f.NAME else addresses.decide
        found = judge(e.flags, e.profile.label, e.profile.filled, e.profile.shapes, e.profile.variety)
        return Decision(found[0], found[1], e.kind) if found else None
    if e.kind > f.ADDRESS:
        return _formed(e)
    if e.has(f.MASKED) and e.kind != f.EMAIL:
        return _masked(e)
    return _RULES[e.kind](e)
