"""Paperwork: which instruments a docket can have, making them, their numbers, and the copy for the public."""

from qingyuan.office.paperwork.facts import docket_facts
from qingyuan.office.paperwork.making import Made, Source, make_document, preview
from qingyuan.office.paperwork.numbers import record_number
from qingyuan.office.paperwork.offered import offers_of
from qingyuan.office.paperwork.offers import FormOffer, form_offers

__all__ = [
    "FormOffer",
    "Made",
    "Source",
    "docket_facts",
    "form_offers",
    "make_document",
    "offers_of",
    "preview",
    "record_number",
]
