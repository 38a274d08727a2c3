"""Packages with time-stamp tokens, and trust files that name their authorities."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.evidence.verify.maker import Maker, trust
from tests.evidence.verify.noting import ORIGIN, TWIN, b64, canonical, consistency_of, root_of, sha256, sm3
from tests.evidence.verify.stamping import Party, Stamp, authority

ROOT, TSA = authority()
Pair = tuple[dict[str, Any], bytes | None]
Bend = Callable[[Stamp], Stamp]


def over_checkpoint(maker: Maker, size: int, *, twin: bool = False) -> dict[str, Any]:
    leaves, hashed = (maker.twin_leaves, sm3) if twin else (maker.leaves, sha256)
    return {
        "over": "checkpoint",
        "log": TWIN if twin else ORIGIN,
        "size": size,
        "root": b64(root_of(leaves[:size], hashed)),
        "path": [b64(node) for node in consistency_of(size, leaves, hashed)],
    }


def message_of(maker: Maker, line: dict[str, Any], tokens: list[bytes | None]) -> bytes:
    if line["over"] == "checkpoint":
        return f"{line['log']}\n{line['size']}\n{line['root']}\n".encode()
    if line["over"] == "timestamp":
        return tokens[line["timestamp"]] or b""
    return canonical(
        next(entry["manifest"] for entry in maker.lines if entry["manifest"]["id"] == line["exhibit"])
    )


def plain(stamp: Stamp) -> Stamp:
    return stamp


def stamped(
    bend: Bend = plain, *, size: int = 20, twin: bool = False, tsa: Party = TSA, **edits: Any
) -> Maker:
    """A package with one token over the checkpoint of an earlier day."""

    def stamps(maker: Maker) -> list[Pair]:
        line = over_checkpoint(maker, size, twin=twin)
        return [
            (line, bend(Stamp(message_of(maker, line, []), tsa, certificates=(tsa.certificate,))).token())
        ]

    return Maker(stamps=stamps, **edits)


def listed(party: Party, operator: str = "某授时机构") -> dict[str, Any]:
    return {"name": party.common, "operator": operator, "certificate": b64(party.certificate)}


def trusting(*tsas: Party | dict[str, Any], operators: int | None = None, **changes: Any) -> bytes:
    """The trust file with these authorities."""
    entries = [listed(tsa) if isinstance(tsa, Party) else tsa for tsa in tsas]
    demand = None if operators is None else {"operators": operators}
    return json.dumps({**trust(), "tsas": entries, "timestamps": demand, **changes}).encode()
