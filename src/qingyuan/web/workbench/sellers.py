"""Sellers of a matter: clusters of those whom telephones, accounts, addresses, licences or texts tie, as a table, a picture and a file."""

from __future__ import annotations

import itertools
import math
import threading
import weakref
from collections.abc import Iterator

import msgspec
from starlette.responses import Response

from qingyuan.office.casework import load
from qingyuan.office.home import Home
from qingyuan.office.sellers import MAX_LISTINGS, Sellers, sellers_of
from qingyuan.sellers import Cluster
from qingyuan.store.registry import exhibits
from qingyuan.web.asking import Ask
from qingyuan.web.errors import not_found
from qingyuan.web.routing import page
from qingyuan.web.workbench._lists import as_file

#: Clusters shown, and sellers of a picture.
_SHOWN, _DRAWN = 30, 40
_WIDE, _HIGH, _ROUND, _LABEL = 720, 400, 150, 10
_HEADS = ("cluster", "seller", "platform", "reason", "value", "listings")
_LOCK = threading.Lock()
_HELD: weakref.WeakKeyDictionary[Home, dict[str, tuple[tuple[str, ...], Sellers]]] = (
    weakref.WeakKeyDictionary()
)


class Drawn(msgspec.Struct, frozen=True):
    """A cluster as a picture: sellers on a circle, ties as lines between them.

    Attributes:
        nodes: Place, label, where the label stands and how it is anchored, of each seller.
        lines: Ends and reason of each tie between two neighbours.
        left_out: Sellers that are not drawn.
    """

    nodes: tuple[tuple[float, float, str, float, float, str], ...]
    lines: tuple[tuple[float, float, float, float, str], ...]
    left_out: int


@page("GET", "/matters/{identifier}/sellers", "material.view", slow=True)
def show(ask: Ask, identifier: str) -> Response:
    """Show the clusters of sellers in the tables of a matter, each tie with its reason and where it stands."""
    title, seen = _seen(ask, identifier)
    shown = seen.found.clusters[:_SHOWN]
    return ask.page(
        "sellers.html",
        target=identifier,
        title=title,
        seen=seen,
        shown=[(one, drawn(one), {each.number: each for each in one.sellers}) for one in shown],
        most=MAX_LISTINGS,
    )


@page("GET", "/matters/{identifier}/sellers/file", "material.view", slow=True)
def file(ask: Ask, identifier: str) -> Response:
    """Hand out every tie of every cluster, a line for each seller it ties."""
    _, seen = _seen(ask, identifier)
    heads = [ask.t(f"sellers.{name}") for name in _HEADS]

    def rows() -> Iterator[list[object]]:
        for number, cluster in enumerate(seen.found.clusters, 1):
            names = {one.number: one for one in cluster.sellers}
            for link in cluster.links:
                reason = link.zh if ask.lang == "zh" else link.en
                for one in link.sellers:
                    seller = names[one]
                    yield [number, seller.name, seller.platform, reason, link.value, " ".join(link.listings)]

    return ask.finish(as_file(f"{identifier}-sellers", heads, rows()))


def _seen(ask: Ask, identifier: str) -> tuple[str, Sellers]:
    """Return the title of a matter and what its tables say, from memory while no exhibit came or went."""
    home = ask.desk.home
    docket = load(home, identifier).docket
    if docket.matter is None or docket.matter.id != identifier:
        raise not_found(identifier)
    scopes = (*docket.leads, identifier)
    with home.database.read() as connection:
        state = tuple(row.id for row in exhibits(connection, scopes))
    with _LOCK:
        known = _HELD.setdefault(home, {}).get(identifier)
    if known is None or known[0] != state:
        known = state, sellers_of(home, scopes)
        with _LOCK:
            held = _HELD[home]
            held.pop(identifier, None)
            while len(held) >= _SHOWN:
                held.pop(next(iter(held)))
            held[identifier] = known
    return docket.matter.title, known[1]


def drawn(cluster: Cluster) -> Drawn:
    """Return the picture of a cluster; of a tie among many, each is tied to the next."""
    sellers = cluster.sellers[:_DRAWN]
    at: dict[int, tuple[float, float]] = {}
    nodes = []
    for place, one in enumerate(sellers):
        angle = 2 * math.pi * place / len(sellers) - math.pi / 2
        x, y = _WIDE / 2 + _ROUND * math.cos(angle), _HIGH / 2 + _ROUND * math.sin(angle)
        at[one.number] = x, y
        anchor = "middle" if abs(math.cos(angle)) < 0.2 else "start" if math.cos(angle) > 0 else "end"  # noqa: PLR2004 - above and below
        label = one.name if len(one.name) <= _LABEL else f"{one.name[:_LABEL]}…"
        out = _ROUND + 16
        nodes.append(
            (
                round(x, 1),
                round(y, 1),
                label,
                round(_WIDE / 2 + out * math.cos(angle), 1),
                round(_HIGH / 2 + out * math.sin(angle) + 4, 1),
                anchor,
            )
        )
    lines = []
    for link in cluster.links:
        for first, second in itertools.pairwise(link.sellers):
            if first in at and second in at:
                (x, y), (to_x, to_y) = at[first], at[second]
                lines.append((round(x, 1), round(y, 1), round(to_x, 1), round(to_y, 1), link.reason))
    return Drawn(tuple(nodes), tuple(lines), len(cluster.sellers) - len(sellers))
