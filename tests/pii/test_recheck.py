"""The same place later: by token, with a bound for samples, never clean where it cannot be told."""

from __future__ import annotations

import io
import math
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.office.rechecking import Material, recheck
from qingyuan.pii import PiiError, engine, readers, write_hits
from qingyuan.pii.readers._unread import unread
from qingyuan.pii.recheck import Recheck, Sampler, compare, holding_records, key_id, read_hits, upper_bound

KEY = bytes(32)


def hits(text: str, name: str = "v1/a.csv", key: bytes = KEY) -> pa.Table:
    return engine.scan(readers.read(io.BytesIO(text.encode()), name), key, name).hits


def table(*numbers: str) -> str:
    return "手机号,备注\n" + "".join(f"{number},x\n" for number in numbers)


OLD = table("13800138000", "13912345678", "13712345678", "13612345678")


def check(text: str, **given_: object) -> Recheck:
    return compare([hits(OLD)], [hits(text, "v2/b.csv")], **given_)  # type: ignore[arg-type]


def test_each_value_is_still_there_moved_masked_deleted_or_new() -> None:
    later = table("13800138000", "139****5678", "", "x", "13712345678", "13512345678")
    result = check(later)
    mobile = result.kinds["mobile"]
    assert (mobile.values, mobile.still_there, mobile.moved, mobile.masked, mobile.deleted, mobile.new) == (
        4,
        1,
        1,
        1,
        1,
        1,
    )
    assert (result.verdict, result.remaining, result.remaining_share, result.new) == ("remains", 2, 0.5, 1)
    assert [(p.place, p.outcome) for p in result.places] == [
        ("line 2", "still-there"),
        ("line 6", "moved"),
        ("line 7", "new"),
    ]


def test_everything_masked_in_all_that_was_read_is_clean() -> None:
    result = check(table("138****8000", "139****5678", "137****5678", "136****5678"))
    assert (result.verdict, result.remaining, result.doubts) == ("clean", 0, ())
    assert result.kinds["mobile"].masked == 4


@pytest.mark.parametrize(
    ("given_", "doubt"),
    [({"unread": [("b.csv", unread("empty"))]}, "unread"), ({"same_key": False}, "key-unknown"), ({"sample": Sampler(0.5, 1).result(0)}, "sampled")],
)  # fmt: skip
def test_what_cannot_be_told_is_not_clean(given_: dict[str, object], doubt: str) -> None:
    result = check(table("138****8000"), **given_)
    assert (result.verdict, result.doubts) == ("undetermined", (doubt,))
    assert check(OLD, **given_).verdict == "remains"


def test_nothing_before_is_no_proof_of_deletion() -> None:
    result = compare([hits("a,b\n1,2\n")], [hits("a,b\n1,2\n")])
    assert (result.verdict, result.doubts) == ("undetermined", ("nothing-before",))


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_a_file_of_hits_is_enough_of_the_earlier_side(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"hits{suffix}"
    write_hits(path, [hits(OLD)], key_id(KEY))
    before, said = read_hits(path)
    assert said == (key_id(KEY) if suffix == ".parquet" else "")
    assert compare([before], [hits(OLD, "v2/b.csv")]).kinds["mobile"].still_there == 4


@pytest.mark.parametrize(
    ("later", "remaining"),
    [
        ("110105491231002", 1),
        ("11010519491231002X", 1),
        ("110105 19491231 002x", 1),
        ("110105194912310089", 0),
    ],
)
def test_tokens_made_of_fifteen_digits_find_the_person_again(
    later: str, remaining: int, tmp_path: Path
) -> None:
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("身份证号\n110105491231002\n", encoding="utf-8")
    new.write_text(f"身份证号\n{later}\n", encoding="utf-8")
    with old.open("rb") as stream:
        before = engine.scan(readers.read(stream, "old.csv"), KEY, "old.csv", earlier=True).hits
    assert before["token"].to_pylist() != hits(old.read_text(encoding="utf-8"))["token"].to_pylist()
    result = recheck(([before], key_id(KEY)), Material((new,)), key=KEY)
    assert (result.remaining, result.new) == (remaining, 1 - remaining)
    assert result.verdict == ("remains" if remaining else "clean")
    assert recheck(Material((old,)), Material((new,)), key=KEY).remaining == remaining


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hits.jsonl"
    path.write_text('{"a": 1}\n{', encoding="utf-8")
    with pytest.raises(PiiError) as error:
        read_hits(path)
    assert error.value.code == "pii.no-hits"


def test_tokens_of_another_key_have_nothing_in_common() -> None:
    assert compare([hits(OLD)], [hits(OLD, key=bytes(31) + b"1")]).remaining == 0
    assert key_id(KEY) != key_id(bytes(31) + b"1")


def test_a_sample_takes_its_share_of_records_and_the_same_ones_again() -> None:
    rows = [f"139{n:08d}" for n in range(4000)]
    text = table(*rows)

    def taken(seed: int) -> tuple[Sampler, pa.Table]:
        sampler = Sampler(0.25, seed)
        batches = sampler.batches(readers.read(io.BytesIO(text.encode()), "a.csv"), "a.csv")
        return sampler, engine.scan(batches, KEY, "a.csv").hits

    one, found = taken(7)
    again, same = taken(7)
    other, _ = taken(8)
    assert one.records == 4000
    assert 850 < one.taken < 1150
    assert found.num_rows == one.taken
    assert found.equals(same)
    assert again.taken == one.taken
    assert other.taken != one.taken or not found.equals(taken(8)[1])
    assert holding_records([found], [found]) == one.taken
    everything = hits(text, "a.csv").select(["place", "token"]).to_pylist()
    assert {r["place"]: r["token"] for r in found.to_pylist()}.items() <= {
        r["place"]: r["token"] for r in everything
    }.items()


def test_nothing_in_a_sample_gives_about_three_over_n() -> None:
    assert upper_bound(0, 1000) == pytest.approx(1 - 0.05 ** (1 / 1000), rel=1e-9)
    assert upper_bound(0, 1000) == pytest.approx(3 / 1000, rel=0.01)
    assert upper_bound(0, 0) == upper_bound(5, 5) == 1.0


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_at_the_bound_so_few_finds_have_the_probability_that_was_given_up(what: tuple[int, int]) -> None:
    found, of = what
    bound = upper_bound(found, of)
    tail = sum(math.comb(of, k) * bound**k * (1 - bound) ** (of - k) for k in range(found + 1))
    assert found / of < bound <= 1
    assert tail == pytest.approx(0.05, rel=1e-6)
