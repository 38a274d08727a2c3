"""The leak is the same every time, and its summary is what a careful reader would count."""

from __future__ import annotations

import hashlib
import itertools
import re
import time
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from qingyuan.demo import DemoError, Truth, generate, small
from tests.demo.conftest import Leak
from tests.demo.reading import Row, cell_key

KEYS = ("resident-id", "mobile", "bank-card")


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def test_the_same_seed_gives_the_same_bytes(leak: Leak, tmp_path: Path) -> None:
    again = small(tmp_path / "材料")
    assert digests(tmp_path / "材料") == digests(leak.folder)
    assert again.path.read_bytes() == leak.truth.path.read_bytes()


def test_another_seed_changes_every_file_that_holds_anything(leak: Leak, tmp_path: Path) -> None:
    small(tmp_path / "材料", seed=1)
    mine, other = digests(leak.folder), digests(tmp_path / "材料")
    same = {name for name in mine if mine[name] == other[name]}
    assert same == {"空文件.csv"}


def test_records_add_up_to_the_rows_asked_for(leak: Leak) -> None:
    records: dict[tuple[str, str | None], int] = {}
    for row in leak.rows:
        where = row["file"], row["member"]
        records[where] = max(records.get(where, 0), row["record"])
    copies = sum(n for (_, member), n in records.items() if member and member.startswith("2026-06/"))
    assert sum(records.values()) - copies == leak.truth.rows == 2000
    assert copies == leak.truth.repeated["record"]


def test_the_summary_counts_the_rows_of_the_table(leak: Leak) -> None:
    planted = Counter((r["kind"], r["masked"]) for r in leak.rows if not r["decoy"])
    decoys = Counter(r["decoy_type"] for r in leak.rows if r["decoy"])
    assert {
        (k, m): getattr(c, "masked" if m else "clear") for k, c in leak.truth.kinds.items() for m in (0, 1)
    } == {(k, m): planted[k, bool(m)] for k in leak.truth.kinds for m in (0, 1)}
    assert leak.truth.decoys == decoys
    assert leak.truth.values == len(leak.rows)


def normalised(leak: Leak, row: Row) -> str:
    text = unicodedata.normalize("NFKC", leak.cells[cell_key(row)][row["start"] : row["end"]])
    return text.removeprefix("+86").replace(" ", "").replace("-", "")


def pdf_ids(leak: Leak) -> dict[str, list[str]]:
    name = next(n for n in leak.truth.files if n.endswith(".pdf"))
    pages = {k: v for k, v in leak.cells.items() if k[0] == name}
    return {k[2]: re.findall(r"\d{17}[\dX]", text) for k, text in pages.items()}


def clear_values(leak: Leak) -> list[tuple[Row, str]]:
    """Return the clear key values as read from the files; those on a page in the order of the page."""
    ids = {page: iter(values) for page, values in pdf_ids(leak).items()}
    found: list[tuple[Row, str]] = []
    for row in sorted(leak.rows, key=lambda r: r["record"]):
        if row["kind"] not in KEYS or row["masked"] or (row["decoy"] and row["start"] is not None):
            continue
        value = next(ids[row["place"]]) if row["start"] is None else normalised(leak, row)
        if not row["decoy"]:
            found.append((row, value))
    return found


def test_distinct_values_are_those_of_the_files(leak: Leak) -> None:
    for kind in KEYS:
        values = [value for row, value in clear_values(leak) if row["kind"] == kind]
        assert leak.truth.distinct[kind] == len(set(values))
        assert leak.truth.repeated[kind] == len(values) - len(set(values))


def test_persons_are_counted_as_a_careful_reader_would(leak: Leak) -> None:
    owners: dict[tuple[object, ...], set[tuple[str, str]]] = {}
    for row, value in clear_values(leak):
        token = (row["kind"], value)
        owner = (row["file"], row["member"], row["record"], row["role"]) if row["role"] else token
        owners.setdefault(owner, set()).add(token)
    ids = {t for tokens in owners.values() for t in tokens if t[0] == "resident-id"}
    group = {t: {t} for tokens in owners.values() for t in tokens if t[0] != "resident-id"}
    for tokens in owners.values():
        others = [t for t in tokens if t[0] != "resident-id"]
        for one, two in itertools.pairwise(others):
            if group[one] is not group[two]:
                group[one] |= group[two]
                for token in group[two]:
                    group[token] = group[one]
    named = {t for tokens in owners.values() if tokens & ids for t in tokens}
    loose = {id(g) for g in group.values() if not g & named}
    assert leak.truth.persons == len(ids) + len(loose)
    assert len(ids) < leak.truth.persons < len(ids) + leak.truth.distinct["mobile"]


def test_recipients_are_counted_per_carrier(leak: Leak) -> None:
    columns = {
        "收件人电话": "快递公司",
        "收方手机": "承运商",
        "$.recipient.contact.mobile": "$.carrier.name",
        "t_waybill.recv_mobile": "t_waybill.carrier",
    }
    seen = Counter[tuple[str, str]]()
    for (file, member, place, column), text in leak.cells.items():
        for phone, carrier in columns.items():
            if phone == column:
                name = leak.cells[file, member, place, carrier]
            elif phone in place and not column:
                name = leak.cells[file, member, place.replace(phone, carrier), ""]
            else:
                continue
            seen[name, "privacy" if "转" in text else "masked" if "*" in text else "clear"] += 1
    for name, counts in leak.truth.recipients.items():
        assert counts.clear == seen[name, "clear"]
        assert counts.masked == seen[name, "masked"]
        assert counts.privacy == seen[name, "privacy"]
        assert counts.waybills == counts.clear + counts.masked + counts.privacy
    assert sum(c.waybills for c in leak.truth.recipients.values()) == sum(seen.values()) > 1700


def test_some_mobiles_are_shared_by_a_household(leak: Leak) -> None:
    users: dict[str, set[int]] = {}
    for row, value in clear_values(leak):
        if row["kind"] == "mobile":
            users.setdefault(value, set()).add(row["person"])
    shared = sum(len(persons) > 1 for persons in users.values())
    assert 0 < shared < 0.05 * len(users)


def test_the_locked_archive_opens_only_with_its_password(leak: Leak) -> None:
    with zipfile.ZipFile(leak.folder / "加密客户名单.zip") as archive:
        assert archive.namelist() == ["客户名单.csv"]
        with pytest.raises(RuntimeError, match="encrypted"):
            archive.read("客户名单.csv")
        with pytest.raises(RuntimeError, match="Bad password"):
            archive.read("客户名单.csv", pwd=b"guess")


def test_nothing_is_said_to_be_planted_in_unreadable_files(leak: Leak) -> None:
    assert set(leak.truth.unreadable) < set(leak.truth.files)
    assert not {row["file"] for row in leak.rows} & set(leak.truth.unreadable)


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(DemoError) as caught:
        small(tmp_path)
    assert caught.value.code == "demo.folder-not-empty"
    assert [p.name for p in tmp_path.iterdir()] == ["note.txt"]


def test_too_few_rows_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(DemoError) as caught:
        generate(tmp_path / "material", rows=10)
    assert caught.value.code == "demo.too-few-rows"
    assert not (tmp_path / "material").exists()


def test_the_full_leak_is_made_and_its_time_printed(tmp_path: Path) -> None:
    start = time.perf_counter()
    truth: Truth = generate(tmp_path / "材料", rows=50_000, truth=tmp_path / "elsewhere" / "t.parquet")
    print(f"50,000 rows in {time.perf_counter() - start:.2f} s")  # noqa: T201
    assert truth.path == tmp_path / "elsewhere" / "t.parquet"
    assert truth.path.exists()
    assert not (tmp_path / "truth.parquet").exists()
    assert truth.kinds["mobile"].clear > 50_000
