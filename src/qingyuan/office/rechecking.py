"""Re-checking delivered material against what was found before, and citing the result for a measure.

A result that a measure can cite is sealed as an exhibit derived from the exhibits it compares, and an event of the case
(``pii.rechecked``) says verdict and figures; ``measure verify … exhibits=ID`` then names the exhibit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from qingyuan.office.casework import load
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.sealing import Collector, Sealer, open_exhibit
from qingyuan.store import EventDraft
from qingyuan.store.registry import exhibit

if TYPE_CHECKING:
    import pyarrow as pa

    from qingyuan.pii.batch import Unread
    from qingyuan.pii.recheck import Recheck, Sampler

RECHECKED = "pii.rechecked"


class Material(msgspec.Struct, frozen=True):
    """One side of a comparison.

    Attributes:
        files: Paths of files.
        exhibits: Identifiers of exhibits.
    """

    files: tuple[Path, ...] = ()
    exhibits: tuple[str, ...] = ()


class Cited(msgspec.Struct, frozen=True):
    """Where a result was recorded.

    Attributes:
        case: Case.
        measure: Measure.
        exhibit: Identifier of the sealed result, to be named when the measure is verified.
        index: Index of the event.
    """

    case: str
    measure: str
    exhibit: str
    index: int


def material(words: Sequence[str], home: Home | None) -> Material:
    """Tell files from exhibits.

    Raises:
        OfficeError: A word is neither.
    """
    files, exhibits = [], []
    for word in words:
        path = Path(word)
        if path.is_dir():
            files += sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink())
        elif path.is_file():
            files.append(path)
        elif home is not None and _known(home, word):
            exhibits.append(word)
        else:
            raise OfficeError(
                "office.no-material",
                zh="既不是文件也不是证据材料编号",
                en="this is neither a file nor an exhibit",
                where=word,
                remedy_zh="请给出文件、目录，或与 --home 一起给出证据材料编号",
                remedy_en="give a file, a folder, or the identifier of an exhibit together with --home",
            )
    return Material(tuple(files), tuple(exhibits))


def _known(home: Home, identifier: str) -> bool:
    with home.database.read() as connection:
        return exhibit(connection, identifier) is not None


def recheck(
    before: Material | tuple[Sequence[pa.Table], str],
    after: Material,
    *,
    key: bytes,
    home: Home | None = None,
    sampler: Sampler | None = None,
) -> Recheck:
    """Scan what is not scanned yet and compare.

    Args:
        before: The earlier material, or its hits with the identifier of their key.
        after: The later material.
        key: Token key.
        home: Where exhibits are.
        sampler: Takes a sample of the later material.

    Raises:
        PiiError: The hits were made with another key.
    """
    from qingyuan.pii import recheck as room  # noqa: PLC0415 - heavy
    from qingyuan.pii.errors import PiiError  # noqa: PLC0415 - heavy

    if isinstance(before, Material):
        old, said = [hits for hits, _, _ in _scans(before, key, home, None)], room.key_id(key)
    else:
        old, said = list(before[0]), before[1]
    if said and said != room.key_id(key):
        raise PiiError(
            "pii.other-key",
            zh="整改前结果所用的令牌密钥与本次不同，无法比对",
            en="the earlier hits were made with another token key and cannot be compared",
            remedy_zh="请用 --token-key 给出当时的密钥，或在当时的用户、工作目录下运行",
            remedy_en="give that key with --token-key, or run this as the user or in the home of that time",
        )
    new, unread, size = [], [], 0
    scans = _scans(after, key, home, sampler)
    # Hits of long ago may know an ID of fifteen digits by a token of its own: the material is looked at once more for those.
    aged = not isinstance(before, Material) and room.of_changed_forms(old)
    once_more = room.Sampler(sampler.rate, sampler.seed) if sampler else None
    again = _scans(after, key, home, once_more, earlier=True) if aged else None
    for hits, missed, scanned in scans:
        new.append(room.with_earlier(hits, next(again)[0], old) if again is not None else hits)
        unread += missed
        size += scanned
    sample = sampler.result(room.holding_records(old, new)) if sampler else None
    return room.compare(old, new, unread=unread, sample=sample, same_key=bool(said), text_bytes=size)


def _scans(
    what: Material, key: bytes, home: Home | None, sampler: Sampler | None, *, earlier: bool = False
) -> Iterator[tuple[pa.Table, list[tuple[str, Unread]], int]]:
    from qingyuan.pii import engine, readers  # noqa: PLC0415 - heavy

    for name, source in sources(what, home):
        with source as stream:
            batches = readers.read(stream, name)
            taken = sampler.batches(batches, name) if sampler else batches
            done = engine.scan(taken, key, name, earlier=earlier)
        yield done.hits, [(name, missed) for missed in done.unread], done.bytes


def sources(what: Material, home: Home | None) -> Iterator[tuple[str, AbstractContextManager[BinaryIO]]]:
    """Yield name and content, to be opened, of each file and exhibit."""
    for path in what.files:
        yield str(path), path.open("rb")
    for identifier in what.exhibits:
        assert home is not None
        with home.database.read() as connection:
            row = exhibit(connection, identifier)
        assert row is not None
        yield row.path, open_exhibit(home, row)


def cite(
    home: Home,
    result: Recheck,
    *,
    case: str,
    measure: str,
    before: Sequence[str],
    after: Sequence[str],
    by: str,
) -> Cited:
    """Seal a result and record it for a measure; no value is in either.

    Args:
        home: The office.
        result: The result.
        case: The case.
        measure: One of its measures.
        before: Exhibits that were compared, the earlier side; may be empty when it was a file of hits.
        after: Exhibits of the later side.
        by: Who re-checked.

    Raises:
        OfficeError: There is no such case or measure, or the later material is not sealed.
    """
    loaded = load(home, case)
    found = loaded.docket.cases.get(case)
    if found is None or measure not in found.measures or not after:
        raise OfficeError(
            "office.recheck-not-citable",
            zh="案件中没有该整改措施，或复查材料尚未封存",
            en="the case has no such measure, or the later material is not sealed",
            where=f"{case} {measure}",
            remedy_zh="先用 qingyuan seal 封存整改后材料，再以其编号复查",
            remedy_en="seal the later material with qingyuan seal and re-check its exhibit",
        )
    from qingyuan.pii.engine import ENGINE  # noqa: PLC0415 - heavy

    with home.database.read() as connection:
        rows = [row for name in after if (row := exhibit(connection, name)) is not None]
    scope = rows[0].scope
    sealer = Sealer(home, scope, Collector(by=by))
    body = msgspec.json.format(msgspec.json.encode(result), indent=1)
    parents = tuple(dict.fromkeys([*before, *after]))
    name = f"复查结果/{case}-{measure}.json"
    kept = sealer.keep(
        [sealer.derived(body, name, kind="application/json", parents=parents, engine=f"{ENGINE} recheck")]
    )
    payload: dict[str, object] = {
        "measure": measure,
        "verdict": result.verdict,
        "values": result.values,
        "remaining": result.remaining,
        "new": result.new,
        "doubts": list(result.doubts),
        "before": list(before),
        "after": list(after),
    }
    if result.sample is not None:
        payload["sample"] = {
            "records": result.sample.records,
            "of": result.sample.of,
            "upper_ppm": round(result.sample.upper * 1_000_000),
        }
    with home.database.write() as connection:
        row = sealer.record(connection, kept)[0]
        event = home.record(
            connection, [EventDraft(case, RECHECKED, {**payload, "exhibit": row.id})], actor=by
        )[0]
    return Cited(case, measure, row.id, event.index)
