"""Which dockets somebody may see, as data: what the office tree gives, what is assigned, what is withheld."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

#: The path of the whole tree.
EVERYWHERE = "/"
#: Prefixes of a path that have a column of their own.
DEPTH = 3
#: The column of a branch that names its dockets.
NAMED = "docket"


class Scope(msgspec.Struct, frozen=True):
    """The dockets somebody may see: (below an office, or named) and not recused.

    A docket is the matter with its leads and cases, or a lead without a matter; each of its records has the docket's identifier.

    Attributes:
        offices: Paths of offices whose subtree is seen, each with a slash at both ends: ``"/"`` the whole tree,
            ``"/330000/330100/"`` a prefecture with its counties. A path that lies below another adds nothing.
        records: Dockets seen wherever they are handled: by assignment, or because they need to be known.
        own: Paths of offices whose own dockets are seen, and not those of the offices below.
        recused: Dockets never seen, whatever else holds.
        shielded: Whether dockets that concern minors are seen through ``offices`` and ``own``; those in ``records`` always are.
    """

    offices: tuple[str, ...] = (EVERYWHERE,)
    records: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    recused: tuple[str, ...] = ()
    shielded: bool = True

    def sees(self, *, docket: str, office: str, shielded: bool) -> bool:
        """Say whether a docket is within the scope; the lists and the search give exactly these."""
        if docket in self.recused:
            return False
        if docket in self.records:
            return True
        below = office in self.own or any(office.startswith(each) for each in self.offices)
        return below and (self.shielded or not shielded)


#: Sees everything.
ALL = Scope()


def prefixes(path: str) -> tuple[str, str, str]:
    """Return the first prefixes of an office's path, the whole path again where it is shorter: ``/33/`` is its own second."""
    parts = [part for part in path.split("/") if part]
    found = ["/" + "".join(f"{part}/" for part in parts[: depth + 1]) for depth in range(DEPTH)]
    return found[0], found[1], found[2]


def branches(scope: Scope) -> Iterator[tuple[str, str, list[str | int]]]:
    """Yield conditions whose union is the scope: the column of the prefix (``""`` for none), the condition, its values.

    The column is :data:`NAMED` where dockets are named one by one.

    The conditions may overlap where a docket is both below an office and named; no row is to be counted twice.
    """
    withheld, values = _not_in(scope.recused)
    shield = "" if scope.shielded else " AND shielded = 0"
    for path in _widest(scope.offices):
        depth = path.count("/") - 1
        if depth == 0:
            yield "", f"1 = 1{shield}{withheld}", list(values)
        elif depth <= DEPTH:
            yield f"o{depth}", f"o{depth} = ?{shield}{withheld}", [path, *values]
        else:
            # Below the last column the order of bytes finds the subtree: "0" follows "/".
            yield (
                f"o{DEPTH}",
                f"o{DEPTH} = ? AND office >= ? AND office < ?{shield}{withheld}",
                [prefixes(path)[-1], path, path[:-1] + "0", *values],
            )
    for path in sorted({each for each in scope.own if not each.startswith(scope.offices)}):
        depth = min(max(path.count("/") - 1, 1), DEPTH)
        condition = f"o{depth} = ? AND office = ?{shield}{withheld}"
        yield f"o{depth}", condition, [prefixes(path)[depth - 1], path, *values]
    named = sorted(set(scope.records) - set(scope.recused))
    if named:
        yield NAMED, f"docket IN ({', '.join('?' * len(named))})", list(named)


def _not_in(recused: Sequence[str]) -> tuple[str, list[str | int]]:
    held = sorted(set(recused))
    return (f" AND docket NOT IN ({', '.join('?' * len(held))})" if held else ""), list(held)


def _widest(paths: Sequence[str]) -> list[str]:
    """Return the paths that lie below no other one."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return kept
