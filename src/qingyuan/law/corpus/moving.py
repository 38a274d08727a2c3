"""What stood under another number of its statute before a day: the commonest fault of a citation is the number of an earlier text."""

from __future__ import annotations

from datetime import date

from qingyuan.law._store import Store
from qingyuan.law._versions import Citer, choose
from qingyuan.law.corpus.checking import Moved
from qingyuan.law.corpus.texts import plain_title


def moved(store: Store, citer: Citer, on: date) -> dict[str, tuple[Moved, ...]]:
    """Return, by plain title, every article that a rule had before the day ``on`` and has no more on it."""
    found: dict[str, list[Moved]] = {}
    for name in store.names("provisions"):
        for rule, entry in store.rules_of(name).items():
            if len(entry.record.versions) == 1 or not citer.in_force(rule, on):
                continue
            present = choose(entry.record.versions, on)
            now = citer.cite(rule, on)
            kept = set() if present is None else {_number(one) for one in present.articles}
            for version in entry.record.versions:
                if version.until is None or version.until >= on:
                    continue
                numbers = dict.fromkeys(_number(one) for one in version.articles)
                found.setdefault(plain_title(now.law), []).extend(
                    Moved(one, version.until, version.zh, version.en, now.article, now.article_en)
                    for one in numbers
                    if one not in kept
                )
    return {title: _latest(moves) for title, moves in found.items()}


def _number(article: str | int) -> str:
    return str(article).partition(".")[0].partition("[")[0]


def _latest(moves: list[Moved]) -> tuple[Moved, ...]:
    """Keep, of texts that had the same rule under the same number, the last."""
    kept = {(one.article, one.now_zh): one for one in sorted(moves, key=lambda one: one.until)}
    return tuple(kept.values())
