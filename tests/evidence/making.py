"""Makers of test material; everything is derived from counters, so every run is the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from qingyuan.evidence import Collected, Digests, Manifest, digest_bytes, new_manifest


def counter_entropy(seed: str = "entropy") -> Callable[[int], bytes]:
    """Return a source whose n-th draw is a function of ``seed`` and n only."""
    drawn = 0

    def draw(count: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(f"{seed} {drawn}".encode()).digest(count)

    return draw


def pattern(size: int, seed: str = "content") -> bytes:
    """Return ``size`` bytes without short periods."""
    return hashlib.shake_256(seed.encode()).digest(size)


def collected(**changes: object) -> Collected:
    members: dict[str, object] = {
        "by": "P001",
        "second": "P002",
        "method": "file-copy",
        "source": "某平台服务器",
        "device": "D01",
        "tool": "qingyuan/0.1.0",
        "started": "2026-03-02T09:30:00+08:00",
        "ended": "2026-03-02T09:30:05+08:00",
        "mono_ns": 5_000_000_000,
        "file_mtime": "2026-03-01T08:00:00+08:00",
    }
    return Collected(**{**members, **changes})  # type: ignore[arg-type]


def manifest_of(
    content: bytes | Digests,
    *,
    name: str = "名单.csv",
    parents: tuple[str, ...] = (),
    scope: str = "L2026-0001",
) -> Manifest:
    digests = digest_bytes(content) if isinstance(content, bytes) else content
    return new_manifest(
        scope=scope,
        name=name,
        path=f"/mnt/u/{name}",
        media_type="text/csv",
        content=digests,
        collected=collected(method="derived" if parents else "file-copy"),
        parents=parents,
        derived=bool(parents),
    )
