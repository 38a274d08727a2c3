"""A table scanned by two Spark workers counts as on one machine, also when one of them is killed."""

from __future__ import annotations

import base64
import dataclasses
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qingyuan.pii import engine
from qingyuan.pii.arrow import batches_of
from tests.docs.shell import ROOT
from tests.pii.generator import Maker
from tests.pii.spark.cluster import Cluster, cluster, environment

KEY = bytes(range(50, 82))


def write_table(folder: Path) -> pa.Table:
    """Write people over several files; the cards of the last look, by themselves, like what they are not."""
    maker, r = Maker(77), random.Random(77)
    known = [(maker.name(), maker.resident_id(), maker.mobile(), maker.card()) for _ in range(2500)]
    parts = []
    folder.mkdir()
    for number in range(6):
        rows = []
        for _ in range(2000):
            name, identity, mobile, card = r.choice(known)
            rows.append(
                {
                    "姓名": name,
                    "身份证号": identity if r.random() < 0.3 else None,
                    "手机号": mobile if r.random() < 0.7 else maker.masked_mobile(),
                    "卡号": card if r.random() < 0.2 else None,
                    "x1": maker.card() if number == 5 else maker.digits(19),
                    "次数": r.randrange(9),
                }
            )
        parts.append(pa.Table.from_pylist(rows))
        pq.write_table(parts[-1], folder / f"{number}.parquet", row_group_size=500, compression="none")
    return pa.concat_tables(parts)


def one_machine(table: pa.Table) -> dict[str, Any]:
    """Return the answer of this machine, the numbers as text and the cards twice, as the workers see them."""
    whole = table.set_column(5, "次数", table.column("次数").cast(pa.string()))
    whole = whole.append_column("卡号", table.column("卡号")).combine_chunks()
    found = engine.scan(batches_of(whole.to_batches()[0]), KEY, "table", hits=False)
    summary = engine.merge([found])
    answer = {
        "kinds": {kind: dataclasses.asdict(count) for kind, count in found.kinds.items()},
        "records": dataclasses.asdict(found.records),
        "columns": [(c.column, c.kind, c.score) for c in found.columns],
        "tallies": [(t.kind, t.state, t.masked, t.count, t.distinct) for t in found.tallies],
        "persons": dataclasses.asdict(summary.persons),
        "readings": [dataclasses.asdict(reading) for reading in summary.readings],
    }
    decoded: dict[str, Any] = json.loads(json.dumps(answer))
    return decoded


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("spark")) as one:
        yield one


def drive(one: Cluster, folder: Path, *, kill: bool) -> dict[str, Any]:
    (folder / "events").mkdir()
    (folder / "key").write_bytes(KEY)
    process = subprocess.Popen(
        [
            sys.executable, "-m", "tests.pii.spark.driver", one.url, str(folder / "table"), str(folder / "key"),
            str(folder),
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(one.folder), cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().startswith("MIDWAY"), process.communicate()
    if kill:
        one.kill(0)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err[-3000:]
    answer: dict[str, Any] = json.loads(out.split("ANSWER", 1)[1])
    return answer


@pytest.mark.slow
def test_two_workers_count_as_one_machine_and_when_one_is_killed_midway(
    running: Cluster, tmp_path: Path
) -> None:
    table = write_table(tmp_path / "table")
    expected = one_machine(table)
    assert expected["persons"]["distinct"] > 2000
    assert drive(running, tmp_path, kill=True) == expected
    events = b"".join(path.read_bytes() for path in (tmp_path / "events").rglob("*") if path.is_file())
    assert b"mapInArrow" in events or b"MapInArrow" in events
    said = events + b"".join(path.read_bytes() for path in running.folder.rglob("*.log"))
    mobiles = [str(value).encode() for value in table.column("手机号").to_pylist()[:50]]
    for secret in (KEY, KEY.hex().encode(), base64.b64encode(KEY), *mobiles):
        assert secret not in said
