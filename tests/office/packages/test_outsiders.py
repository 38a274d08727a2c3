"""Time-stamp tokens and cosignatures of a home: which go into a package, and that they count there."""

from __future__ import annotations

import base64
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from qingyuan.evidence.timestamp.records import StoredTimestamp, checkpoint_message
from qingyuan.evidence.verify import verify
from qingyuan.ledger import parse_checkpoint, parse_note
from qingyuan.office.clock import FixedClock
from qingyuan.office.home import Home
from qingyuan.office.intake import intake, seal_into
from qingyuan.office.keys.roots import adopt, draft, publish, trust_in_roots
from qingyuan.office.keys.rotation import rotate
from qingyuan.office.packages.packaging import make_package
from qingyuan.office.packages.rereading import reread
from qingyuan.office.packages.tokens import choose_checkpoints
from qingyuan.office.sealing import Collector
from qingyuan.store import EventDraft, SqlLogStorage
from qingyuan.store.registry import exhibits
from qingyuan.store.timestamps import add_timestamp
from tests.evidence.stamping import Stamper, stamper
from tests.evidence.timestamp.test_revocation import crl
from tests.evidence.timestamp.world import usual
from tests.office.keys.test_roots import roots, signed
from tests.office.recognition.recognising import cosigner, office, seat, served, witness, write_policy
from tests.office.running import material
from tests.office.timestamps.authorities import NOW, authority, configure, entry

BEGIN = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)


def row(
    number: int, size: int, *, operator: str = "one", subject: str = "log", minute: int | None = None
) -> StoredTimestamp:
    at = (BEGIN + timedelta(minutes=number if minute is None else minute)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return StoredTimestamp(number, "checkpoint", subject, size, bytes(32), "t", operator, b"", at, at)


def chosen(rows: list[StoredTimestamp], made: list[int], size: int = 100) -> list[int]:
    return [each.id for each in choose_checkpoints(rows, {"log": size, "log/sm3": size}, made)]


def test_the_earliest_token_that_covers_each_making_and_the_newest_are_chosen() -> None:
    rows = [row(1, 5), row(2, 10), row(3, 20), row(4, 30), row(5, 40)]
    assert chosen(rows, [3]) == [1, 5]
    assert chosen(rows, [3, 12]) == [1, 3, 5]
    assert chosen(rows, [5]) == [2, 5], "a checkpoint of size 5 has the entries 0 to 4"
    assert chosen(rows, []) == [5]
    assert chosen(rows, [99]) == [5]


def test_operators_and_logs_are_chosen_for_each_by_itself_and_longer_checkpoints_are_passed_over() -> None:
    rows = [
        row(1, 10),
        row(2, 10, operator="two"),
        row(3, 10, subject="log/sm3"),
        row(4, 101),
        row(5, 10, subject="x"),
    ]
    assert chosen(rows, [3]) == [1, 2, 3]


def test_the_time_of_the_authority_decides_and_not_the_order_of_arrival() -> None:
    assert chosen([row(1, 10, minute=9), row(2, 10, minute=1)], [3]) == [2, 1]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.open(tmp_path / "home", create=True)
    intake(home, [material(tmp_path / "material", 2)], workers=0)
    return home


def stamp_head(home: Home, authority: Stamper, at: datetime, *, twin: bool = False) -> StoredTimestamp:
    log = home.twin if twin else home.log
    assert log is not None
    with home.database.write() as connection:
        head = SqlLogStorage(connection, log.origin, owns_entries=not twin).read_head()
        assert head is not None
        checkpoint = parse_checkpoint(parse_note(head.note).text)
        token = authority.stamp(checkpoint_message(log.origin, checkpoint.size, checkpoint.root), at=at)
        shown = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        kept = StoredTimestamp(
            0,
            "checkpoint",
            log.origin,
            checkpoint.size,
            checkpoint.root,
            authority.name,
            authority.name,
            token,
            shown,
            shown,
        )
        return add_timestamp(connection, kept)


def renew(home: Home, authority: Stamper, earlier: StoredTimestamp, at: datetime) -> None:
    shown = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    token = authority.stamp(earlier.token, at=at)
    kept = StoredTimestamp(
        0, "timestamp", str(earlier.id), None, None, authority.name, authority.name, token, shown, shown
    )
    with home.database.write() as connection:
        add_timestamp(connection, kept)


def trusting(home: Home, operators: int, *authorities: Stamper) -> bytes:
    trust = json.loads(home.trust_path.read_bytes())
    trust["tsas"] = [
        {"name": each.name, "operator": each.name, "certificate": base64.b64encode(each.root).decode()}
        for each in authorities
    ]
    trust["timestamps"] = {"operators": operators}
    return json.dumps(trust).encode()


def test_tokens_of_two_operators_over_both_logs_go_in_and_count_for_every_exhibit(
    tmp_path: Path, home: Home
) -> None:
    plain, national = stamper("one"), stamper("two", sm2=True)
    lead = f"L{home.clock.now().year}-0001"
    first = stamp_head(home, plain, BEGIN)
    stamp_head(home, national, BEGIN + timedelta(minutes=1), twin=True)
    stamp_head(home, plain, BEGIN + timedelta(minutes=2))
    home.append([EventDraft("office", "office.noted", {"text": "x"})], actor="P001")
    stamp_head(home, plain, BEGIN + timedelta(minutes=3))
    renew(home, national, first, BEGIN + timedelta(days=300))
    packed = make_package(home, lead, tmp_path / "a.evp", to="某法院", actor="P001")
    assert packed.timestamps == 4, "the earliest, the newest, that of the twin and the renewal"
    trust = tmp_path / "trust.json"
    trust.write_bytes(trusting(home, 2, plain, national))
    report = verify(tmp_path / "a.evp", trust=trust)
    assert report.verdict == "pass"
    assert sum(reason.code == "time" for reason in report.reasons) == 4
    trust.write_bytes(trusting(home, 2, plain))
    assert "no-timestamp" in {reason.code for reason in verify(tmp_path / "a.evp", trust=trust).reasons}
    with zipfile.ZipFile(tmp_path / "a.evp") as archive:
        lines = [json.loads(line) for line in archive.read("evidence/timestamps.jsonl").splitlines()]
    assert [line["over"] for line in lines] == ["checkpoint", "checkpoint", "checkpoint", "timestamp"]
    assert lines[3]["timestamp"] == 0


def test_a_token_that_came_before_an_exhibit_does_not_speak_for_it(tmp_path: Path, home: Home) -> None:
    plain = stamper("one")
    lead = f"L{home.clock.now().year}-0001"
    stamp_head(home, plain, BEGIN)
    (tmp_path / "late.txt").write_text("late")
    seal_into(home, lead, tmp_path / "late.txt", Collector())
    make_package(home, lead, tmp_path / "a.evp", to="x", actor="P001")
    trust = tmp_path / "trust.json"
    trust.write_bytes(trusting(home, 1, plain))
    report = verify(tmp_path / "a.evp", trust=trust)
    assert (report.verdict, "no-timestamp" in {r.code for r in report.reasons}) == ("undetermined", True)
    stamp_head(home, plain, BEGIN + timedelta(minutes=5))
    make_package(home, lead, tmp_path / "b.evp", to="x", actor="P001")
    assert verify(tmp_path / "b.evp", trust=trust).verdict == "pass"


def test_a_token_over_an_exhibit_goes_in_with_it(tmp_path: Path, home: Home) -> None:
    lead = f"L{home.clock.now().year}-0001"
    with home.database.read() as connection:
        exhibit = exhibits(connection, [lead])[0]
    token = stamper("one").stamp(exhibit.manifest)
    kept = StoredTimestamp(
        0, "exhibit", exhibit.id, None, None, "one", "one", token, "2026-03-09T09:00:00Z", "x"
    )
    with home.database.write() as connection:
        add_timestamp(connection, kept)
    assert make_package(home, lead, tmp_path / "a.evp", to="x", actor="P001").timestamps == 1
    assert verify(tmp_path / "a.evp", trust=home.trust_path).verdict == "pass"


def test_the_witnesses_of_the_offices_policy_cosign_the_head_of_the_package(tmp_path: Path) -> None:
    with office(tmp_path / "home") as home:
        lead = intake(home, [material(tmp_path / "material", 2)], workers=0).lead
        with witness(tmp_path / "w0.db", served(home), cosigner(0)) as url:
            seats = [seat(0, url), seat(1, "http://127.0.0.1:9")]
            write_policy(home.path, seats, ["quorum w0"])
            packed = make_package(home, lead, tmp_path / "a.evp", to="某法院", actor="P001")
            alone = make_package(home, lead, tmp_path / "b.evp", to="某法院", actor="P001", offline=True)
        assert (packed.witnesses, packed.missed) == (("w0",), ("w1",))
        assert (alone.witnesses, alone.missed) == ((), ())
        with (tmp_path / "a.evp").open("rb") as content:
            assert reread(home, content).witnesses == ("w0",)
        report = verify(tmp_path / "a.evp", trust=home.trust_path, policy=home.path / "policy.txt")
        assert (report.verdict, report.quorum["met"]) == ("pass", True)
        report = verify(tmp_path / "b.evp", trust=home.trust_path, policy=home.path / "policy.txt")
        assert (report.verdict, report.quorum["met"]) == ("undetermined", False)


def test_a_policy_that_cannot_be_used_stops_no_package(tmp_path: Path, home: Home) -> None:
    (home.path / "policy.txt").write_bytes(b"nonsense\n")
    lead = f"L{home.clock.now().year}-0001"
    packed = make_package(home, lead, tmp_path / "a.evp", to="x", actor="P001")
    assert packed.missed == ("ledger.policy",)
    assert verify(tmp_path / "a.evp", trust=home.trust_path).verdict == "pass"


def test_the_authorities_of_the_office_stamp_the_heads_of_the_package(tmp_path: Path) -> None:
    clock = FixedClock(NOW)
    with Home.open(tmp_path / "home", create=True, clock=clock) as home, authority("ec") as (url, made):
        lead = intake(home, [material(tmp_path / "material", 1)], workers=0).lead
        listed = crl(usual().root)
        pem = x509.load_der_x509_crl(listed).public_bytes(Encoding.PEM)
        (home.path / "a.crl").write_bytes(pem)
        configure(home.path, {**entry("a", url, made), "revocation": ["a.crl"]})
        packed = make_package(home, lead, tmp_path / "a.evp", to="x", actor="P001")
        assert (packed.timestamps, packed.missed) == (2, ())
        with (tmp_path / "a.evp").open("rb") as content:
            assert reread(home, content).authorities == packed.authorities == (("a", 2),)
        with zipfile.ZipFile(tmp_path / "a.evp") as archive:
            lines = [json.loads(line) for line in archive.read("evidence/timestamps.jsonl").splitlines()]
            described = json.loads(archive.read("evidence/package.json"))
            assert archive.read("trust/revocation/0.der") == listed
        assert [(line["size"], line["path"]) for line in lines] == [(described["log"]["size"], [])] * 2
        assert verify(tmp_path / "a.evp", trust=home.trust_path).verdict == "pass"
        (home.path / "a.crl").unlink()
        later = make_package(home, lead, tmp_path / "b.evp", to="x", actor="P001", offline=True)
        assert later.timestamps, "a list that is gone keeps no package"


def test_a_reader_who_holds_only_the_roots_follows_the_role_files_in_the_package(
    tmp_path: Path, home: Home
) -> None:
    lead = f"L{home.clock.now().year}-0001"
    adopt(home, roots(1, 2, 3), by="P009")
    publish(home, signed(draft(home), 1, 2), by="P009")
    make_package(home, lead, tmp_path / "a.evp", to="x", actor="P001")
    trust = tmp_path / "roots.json"
    trust.write_text(json.dumps(trust_in_roots(home)))
    report = verify(tmp_path / "a.evp", trust=trust)
    assert (report.verdict, report.as_dict()["roles_version"]) == ("pass", 1)
    rotate(home, "officer", actor="P001", by="P001")
    publish(home, signed(draft(home), 2, 3), by="P009")
    make_package(home, lead, tmp_path / "b.evp", to="x", actor="P001")
    report = verify(tmp_path / "b.evp", trust=trust)
    assert (report.verdict, report.as_dict()["roles_version"]) == ("pass", 2)
