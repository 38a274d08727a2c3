"""Province, city, county and court exchange a matter; nothing altered, repeated or out of order gets in."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from qingyuan.errors import QingyuanError
from qingyuan.exchange import ExchangeError
from qingyuan.office.casework import act, load
from qingyuan.office.exchange import add_peer, receive, send, status
from qingyuan.office.exchange.http import deliver, exchange_server
from qingyuan.office.exchange.peers import own_keys, peers
from qingyuan.office.exchange.receiving import receive_bytes, see_head
from qingyuan.office.exchange.sending import send_again
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from qingyuan.office.register import leads
from tests.cases._world import moment
from tests.office.exchange.sites import Sites
from tests.office.register.playing import Player
from tests.office.running import material


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Sites]:
    made = Sites(tmp_path, "province", "county")
    yield made
    made.close()


def _note(sites: Sites, text: str = "") -> bytes:
    """Send a suggestion without a record: the smallest bundle."""
    return send(
        sites["county"], "suggestion", "province", body={"title": text}, actor="P001", offline=True
    ).data


def test_a_matter_goes_from_county_to_province_to_city_and_to_the_court(tmp_path: Path) -> None:
    sites = Sites(tmp_path, "province", "city", "county", "court")
    county, province, city, court = (sites[name] for name in ("county", "province", "city", "court"))
    # The county finds something beyond its jurisdiction and reports it to the province with its exhibits.
    lead = intake(county, [material(tmp_path / "material", 2)], workers=0).lead
    assessed = {"authenticity": "属实", "investigability": "可查", "conclusion": "transfer"}
    act(county, "lead-assess", lead, assessed, actor="P001")
    with pytest.raises(ExchangeError, match="not decided"):
        send(county, "lead", "province", record=lead, actor="P001", offline=True)
    act(
        county,
        "lead-transfer",
        lead,
        {"to": "浙江省人民检察院", "reason": "跨市", "upward": True},
        actor="P001",
    )
    went = send(county, "lead", "province", record=lead, actor="P001", offline=True)
    taken = receive(province, sites.put("1.qyx", went.data), actor="P101", offline=True)
    assert (taken.outcome, taken.kind) == ("taken", "lead")
    there = load(province, taken.record).docket
    assert there.leads[taken.record].registered.source == "referral"
    assert len(there.exhibits) == 1  # the package, sealed again
    # The receipt goes back: the county knows when it arrived and what it is called there.
    (receipt,) = taken.replies
    back = receive(county, sites.put("2.qyx", receipt.data), actor="P001")
    assert (back.kind, back.record, back.replies) == ("receipt", lead, ())
    (item,) = next(one for one in status(county) if one.peer == "province").sent
    assert (item.record, item.served_at, item.witnessed) == (taken.record, "2026-03-02T10:00:00+08:00", False)
    # The province hands it down to the city, which brings it to the court.
    act(province, "lead-assess", taken.record, assessed, actor="P101")
    act(province, "lead-transfer", taken.record, {"to": "金华市人民检察院", "reason": "交办"}, actor="P101")
    down = send(province, "lead", "city", record=taken.record, actor="P101", offline=True)
    here = receive(city, sites.put("3.qyx", down.data), actor="P201", offline=True)
    assert [row.title for row in leads(city).rows] == [there.leads[taken.record].registered.title]
    complaint = sites.put("起诉书.pdf", b"%PDF-1.7 complaint")
    filed = send(
        city, "filing", "court", body={"claims": ["停止侵害"]}, files=[complaint], actor="P201", offline=True
    )
    got = receive(court, sites.put("4.qyx", filed.data), actor="J001", offline=True)
    assert got.outcome == "taken"
    receive(city, sites.put("5.qyx", got.replies[0].data), actor="P201")
    for home in sites.homes.values():
        assert list(check_home(home)) == []
    assert here.record.startswith("L")
    sites.close()


def test_a_suggestion_is_served_when_its_receipt_comes_and_the_reply_goes_into_the_case(
    tmp_path: Path,
) -> None:
    player = Player(tmp_path / "own")
    player.play("suggested")
    sites = Sites(tmp_path, "city")
    sites.clock.set(moment(date(2026, 3, 27)))
    player.on(date(2026, 3, 27))
    organ, home = sites["city"], player.home
    for one, name, other in ((home, "organ", organ), (organ, "procuratorate", home)):
        log, package = own_keys(other)
        add_peer(one, name, title=name, log=log, package=package, actor="P001")
    went = send(home, "suggestion", "organ", record="C2026-0001", actor="P001", offline=True)
    taken = receive(organ, sites.put("s.qyx", went.data), actor="Z001", offline=True)
    receive(home, sites.put("r.qyx", taken.replies[0].data), actor="P001")
    case = load(home, "C2026-0001").docket.cases["C2026-0001"]
    assert (case.stage, case.suggestion_served_on) == ("rectifying", date(2026, 3, 27))
    sites.clock.set(moment(date(2026, 4, 20)))
    player.on(date(2026, 4, 20))
    answer = sites.put("回复函.docx", b"PK reply")
    body = {"accepted": "采纳", "summary": "已完成整改"}
    reply = send(
        organ,
        "reply",
        "procuratorate",
        your_ref="C2026-0001",
        body=body,
        files=[answer],
        actor="Z001",
        offline=True,
    )
    done = receive(home, sites.put("a.qyx", reply.data), actor="P001", offline=True)
    assert (done.record, done.note_en) == ("C2026-0001", "")
    case = load(home, "C2026-0001").docket.cases["C2026-0001"]
    assert (case.stage, case.replied_on) == ("replied", date(2026, 4, 20))
    # A second receipt of the same bundle changes nothing: the first one says when it was served.
    served = next(one for one in status(home) if one.peer == "organ").sent[0].served_at
    said = {"bundle": went.manifest, "record": "", "received_at": "2026-04-20T10:00:00+08:00"}
    again = send(
        organ,
        "receipt",
        "procuratorate",
        your_ref="C2026-0001",
        body={"seq": 1, **said},
        actor="Z001",
        offline=True,
    )
    assert "receipt already" in receive(home, sites.put("r2.qyx", again.data), actor="P001").note_en
    assert next(one for one in status(home) if one.peer == "organ").sent[0].served_at == served
    player.home.close()
    sites.close()


def test_nothing_goes_as_a_lead_that_is_none(tmp_path: Path) -> None:
    player = Player(tmp_path / "own")
    player.play("sued-civil")
    sites = Sites(tmp_path, "city")
    log, package = own_keys(sites["city"])
    add_peer(player.home, "city", title="city", log=log, package=package, actor="P001")
    before = player.home.head()
    for record in ("C2026-0002", "M2026-0001", "L2026-0001"):
        with pytest.raises(ExchangeError, match="transfer was not decided"):
            send(player.home, "lead", "city", record=record, actor="P001", offline=True)
    assert player.home.head() == before
    player.home.close()
    sites.close()


def test_a_peer_replies_only_to_what_was_sent_to_it(tmp_path: Path) -> None:
    player = Player(tmp_path / "own")
    player.play("rectifying")
    sites = Sites(tmp_path, "city")
    other, home = sites["city"], player.home
    for one, name, its in ((home, "city", other), (other, "own", home)):
        log, package = own_keys(its)
        add_peer(one, name, title=name, log=log, package=package, actor="P001")
    before = load(home, "C2026-0001").docket
    paper = sites.put("回复函.docx", b"PK reply")
    body = {"accepted": "采纳", "summary": "已完成整改"}
    reply = send(
        other, "reply", "own", your_ref="C2026-0001", body=body, files=[paper], actor="Z001", offline=True
    )
    done = receive(home, sites.put("a.qyx", reply.data), actor="P001", offline=True)
    assert "no suggestion of case C2026-0001 was sent to this peer" in done.note_en
    assert load(home, "C2026-0001").docket == before
    player.home.close()
    sites.close()


def test_any_altered_byte_is_refused_with_its_place(sites: Sites) -> None:
    document = sites.put("附件.txt", "整改照片".encode() * 40)
    data = send(
        sites["county"],
        "suggestion",
        "province",
        body={"title": "建议"},
        files=[document],
        actor="P001",
        offline=True,
    ).data
    before = sites["province"].head()
    chance = random.Random(4)
    places = {0, 5, 20, 22, len(data) - 1, *(chance.randrange(len(data)) for _ in range(150))}
    for at in sorted(places):
        wrong = bytearray(data)
        wrong[at] ^= 1 << chance.randrange(8)
        with pytest.raises(QingyuanError) as refused:
            receive_bytes(sites["province"], bytes(wrong), actor="P101")
        assert refused.value.where, at
    for other in (data[:-1], data + b"\n", b"", data[:30]):
        with pytest.raises(ExchangeError, match="not what its sender signed"):
            receive_bytes(sites["province"], other, actor="P101")
    assert sites["province"].head() == before
    assert receive_bytes(sites["province"], data, actor="P101").outcome == "taken"


def test_a_bundle_that_comes_twice_is_taken_in_once_and_answered_the_same(sites: Sites) -> None:
    data = _note(sites)
    first = receive_bytes(sites["province"], data, actor="P101")
    size = sites["province"].head()
    second = receive_bytes(sites["province"], data, actor="P101")
    assert (first.outcome, second.outcome) == ("taken", "repeated")
    assert sites["province"].head() == size
    assert [reply.manifest for reply in second.replies] == [reply.manifest for reply in first.replies]


def test_what_comes_early_waits_for_what_is_missing(sites: Sites) -> None:
    one, two, three = _note(sites, "一"), _note(sites, "二"), _note(sites, "三")
    early = receive_bytes(sites["province"], three, actor="P101")
    assert (early.outcome, early.missing, early.replies) == ("queued", (1, 2), ())
    assert receive_bytes(sites["province"], three, actor="P101").outcome == "queued"
    assert receive_bytes(sites["province"], one, actor="P101").outcome == "taken"
    (now,) = status(sites["province"])
    assert (now.missing, list(now.queued)) == ((2,), [3])
    last = receive_bytes(sites["province"], two, actor="P101")
    assert (last.outcome, last.followed, len(last.replies)) == ("taken", (3,), 2)
    (now,) = status(sites["province"])
    assert ([item.seq for item in now.received], now.missing, now.queued) == ([1, 2, 3], (), {})
    assert list(check_home(sites["province"])) == []


def test_what_comes_early_waits_up_to_a_bound_for_each_sender(
    sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three, four = (_note(sites, text) for text in "一二三四")
    monkeypatch.setattr("qingyuan.exchange.order.WAITING", len(three) + 10)
    assert receive_bytes(sites["province"], three, actor="P101").outcome == "queued"
    before = sites["province"].head()
    for ask in (
        lambda: receive_bytes(sites["province"], four, actor="P101"),
        lambda: see_head(sites["province"], four, len(four)),  # before the rest of it was sent
    ):
        with pytest.raises(ExchangeError) as refused:
            ask()
        assert refused.value.code == "exchange.too-much-waiting"
    assert sites["province"].head() == before
    assert receive_bytes(sites["province"], three, actor="P101").outcome == "queued"
    for data in (one, two, four):
        assert receive_bytes(sites["province"], data, actor="P101").outcome == "taken"
    assert list(check_home(sites["province"])) == []


def test_a_lost_file_is_made_again_from_the_log(sites: Sites) -> None:
    data = _note(sites)
    _note(sites)
    again = send_again(sites["county"], "province", 1).data
    assert receive_bytes(sites["province"], again, actor="P101").outcome == "taken"
    assert receive_bytes(sites["province"], data, actor="P101").outcome == "repeated"
    with pytest.raises(ExchangeError, match="no bundle 9"):
        send_again(sites["county"], "province", 9)


def test_strangers_and_other_receivers_are_refused(sites: Sites, tmp_path: Path) -> None:
    stranger = Home.open(tmp_path / "stranger", create=True, clock=sites.clock)
    log, package = own_keys(sites["province"])
    add_peer(stranger, "province", title="省院", log=log, package=package, actor="P001")
    data = send(stranger, "suggestion", "province", actor="P001", offline=True).data
    with pytest.raises(ExchangeError, match="introduced"):
        receive_bytes(sites["province"], data, actor="P101")
    with pytest.raises(ExchangeError, match="is for"):
        receive_bytes(stranger_knows(stranger, sites), _note(sites), actor="P001")
    with pytest.raises(ExchangeError, match="no peer called"):
        send(sites["county"], "suggestion", "nobody", actor="P001")
    with pytest.raises(QingyuanError, match="different sites"):
        add_peer(
            sites["county"], "mixed", title="x", log=own_keys(stranger)[0], package=package, actor="P001"
        )
    with pytest.raises(ExchangeError, match="lower-case"):
        add_peer(sites["county"], "省院", title="x", log=log, package=package, actor="P001")
    assert set(peers(sites["county"])) == {"province"}
    stranger.close()


def stranger_knows(stranger: Home, sites: Sites) -> Home:
    log, package = own_keys(sites["county"])
    add_peer(stranger, "county", title="县院", log=log, package=package, actor="P001")
    return stranger


def test_two_bundles_with_one_number_are_both_kept_out_but_the_first(sites: Sites, tmp_path: Path) -> None:
    import shutil

    sites["county"].close()
    shutil.copytree(tmp_path / "county", tmp_path / "rolled-back")
    sites.homes["county"] = Home.open(tmp_path / "county", clock=sites.clock)
    receive_bytes(sites["province"], _note(sites, "甲"), actor="P101")
    with Home.open(tmp_path / "rolled-back", clock=sites.clock) as other:
        forged = send(other, "suggestion", "province", body={"title": "乙"}, actor="P001", offline=True).data
    with pytest.raises(ExchangeError, match="two different bundles"):
        receive_bytes(sites["province"], forged, actor="P101")


def test_bundles_go_over_http_and_receipts_come_back(sites: Sites) -> None:
    with exchange_server(sites["province"], "127.0.0.1", 0, actor="P101") as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.port}"
            outcome, replies = deliver(url, _note(sites))
            assert outcome == "taken"
            receive_bytes(sites["county"], replies[0], actor="P001")
            with pytest.raises(ExchangeError, match="did not take it in"):
                deliver(url, _note(sites)[:-1] + b"x")
        finally:
            server.stop()
            thread.join()
    (now,) = status(sites["county"])
    assert now.sent[0].served_at
    with pytest.raises(ExchangeError, match="cannot be delivered"):
        deliver("http://127.0.0.1:9", b"")
    with pytest.raises(ExchangeError, match="http"):
        deliver("file:///etc/passwd", b"")
