"""``qingyuan spark``: scan a table on an Apache Spark cluster."""

from __future__ import annotations

import dataclasses
import os
import sys
import tempfile
import time
from pathlib import Path

import click

from qingyuan.bounded import read_whole
from qingyuan.cli._app import Out, common
from qingyuan.cli._found import print_kinds, print_persons, print_readings
from qingyuan.errors import QingyuanError

#: Kept small, so that a lost worker costs little.
_MAX_PARTITION_BYTES = 64 << 20


@click.command()
@click.argument("paths", nargs=-1, required=True)
@click.option(
    "--master", default=None, help="集群地址，缺省由 spark-submit 给出 | the cluster, e.g. spark://host:7077"
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["parquet", "csv", "json", "orc"]),
    default="parquet",
    help="文件格式 | format of the files",
)
@click.option(
    "--token-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="令牌密钥文件（至少 32 字节） | key of the tokens",
)
@click.option(
    "--scratch",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="本机临时目录 | folder for the counts, on this machine",
)
@common
def spark(
    paths: tuple[str, ...], master: str | None, form: str, token_key: Path, scratch: Path | None, out: Out
) -> None:
    """在 Spark 集群上扫描表 | Scan the rows below PATHS on a Spark cluster; see docs/spark.md."""
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise QingyuanError(
            "cli.no-spark",
            zh="未安装 Apache Spark 的 Python 包",
            en="the Python package of Apache Spark is not installed",
            remedy_zh="请安装：pip install 'qingyuan[spark]'",
            remedy_en="install it: pip install 'qingyuan[spark]'",
        ) from error
    from qingyuan.law import load  # noqa: PLC0415 - heavy
    from qingyuan.office.readings import readings_of  # noqa: PLC0415 - heavy
    from qingyuan.office.stopping import signals_given_back  # noqa: PLC0415 - only this command
    from qingyuan.pii import engine  # noqa: PLC0415 - heavy
    from qingyuan.pii.scale.spark import scan_frame  # noqa: PLC0415 - heavy
    from qingyuan.pii.scale.spill import Spill  # noqa: PLC0415 - heavy

    began = time.perf_counter()
    if master and master.startswith("local"):
        # The workers are children of this process: they must run the Python that has this package, which need not be
        # the first ``python3`` of PATH. On a cluster the site says which Python its nodes have (docs/spark.md).
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("qingyuan").config(
        "spark.sql.files.maxPartitionBytes", str(_MAX_PARTITION_BYTES)
    )
    with signals_given_back():  # a session of Spark takes the interrupt and keeps it
        session = (builder.master(master) if master else builder).getOrCreate()
        try:
            reader = session.read.option("header", "true") if form == "csv" else session.read
            frame = reader.format(form).load(list(paths))
            with tempfile.TemporaryDirectory(dir=scratch) as folder:
                found, counts = scan_frame(
                    frame,
                    read_whole(token_key),
                    name=", ".join(paths),
                    spill=Spill(Path(folder) / "runs"),
                    jobs=2,
                )
        finally:
            session.stop()
    summary = dataclasses.replace(
        engine.merge([found]), persons=counts.persons, readings=counts.readings, counts=counts.counts()
    )
    readings = readings_of(summary, load(), None)
    kinds = {kind: dataclasses.asdict(count) for kind, count in summary.kinds.items()}
    persons = dataclasses.asdict(summary.persons)
    records = dataclasses.asdict(summary.records)
    out.result(
        {
            "kinds": kinds,
            "persons": persons,
            "records": records,
            "thresholds": readings,
            "columns": [dataclasses.asdict(column) for column in summary.columns],
            "seconds": round(time.perf_counter() - began, 3),
            "bytes": summary.bytes,
        }
    )
    print_kinds(kinds, out)
    print_persons(persons, records, out)
    print_readings(readings, out)
