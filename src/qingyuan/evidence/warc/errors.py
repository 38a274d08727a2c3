"""Errors of web archives."""

from qingyuan.evidence.errors import EvidenceError


class WarcError(EvidenceError):
    """A web archive that is damaged, cut off, contradicts itself, or is too large to be read safely."""


def damaged(where: str, zh: str, en: str, *, code: str = "warc.damaged") -> WarcError:
    """Return the error for an archive that is not whole."""
    return WarcError(
        code,
        zh=zh,
        en=en,
        where=where,
        remedy_zh="该档案不能作为完整的原件使用；请从封存的原件重新取得",
        remedy_en="do not use it as a whole original; get it again from the sealed one",
    )


def too_large(where: str, zh: str, en: str) -> WarcError:
    """Return the error for an archive that unpacks to more than the limit."""
    return damaged(where, zh, en, code="warc.too-large")
