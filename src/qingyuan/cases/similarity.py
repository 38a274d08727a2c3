"""How alike two leads are, with every reason: to suggest that they belong together, which a person decides."""

from __future__ import annotations

import functools
import re
import unicodedata

from qingyuan.cases.events.lead import Component, LeadRegistered

_HOST = re.compile(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})", re.IGNORECASE)
_TITLE, _HOSTS, _REGION, _FIELD, _TIME, _EXHIBITS = 40, 20, 15, 10, 5, 10
_DAYS = 60
#: Titles and names of sites that are kept cut: the newest leads are compared again and again.
_MOST_KEPT = 8_000


def likeness(lead: LeadRegistered, other: LeadRegistered) -> tuple[Component, ...]:
    """Return what two leads have in common, in points of a hundred; their sum is the likeness.

    Titles are compared by the pairs of characters they share, addresses of sites wherever title or summary names one.
    """
    found: list[Component] = []

    def add(name: str, points: int, limit: int, zh: str, en: str) -> None:
        if points:
            found.append(Component(name, points, limit, zh, en))

    share = _overlap(_pairs(lead.title), _pairs(other.title))
    add(
        "title",
        round(_TITLE * share),
        _TITLE,
        f"标题相同部分{share:.0%}",
        f"{share:.0%} of the titles is the same",
    )
    hosts = sorted(_hosts(lead.title, lead.summary) & _hosts(other.title, other.summary))
    add(
        "site",
        _HOSTS if hosts else 0,
        _HOSTS,
        "同一网站或平台：" + "、".join(hosts),
        "same site: " + ", ".join(hosts),
    )
    same = bool(lead.region) and lead.region == other.region
    add("region", _REGION if same else 0, _REGION, f"同一发生地：{lead.region}", f"same place: {lead.region}")
    add("field", _FIELD if lead.field == other.field else 0, _FIELD, "同一公益领域", "same field")
    days = abs((lead.received_on - other.received_on).days)
    add("time", _TIME if days <= _DAYS else 0, _TIME, f"收到时间相隔{days}日", f"received {days} days apart")
    shared = len(set(lead.exhibits) & set(other.exhibits))
    add(
        "exhibits",
        _EXHIBITS if shared else 0,
        _EXHIBITS,
        f"{shared}件证据材料相同",
        f"{shared} exhibits are the same",
    )
    return tuple(found)


@functools.lru_cache(_MOST_KEPT)
def _pairs(text: str) -> frozenset[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
    return frozenset({plain[at : at + 2] for at in range(len(plain) - 1)} or {plain})


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


@functools.lru_cache(_MOST_KEPT)
def _hosts(title: str, summary: str) -> frozenset[str]:
    return frozenset(match[1].casefold() for match in _HOST.finditer(f"{title} {summary}"))
