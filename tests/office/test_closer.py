"""Ages and waybills of sealed exhibits, and the pieces of both readings, against figures counted by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from qingyuan.office.closer import look_at_exhibits
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from qingyuan.office.summary import gather
from qingyuan.pii.rates import rates, wilson

DAY = date(2026, 6, 1)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
#: Birth dates. An age is reached on the day after the birthday: two are still thirteen, two seventeen, one is grown up.
BORN = ("20120602", "20120601", "20090101", "20080601", "19800315")
PHONES = ("13812345678", "13900001234", "138****5678", "95013123456781234", "1520000****", "")


def identity(born: str, serial: int) -> str:
    body = f"330106{born}{serial:03d}"
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, WEIGHTS, strict=True)) % 11]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home", create=True)


@pytest.fixture
def lead(home: Home, tmp_path: Path) -> str:
    folder = tmp_path / "material"
    folder.mkdir()
    people = "".join(f"学生{n},{identity(born, n)}\n" for n, born in enumerate(BORN))
    (folder / "people.csv").write_text(f"编号,身份证号\n{people}", "utf-8")
    parcels = "".join(f"SF{n:013d},顺丰,{phone}\n" for n, phone in enumerate(PHONES))
    (folder / "parcels.csv").write_text(f"运单号,快递公司,收件人电话\n{parcels}", "utf-8")
    return intake(home, [folder], workers=0).lead


def test_every_figure_is_the_one_counted_by_hand(home: Home, lead: str) -> None:
    found = gather(home, lead)
    seen = look_at_exhibits(home, [found.rows[one] for one in found.exhibits], DAY)
    assert not seen.failed
    assert seen.ages is not None
    assert (seen.ages.under_14.certain, seen.ages.minors.certain, seen.ages.adults.certain) == (2, 2, 1)
    # The two mobiles in clear are two persons nothing is said about.
    assert seen.ages.unknown == 2
    assert seen.shown is not None
    (whole,) = [r for r in rates(seen.shown, sampled=False) if (r.reading, r.dimension) == ("telephone", "")]
    assert (whole.clear, whole.masked, whole.privacy, whole.none) == (2, 2, 1, 1)
    assert whole.share == 3 / 5
    assert whole.verdict == "not-met"
    (drawn,) = [r for r in rates(seen.shown, sampled=True) if (r.reading, r.dimension) == ("telephone", "")]
    # Wilson's score interval of 3 among 5 at 95 %.
    assert (drawn.low, drawn.high) == pytest.approx((0.2307, 0.8824), abs=1e-4)
    assert (drawn.low, drawn.high) == wilson(3, 5, 0.95)
    assert drawn.verdict == "not-met"


def test_pieces_and_persons_of_the_scan_are_those_counted_by_hand(home: Home, lead: str) -> None:
    """Five documents, each a piece of class C; two telephones in clear on waybills: B or C, as it is read."""
    summary = gather(home, lead).summary
    assert summary.persons.distinct == 7
    counted = {
        reading.reading_id: (reading.sensitive, reading.important, reading.general)
        for reading in summary.readings
    }
    assert set(counted.values()) == {(0, 0, 7), (0, 2, 5)}
