"""How the pages of a package list exhibits: in the order of collection, with what they came from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from qingyuan.evidence.manifest import Manifest
from qingyuan.evidence.package_source import PackageEvent, PackageExhibit

_MAKING = ("evidence.extracted", "evidence.generated")
_SPACE = re.compile(r"\s+")


def collection_order(
    exhibits: Iterable[PackageExhibit], events: Iterable[PackageEvent]
) -> list[PackageExhibit]:
    """Return the exhibits of a package in the order in which their making was logged."""
    made: dict[str, int] = {}
    for event in events:
        exhibit = event.payload.get("exhibit")
        if event.leaf.get("type") in _MAKING and isinstance(exhibit, str):
            made[exhibit] = min(event.index, made.get(exhibit, event.index))

    def place(exhibit: PackageExhibit) -> tuple[bool, int, str]:
        identifier = exhibit.signed.manifest.id
        return identifier not in made, made.get(identifier, 0), identifier

    return sorted(exhibits, key=place)


def scope_kind(identifier: str) -> tuple[str, str]:
    """Return what a package is about, a lead or a matter, in Chinese and English."""
    return ("线索", "lead") if identifier.startswith("L") else ("总案", "matter")


def source_of(manifest: Manifest, limit: int) -> str:
    """Return the address or path an exhibit came from, on one line of at most ``limit`` characters.

    Of what is longer, the middle is left out. Characters that could change the order of others are replaced.
    """
    source = manifest.collected.source
    text = source if "://" in source or manifest.path == manifest.name else manifest.path
    flat = "".join("\ufffd" if unicodedata.category(c)[0] == "C" else c for c in _SPACE.sub(" ", text))
    if len(flat) > limit:
        half = limit // 2
        flat = f"{flat[: limit - half - 1]}…{flat[-half:]}"
    return flat or "—"


__all__ = ["collection_order", "scope_kind", "source_of"]
