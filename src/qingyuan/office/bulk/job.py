"""A bulk scan: plan, scan the parts, settle cut files, count; safe to kill and to run again at any moment."""

from __future__ import annotations

import dataclasses
import fcntl
import functools
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from qingyuan.office.bulk import planning
from qingyuan.office.bulk.progress import Meter, Report
from qingyuan.office.bulk.state import Halved, Plan, State, Task
from qingyuan.office.bulk.work import Outcome, Place, crashed_task, records_of, scan_parts
from qingyuan.office.collect import Limits, Refused
from qingyuan.office.errors import OfficeError
from qingyuan.office.summary import together
from qingyuan.office.workers import Crew, prepare

if TYPE_CHECKING:
    import pyarrow as pa

    from qingyuan.pii._decided import Decisions
    from qingyuan.pii.engine import Summary
    from qingyuan.pii.model import FileScan
    from qingyuan.pii.scale.parts import PartNote

#: About how many bytes of a big text make a part.
PART_BYTES = 64 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class BulkResult:
    """What a bulk scan found; the scans of single files are read from its folder as they are asked for.

    Attributes:
        summary: All files together.
        refused: What was not taken.
        resumed: Parts that an earlier run had done.
    """

    summary: Summary
    refused: tuple[Refused, ...]
    resumed: int
    _state: State
    _plan: Plan
    _cut: dict[str, FileScan]

    def scans(self) -> Iterator[FileScan]:
        """Yield the scan of every file, in order, without hits, persons and pieces."""
        seen = set()
        for task in self._plan.tasks:
            if task.split is None:
                for _, note in self._state.parts(task.name):
                    yield from note if isinstance(note, list) else []
            elif task.files[0] not in seen:
                seen.add(task.files[0])
                yield self._cut[task.files[0]]

    def hits(self) -> Iterator[pa.Table]:
        """Yield the tables of hits in the order of the files."""
        import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

        for task in self._plan.tasks:
            for name, _ in self._state.parts(task.name):
                yield pq.read_table(self._state.hits(name))


@contextmanager
def bulk_scan(
    paths: Sequence[Path],
    key: bytes,
    *,
    folder: Path,
    jobs: int,
    limits: Limits | None = None,
    hits: bool = False,
    report: Report = lambda _: None,
    part_bytes: int = PART_BYTES,
) -> Iterator[BulkResult]:
    """Scan in several processes and yield what was found; on leaving, the folder is cleared.

    Args:
        paths: Files and folders.
        key: Token key.
        folder: Where a killed scan of the same paths left its parts, or an empty one.
        jobs: Processes.
        limits: How much to take.
        hits: Whether to keep every hit.
        report: Told how far it is.
        part_bytes: About how many bytes of a big text make a part.

    Raises:
        OfficeError: The folder is another scan's or in use, or a file changed since an interruption.
        PiiError: The key is too short.
        OSError: The disk refused.
    """
    state = State(folder, key)
    with _alone(folder):
        plan = state.load_plan()
        meter = Meter(report, state.lines)
        if plan is None:
            meter.begin("plan", 0, 0)
            plan = planning.make_plan(paths, limits or Limits(), hits=hits, part_bytes=part_bytes)
            state.save_plan(plan)
        else:
            planning.check_same(plan, paths, hits=hits, folder=folder)
        yield _Job(state, plan, key, jobs, meter).run()
        state.remove()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder; another process that asks for it is refused."""
    descriptor = os.open(folder / "notes", os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise OfficeError(
                "office.bulk-busy",
                zh="另一个进程正在使用该续扫文件夹",
                en="another process is using this folder",
                where=str(folder),
                remedy_zh="请等待其结束，或者换一个空文件夹",
                remedy_en="wait for it to end, or use another, empty folder",
            ) from error
        yield
    finally:
        os.close(descriptor)


class _Job:
    """One run."""

    def __init__(self, state: State, plan: Plan, key: bytes, jobs: int, meter: Meter) -> None:
        self._state, self._plan, self._key, self._jobs, self._meter = state, plan, key, jobs, meter
        self._spill = state.spill(plan.bits)
        self._spill.sweep()
        self._resumed = 0

    def run(self) -> BulkResult:
        """Do what is not done, and count; a damaged segment is made anew."""
        from qingyuan.pii.scale.segment import DamagedSegmentError  # noqa: PLC0415 - heavy

        prepare()
        first = True
        while True:
            try:
                self._scan(first=first)
                first = False
                return self._count(self._settle())
            except DamagedSegmentError as damage:
                self._spill.discard(damage.name)
                self._state.forget(damage.name)

    def _scan(self, *, first: bool) -> None:
        tasks = self._plan.tasks
        done = {task.name for task in tasks if self._is_done(task)}
        if first:
            self._resumed = len(done)
        self._meter.begin("scan", len(tasks), sum(task.size for task in tasks))
        for task in tasks:
            if task.name in done:
                notes = [note for _, note in self._state.parts(task.name)]
                self._meter.skip(task.size, sum(map(records_of, notes)))
        # The largest first, so that the processes end together.
        waiting = sorted((task for task in tasks if task.name not in done), key=lambda task: -task.size)
        for outcome in self._crew(None).run(waiting, min(self._jobs, len(waiting))):
            self._meter.step(outcome.size, outcome.records)

    def _is_done(self, task: Task) -> bool:
        return self._state.done(task.name, self._spill, hits=self._plan.hits)

    def _crew(self, decisions: Decisions | None) -> Crew[Task, Outcome]:
        place = Place(str(self._state.folder), self._key, self._plan.bits, self._plan.hits)
        return Crew(
            functools.partial(scan_parts, place=place, decisions=decisions),
            halve=self._halve,
            crashed=functools.partial(crashed_task, place=place),
        )

    def _halve(self, task: Task) -> tuple[Task, Task] | None:
        """Cut a task that brought a process down; its note says what stands for it."""
        if task.split is not None or len(task.files) == 1:
            return None
        half = len(task.files) // 2
        pair = (
            Task(task.name + "a", task.files[:half], task.size // 2),
            Task(task.name + "b", task.files[half:], task.size - task.size // 2),
        )
        self._state.save_note(task.name, Halved((pair[0].name, pair[1].name)))
        return pair

    def _settle(self) -> dict[str, FileScan]:
        """Decide on every cut file as a whole; parts that decided otherwise are scanned again."""
        from qingyuan.pii.scale.parts import add_up, settle  # noqa: PLC0415 - heavy

        cut: dict[str, list[Task]] = {}
        for task in self._plan.tasks:
            if task.split is not None:
                cut.setdefault(task.files[0], []).append(task)
        out = {}
        for path, tasks in cut.items():
            decisions, wrong = settle(self._notes(tasks))
            if wrong:
                self._meter.begin("settle", len(wrong), sum(tasks[n].size for n in wrong))
                again = [tasks[n] for n in wrong]
                for outcome in self._crew(decisions).run(again, min(self._jobs, len(again))):
                    self._meter.step(outcome.size, 0)
            out[path] = add_up(path, self._notes(tasks), decisions, self._spill)
        return out

    def _notes(self, tasks: Sequence[Task]) -> list[PartNote]:
        notes = [note for task in tasks for _, note in self._state.parts(task.name)]
        return [note for note in notes if not isinstance(note, list)]

    def _count(self, cut: dict[str, FileScan]) -> BulkResult:
        from qingyuan.pii import counting, engine  # noqa: PLC0415 - heavy

        self._meter.begin("count", 0, 0)
        sums = []
        files = len(cut)
        unread = [(scan.file, one) for scan in cut.values() for one in scan.unread]
        for task in self._plan.tasks:
            for _, note in self._state.parts(task.name):
                if isinstance(note, list) and note:
                    sums.append(together(note))
                    files += len(note)
                    unread += [(scan.file, one) for scan in note for one in scan.unread]
        summary = engine.merge([*sums, *cut.values()])
        names = [name for task in self._plan.tasks for name, _ in self._state.parts(task.name)]
        counts = self._spill.count(names, jobs=max(1, self._jobs))
        spots = counting.merge([scan.pieces for scan in (*sums, *cut.values())]).spots
        summary = dataclasses.replace(
            summary,
            files=files,
            persons=counts.persons,
            readings=counts.readings,
            counts=counts.counts(spots),
            unread=tuple(unread),
        )
        return BulkResult(summary, self._plan.refused, self._resumed, self._state, self._plan, cut)
