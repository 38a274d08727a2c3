"""What a user's driver program does, with a pause in the middle for the test to kill a worker in."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
import time
from pathlib import Path

from pyspark.sql import SparkSession

from qingyuan.pii.scale.spark import scan_frame
from qingyuan.pii.scale.spill import Spill


def main(master: str, table: str, key: str, folder: str) -> None:
    """Scan the table and print the counts as JSON; say when the first partitions are done."""
    session = (
        SparkSession.builder.appName("test")
        .master(master)
        .config("spark.executor.memory", "512m")
        .config("spark.sql.files.maxPartitionBytes", "60000")
        .config("spark.sql.files.openCostInBytes", "0")
        .config("spark.eventLog.enabled", "true")
        .config("spark.eventLog.dir", Path(folder, "events").as_uri())
        .config("spark.eventLog.compress", "false")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    frame = session.read.parquet(table)
    # Two columns of the same name, as a join leaves them.
    frame = frame.withColumn("again", frame["卡号"]).toDF(*frame.columns, "卡号")

    def watch() -> None:
        tracker = session.sparkContext.statusTracker()
        while True:
            for stage in tracker.getActiveStageIds():
                info = tracker.getStageInfo(stage)
                if info and info.numTasks > 4 and info.numCompletedTasks >= 2:
                    sys.stdout.write("MIDWAY\n")
                    sys.stdout.flush()
                    return
            time.sleep(0.02)

    threading.Thread(target=watch, daemon=True).start()
    found, counts = scan_frame(
        frame, Path(key).read_bytes(), name="table", spill=Spill(Path(folder, "runs"), 4)
    )
    session.stop()
    answer = {
        "kinds": {kind: dataclasses.asdict(count) for kind, count in found.kinds.items()},
        "records": dataclasses.asdict(found.records),
        "columns": [(c.column, c.kind, c.score) for c in found.columns],
        "tallies": [(t.kind, t.state, t.masked, t.count, t.distinct) for t in found.tallies],
        "persons": dataclasses.asdict(counts.persons),
        "readings": [dataclasses.asdict(reading) for reading in counts.readings],
    }
    sys.stdout.write(f"ANSWER {json.dumps(answer)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
