"""Province, city, county and court, each a process of its own, exchange a matter over HTTP and by file; a fifth one witnesses.

Everything is done with the commands a user types, and every answer is read from what they print.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from qingyuan.exchange import ExchangeError
from qingyuan.office.casework import act, load
from qingyuan.office.exchange import add_peer
from qingyuan.office.exchange.http import deliver
from qingyuan.office.exchange.peers import own_keys
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.intake import intake
from qingyuan.office.recognition.witness_folder import WitnessFolder
from qingyuan.office.sealing import Collector, Sealer
from tests import warm
from tests.cases._world import ACTOR, moment
from tests.office.exchange.sites import OFFICES
from tests.office.recognition.recognising import vkeys
from tests.office.register.playing import Player, steps
from tests.office.running import material, told

TODAY = date(2026, 5, 6)
CLOCK = moment(TODAY).isoformat()
ORGAN = OfficeInfo("postal", "清州市邮政管理局", "330782", "county")
SERVED = ("province", "city", "county", "court")


class Sealing(Player):
    """A player whose exhibits are sealed files, so that they can be sent."""

    def __init__(self, path: Path, office: OfficeInfo) -> None:
        super().__init__(path)
        self.home.close()
        self.home = Home.open(path.with_name(office.id), create=True, office=office, clock=self.clock)
        self._sealed: dict[str, str] = {}
        self._folder = path.parent

    def tell(self, told_steps: Sequence[Mapping[str, Any]]) -> None:
        for step in told_steps:
            self.on(step["at"])
            for name in step.get("seal", ()):
                self._seal(name, step["into"])
            if "do" in step:
                self.do(step["do"], self._mapped(step.get("with", {})), step.get("by", ACTOR))

    def _seal(self, name: str, into: str) -> None:
        if name in self._sealed:
            return
        path = self._folder / f"{name}.txt"
        path.write_text(f"面单照片 {name}\n", encoding="utf-8")
        sealer = Sealer(self.home, into, Collector(by=ACTOR))
        kept = sealer.keep([sealer.file(path, path.name)])
        with self.home.database.write() as connection:
            (row,) = sealer.record(connection, kept)
        self._sealed[name] = row.id

    def _mapped(self, given: Any) -> Any:
        if isinstance(given, Mapping):
            return {name: self._mapped(value) for name, value in given.items()}
        if isinstance(given, list):
            return [self._mapped(value) for value in given]
        return self._sealed.get(given, given) if isinstance(given, str) else given


def _environment() -> dict[str, str]:
    return {**os.environ, "QINGYUAN_CLOCK": CLOCK}


def run(*words: object, code: int = 0) -> Any:
    done = warm.run(*words, "--json", env=_environment())
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


@contextlib.contextmanager
def _process(*words: object) -> Iterator[dict[str, str]]:
    """Run a command that serves, give what it printed first, and end it as a service manager does."""
    with warm.start(*words, "--port", 0, "--json", stdout=subprocess.PIPE, env=_environment()) as process:
        try:
            yield told(process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=600)
    assert process.returncode == 0


@pytest.fixture
def offices(tmp_path: Path) -> dict[str, Path]:
    """Five homes that know each other's keys: a lead to be transferred, a suggestion to be served, a suit that was filed."""
    city = Sealing(tmp_path / "unused", OFFICES["city"])
    common = [*steps("opened")]
    own = [[*steps(story)][len(common) :] for story in ("suggested", "sued-civil")]
    city.tell(common)
    city.tell(sorted((step for steps_ in own for step in steps_), key=lambda step: step["at"]))
    city.on(TODAY)
    homes = {"city": city.home}
    for name, office in {**OFFICES, "organ": ORGAN}.items():
        if name != "city":
            homes[name] = Home.open(tmp_path / name, create=True, office=office, clock=city.clock)
    for name, home in homes.items():
        for other, theirs in homes.items():
            if other != name:
                log, package = own_keys(theirs)
                add_peer(
                    home, other, title=theirs.settings.office.name, log=log, package=package, actor="P001"
                )
    county = homes["county"]
    lead = intake(county, [material(tmp_path / "material", 2)], workers=0).lead
    assessed = {"authenticity": "属实", "investigability": "可查", "conclusion": "transfer"}
    act(county, "lead-assess", lead, assessed, actor="P001")
    transfer: dict[str, str | bool] = {"to": "浙江省人民检察院", "reason": "跨市", "upward": True}
    act(county, "lead-transfer", lead, transfer, actor="P001")
    for home in homes.values():
        home.publish()
        home.close()
    return {name: home.path for name, home in homes.items()}


@contextlib.contextmanager
def _witness(folder: Path, homes: Mapping[str, Path]) -> Iterator[None]:
    """Run a notary whose witness knows every log, and name it in the policy of every home."""
    WitnessFolder.create(folder / "witness", "witness.notary.example")
    config = folder / "witness" / "witness.yaml"
    found = yaml.safe_load(config.read_bytes())
    found["logs"] = [
        {"vkey": vkey, "suite": suite}
        for home in homes.values()
        for vkey, suite in zip(vkeys(home), ("sha256", "sm3"), strict=True)
    ]
    config.write_text(yaml.safe_dump(found, width=10_000), encoding="utf-8")
    with _process("ledger", "serve", "--home", homes["county"], "--witness", folder / "witness") as said:
        key = found["vkeys"][0]
        text = f"witness notary {key} {said['url']}/witness\ngroup neutral 1 notary\nquorum neutral\n"
        for home in homes.values():
            (home / "policy.txt").write_text(text, encoding="utf-8")
        yield


def _sent(home: Path, peer: str, seq: int) -> dict[str, Any]:
    (one,) = [each for each in run("exchange", "status", "--home", home) if each["peer"] == peer]
    (item,) = [each for each in one["sent"] if each["seq"] == seq]
    return dict(item)


@pytest.mark.slow
def test_three_sites_and_a_court_exchange_a_matter_over_http_and_by_file(
    tmp_path: Path, offices: dict[str, Path]
) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(_witness(tmp_path, offices))
        url = {
            name: stack.enter_context(_process("exchange", "serve", "--home", offices[name]))["address"]
            for name in SERVED
        }
        # Over HTTP: the county reports a lead to the province; the receipt comes back with the time of a witness.
        up = run("exchange", "send", "lead", "province", "--record", "L2026-0001", "--url", url["province"], "--home", offices["county"])  # fmt: skip
        assert (up["outcome"], up["receipts"]) == ("taken", 1)
        item = _sent(offices["county"], "province", 1)
        assert (item["served_at"], item["witnessed"], item["record"]) == (CLOCK, True, "L2026-0001")
        # Over HTTP: the city sends its suit with the package of the exhibits to the court.
        suit = run("exchange", "send", "filing", "court", "--record", "C2026-0002", "--url", url["court"], "--home", offices["city"])  # fmt: skip
        assert (suit["outcome"], suit["receipts"]) == ("taken", 1)
        assert _sent(offices["city"], "court", 1)["witnessed"] is True
        # By file: the city's suggestion reaches the organ, its receipt serves it, its reply comes back.
        paper = tmp_path / "suggestion.qyx"
        run("exchange", "send", "suggestion", "organ", "--record", "C2026-0001", "-o", paper, "--home", offices["city"])  # fmt: skip
        (receipt,) = run("exchange", "receive", paper, "--receipts", tmp_path / "out", "--home", offices["organ"])["receipts"]  # fmt: skip
        assert run("exchange", "receive", receipt, "--home", offices["city"])["record"] == "C2026-0001"
        (tmp_path / "回复函.txt").write_text("已完成整改\n", encoding="utf-8")
        reply = run(
            "exchange", "send", "reply", "city", "--your-ref", "C2026-0001", "--say", "accepted=采纳", "--say", "summary=已完成整改",
            "--file", tmp_path / "回复函.txt", "--url", url["city"], "--home", offices["organ"],
        )  # fmt: skip
        assert (reply["outcome"], reply["receipts"]) == ("taken", 1)
        # One altered byte is refused by whoever serves; nothing of it is kept.
        note = tmp_path / "note.qyx"
        run("exchange", "send", "suggestion", "court", "--say", "title=一", "-o", note, "--home", offices["province"])  # fmt: skip
        wrong = bytearray(note.read_bytes())
        wrong[len(wrong) // 2] ^= 1
        with pytest.raises(ExchangeError, match="did not take it in"):
            deliver(url["court"], bytes(wrong))
        # The second comes before the first: it waits; then both are taken, and a repetition changes nothing.
        second = tmp_path / "second.qyx"
        run("exchange", "send", "suggestion", "court", "--say", "title=二", "-o", second, "--home", offices["province"])  # fmt: skip
        assert deliver(url["court"], second.read_bytes()) == ("queued", ())
        outcome, receipts = deliver(url["court"], note.read_bytes())
        assert (outcome, len(receipts)) == ("taken", 2)
        outcome, same = deliver(url["court"], note.read_bytes())
        assert (outcome, len(same)) == ("repeated", 1)
    for name, path in offices.items():
        assert run("ledger", "fsck", "--home", path)["ok"] is True, name
    _hold(offices)


def _hold(offices: Mapping[str, Path]) -> None:
    """What every site holds in the end."""
    with Home.open(offices["city"]) as city:
        case = load(city, "C2026-0001").docket.cases["C2026-0001"]
        assert (case.suggestion_served_on, case.replied_on, case.stage) == (TODAY, TODAY, "replied")
    with Home.open(offices["province"]) as province:
        docket = load(province, "L2026-0001").docket
        assert docket.leads["L2026-0001"].registered.source == "referral"
        assert len(docket.exhibits) == 1
    with Home.open(offices["court"]) as court, court.database.read() as connection:
        from qingyuan.office.exchange.state import read_status, stream_of
        from qingyuan.store.registry import exhibits

        assert [item.kind for item in read_status(connection, "city").received] == ["filing"]
        names = [row.path for row in exhibits(connection, [stream_of("city")])]
        assert any(name.endswith(".evp") for name in names), names
        assert [item.seq for item in read_status(connection, "province").received] == [1, 2]
