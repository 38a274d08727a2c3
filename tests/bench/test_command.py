"""``python -m bench``: its list, one real run, and what it does when a benchmark cannot run."""

from __future__ import annotations

import importlib
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench._harness import Context, Row, SkippedError
from bench._machine import describe
from bench._material import prose, waybill_csv

from bench import __main__ as command

ROOT = Path(__file__).parents[2]


def test_the_list_names_every_benchmark_and_every_benchmark_can_be_imported(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command.main(["--list"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == list(command.BENCHES)
    for name in listed:
        assert callable(importlib.import_module(f"bench.{name}").run)
    modules = {path.stem for path in (ROOT / "bench").glob("[a-z]*.py")}
    assert set(listed) == modules


def test_the_document_explains_every_benchmark() -> None:
    text = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert [name for name in command.BENCHES if f"`{name}`" not in text] == []


def test_a_quick_run_prints_the_table_and_writes_the_same_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.json"
    assert command.main(["start", "--quick", "--json", str(file), "--dir", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    found = json.loads(file.read_text(encoding="utf-8"))
    assert list(found["rows"]) == ["start"]
    for row in found["rows"]["start"]:
        assert row["figure"] > 0
        assert row["ratio"] == pytest.approx(row["figure"] / row["against_figure"])
        assert row["what"] in printed
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["strat"]) == 2
    assert "strat" in capsys.readouterr().err


def test_a_benchmark_that_cannot_run_is_named_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(name: str, folder: Path, *, quick: bool) -> Iterator[Row]:
        if name == "intake":
            raise SkippedError("exit code 2: no such command")
        yield Row(f"{name} {quick}", 1.0, "s")
        if name == "ledger":
            raise ZeroDivisionError("of our own making")

    monkeypatch.setattr(command, "run", run)
    assert command.main(["intake", "law", "start", "--dir", str(tmp_path)]) == 2
    assert command.main(["intake", "ledger", "start", "--markdown", "--dir", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert "| start False | 1.00 s | — | — | — | 1 |" in out
    assert "| ledger False | 1.00 s | — | — | — | 1 |" in out  # what it found before
    assert "skipped intake: exit code 2: no such command" in err
    assert "skipped ledger: defect: ZeroDivisionError: of our own making" in err
    assert "Traceback" in err


def test_a_module_that_is_missing_is_a_reason_to_skip(tmp_path: Path) -> None:
    with pytest.raises(SkippedError, match="nothing_of_the_kind"):
        list(command.run("nothing_of_the_kind", tmp_path, quick=True))


def test_the_machine_is_described_without_names_of_hosts_or_folders(tmp_path: Path) -> None:
    import socket
    from datetime import date

    facts = describe(tmp_path, date(2026, 7, 1))
    assert facts["date"] == "2026-07-01"
    assert re.match(r"\d+ × \S", facts["cpu"])
    every = " ".join(facts.values())
    assert str(tmp_path) not in every
    assert socket.gethostname() not in every


def test_the_material_is_the_same_every_time_and_dense() -> None:
    data = waybill_csv(1_000)
    waybill_csv.cache_clear()
    assert waybill_csv(1_000) == data
    lines = data.decode().splitlines()
    assert len(lines) == 1_001
    assert len(re.findall(rb"(?<!\d)1[3-9]\d{9}(?!\d)", data)) > 500


def test_the_prose_is_sparse_and_its_identity_numbers_pass_their_check() -> None:
    text = prose(200_000)
    assert math.isclose(len(text), 200_000, rel_tol=0.1)
    found = re.findall(r"\d{17}[\dX]", text.decode())
    assert 2 < len(found) < len(text.splitlines()) / 50
    weights = [2 ** (17 - at) % 11 for at in range(17)]
    for number in found:
        rest = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11
        assert number[17] == "10X98765432"[rest]


def test_a_context_keeps_each_benchmark_in_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "start").mkdir()
    with pytest.raises(FileExistsError):
        list(command.run("start", tmp_path, quick=True))
    assert Context(tmp_path, quick=True).folder == tmp_path
