"""From paths to tasks: small files together, big texts in parts, everything else one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qingyuan.evidence import EvidenceError
from qingyuan.evidence.sources import open_source
from qingyuan.office.bulk.state import Plan, Task, bits_for
from qingyuan.office.collect import Found, Limits, Refused, walk
from qingyuan.office.errors import OfficeError
from qingyuan.office.scanning import GROUP_BYTES, GROUP_FILES, SMALL_BYTES

if TYPE_CHECKING:
    from qingyuan.pii.scale.splits import Split


def make_plan(paths: Sequence[Path], limits: Limits, *, hits: bool, part_bytes: int) -> Plan:
    """Look at everything below the paths and say what is to be done.

    Args:
        paths: Files and folders.
        limits: How much to take.
        hits: Whether every hit is kept.
        part_bytes: About how many bytes of a big text make a part.
    """
    from qingyuan.pii.engine import ENGINE  # noqa: PLC0415 - heavy

    files: list[Found] = []
    refused: list[Refused] = []
    for one in walk(paths, limits):
        if isinstance(one, Found):
            files.append(one)
        else:
            refused.append(one)
    tasks = tuple(_tasks(files, part_bytes))
    size = sum(file.size for file in files)
    given = tuple(map(str, paths))
    return Plan(ENGINE, given, hits, tuple(files), tuple(refused), tasks, bits_for(size))


def _tasks(files: Sequence[Found], part_bytes: int) -> Iterator[Task]:
    """Yield the work in the order of the files."""
    group: list[Found] = []
    for number, file in enumerate(files):
        if file.size <= min(SMALL_BYTES, part_bytes):
            if len(group) >= GROUP_FILES or sum(one.size for one in group) + file.size > GROUP_BYTES:
                yield _whole(number, group)
                group = []
            group.append(file)
            continue
        if group:
            yield _whole(number, group)
            group = []
        yield from _parts(number, file, part_bytes)
    if group:
        yield _whole(len(files), group)


def _whole(number: int, group: Sequence[Found]) -> Task:
    return Task(f"g{number:08}", tuple(file.path for file in group), sum(file.size for file in group))


def _parts(number: int, file: Found, part_bytes: int) -> Iterator[Task]:
    from qingyuan.pii.scale.splits import plan_splits  # noqa: PLC0415 - heavy

    splits: tuple[Split, ...] = ()
    if file.size >= 2 * part_bytes:
        try:
            with open_source(Path(file.path)) as source:
                splits = plan_splits(source.stream, file.path, part_bytes=part_bytes)
        except EvidenceError:
            pass  # said when it is scanned
    if not splits:
        yield Task(f"f{number:08}", (file.path,), file.size)
    for at, split in enumerate(splits):
        yield Task(f"f{number:08}-{at:05}", (file.path,), split.end - split.start, split)


def check_same(plan: Plan, paths: Sequence[Path], *, hits: bool, folder: Path) -> None:
    """See that a plan found in a folder is that of this scan, and that its files are as they were.

    Raises:
        OfficeError: It is another scan's, or a file changed.
    """
    from qingyuan.pii.engine import ENGINE  # noqa: PLC0415 - heavy

    if (plan.engine, plan.paths, plan.hits) != (ENGINE, tuple(map(str, paths)), hits):
        raise OfficeError(
            "office.bulk-other",
            zh="该文件夹属于另一次扫描（路径、选项或版本不同）",
            en="this folder belongs to another scan (other paths, options or version)",
            where=str(folder),
            remedy_zh="请以原来的路径和选项续扫，或者换一个空文件夹",
            remedy_en="go on with the same paths and options, or use another, empty folder",
        )
    for file in plan.files:
        try:
            status = Path(file.path).lstat()
            same = (status.st_size, status.st_mtime_ns) == (file.size, file.mtime_ns)
        except OSError:
            same = False
        if not same:
            raise OfficeError(
                "office.bulk-changed",
                zh="扫描中断后文件有变化，不能续扫",
                en="a file changed after the scan was interrupted; it cannot go on",
                where=file.path,
                remedy_zh="请清空续扫文件夹后重新扫描",
                remedy_en="empty the folder and scan anew",
            )
