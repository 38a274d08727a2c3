"""``qingyuan scan`` and ``qingyuan warm``: look for personal information and keep nothing."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qingyuan.bounded import read_whole
from qingyuan.cli._app import Out, common
from qingyuan.cli._counts import Seen, closer_look, closer_options, wanted
from qingyuan.cli._databases import PathOrUrl, Url, scan_database
from qingyuan.cli._found import print_kinds, print_persons, print_readings, print_unread, unread_json
from qingyuan.cli._reports import check_report, say_profile, write_scan_report
from qingyuan.cli._scanner import compiled
from qingyuan.errors import QingyuanError
from qingyuan.office.collect import MAX_FILE_BYTES, Found, Limits, Refused, walk

if TYPE_CHECKING:
    import pyarrow as pa

    from qingyuan.office.bulk import BulkProgress
    from qingyuan.pii.engine import Summary
    from qingyuan.pii.model import FileScan
    from qingyuan.pii.profiles import Profile

#: Material of this size, or so many files, is scanned in several processes.
_MUCH_BYTES = 256 << 20
_MUCH_FILES = 2000
#: Seconds between two lines of progress where no terminal shows a living one.
_EVERY_SECONDS = 10.0
_STAGES = {"scan": ("扫描", "scanning"), "settle": ("复核", "settling"), "count": ("计数", "counting")}


@click.command()
@click.argument("paths", nargs=-1, required=True, type=PathOrUrl(path_type=Path))
@click.option(
    "--hits",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="逐处结果 .jsonl 或 .parquet | every hit",
)
@click.option(
    "--out",
    "findings_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="发现 .jsonl 或 .parquet | findings",
)
@click.option(
    "--token-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="令牌密钥文件（至少 32 字节） | key of the tokens",
)
@click.option(
    "--max-file-bytes",
    type=click.IntRange(min=1),
    default=MAX_FILE_BYTES,
    help="单个文件上限 | largest file read",
)
@click.option("--allow-sparse", is_flag=True, help="读取稀疏文件 | read sparse files")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=None,
    help="扫描进程数 | scanning processes; by default one, and all cores for much material",
)
@click.option(
    "--resume",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="续扫文件夹：中断后以相同参数重新运行即可接续 | folder from which a killed scan of the same paths goes on",
)
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    default=None,
    help="数据库每表抽取的行数 | rows of each database table",
)
@click.option("--seed", type=int, default=0, help="抽样种子 | seed of the sample")
@click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="报告 .html 或 .pdf | report",
)
@click.option(
    "--profile", "profile_name", default=None, help="自查方案，如 enterprise | list of what must be fixed"
)
@closer_options
@common
def scan(
    paths: tuple[Path | Url, ...],
    hits: Path | None,
    findings_file: Path | None,
    token_key: Path | None,
    max_file_bytes: int,
    allow_sparse: bool,
    jobs: int | None,
    resume: Path | None,
    sample: int | None,
    seed: int,
    report_file: Path | None,
    profile_name: str | None,
    waybills: bool | None,
    ages: bool | None,
    on: str | None,
    sampled: bool,
    out: Out,
) -> None:
    """只扫描个人信息，不留存 | Scan PATHS; nothing is sealed, registered or kept."""
    from qingyuan.pii.profiles import profile  # noqa: PLC0415 - heavy

    for target in (hits, findings_file):
        _check_suffix(target)
    check_report(report_file)
    chosen = None if profile_name is None else profile(profile_name)
    closer_wanted = wanted(waybills, ages, on, sampled=sampled)
    compiled(out)
    began = time.perf_counter()
    key = read_whole(token_key) if token_key else user_key()
    files = tuple(path for path in paths if not isinstance(path, Url))
    live = [scan_database(url, sample, seed, key) for url in paths if isinstance(url, Url)]
    if not live and not any(path.exists() or path.is_symlink() for path in files):
        raise QingyuanError(
            "cli.nothing-to-scan",
            zh="路径不存在",
            en="there is nothing at these paths",
            where="、".join(map(str, paths)),
            remedy_zh="请给出存在的文件或目录",
            remedy_en="give files or folders that exist",
        )
    limits = Limits(max_file_bytes, allow_sparse)

    def closer() -> Seen:
        return closer_look(closer_wanted, files, limits, key, live=bool(live))

    asked = _Asked(hits, findings_file, report_file, chosen, closer)
    # A profile looks at the hits of each file, which only a scan in this process keeps beside it.
    jobs = 0 if live or chosen else jobs or _jobs_for(files, limits, resume)
    if jobs:
        with _in_parts(files, limits, key, jobs, resume, hits is not None, out) as found:
            _tell(found, asked, began, out)
    else:
        _tell(_at_once(files, limits, key, keep=bool(hits or chosen), live=live), asked, began, out)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The files that were asked for, the profile, and what looks at waybills and ages."""

    hits: Path | None
    findings: Path | None
    report: Path | None
    chosen: Profile | None
    closer: Callable[[], Seen]


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What was found: all files together, and those that were not taken; single files and hits when asked for."""

    summary: Summary
    refused: Sequence[Refused]
    scans: Callable[[], Iterable[FileScan]]
    tables: Callable[[], Iterable[pa.Table]]
    key: bytes = field(repr=False)


def _jobs_for(paths: tuple[Path, ...], limits: Limits, resume: Path | None) -> int:
    """Return the processes to use: none but this one unless there is much to scan."""
    files = [one.size for one in walk(paths, limits) if isinstance(one, Found)]
    if resume is None and sum(files) < _MUCH_BYTES and len(files) < _MUCH_FILES:
        return 0
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _at_once(
    paths: tuple[Path, ...], limits: Limits, key: bytes, *, keep: bool, live: Sequence[FileScan]
) -> _Gathered:
    """Scan in this process; ``live`` tables were scanned before."""
    from qingyuan.pii import engine  # noqa: PLC0415 - heavy

    scans = list(live)
    refused: list[Refused] = []
    for one in _scans(paths, limits, key, keep=keep):
        if isinstance(one, Refused):
            refused.append(one)
        else:
            scans.append(one)
    return _Gathered(engine.merge(scans), refused, lambda: scans, lambda: (one.hits for one in scans), key)


@contextmanager
def _in_parts(
    paths: tuple[Path, ...], limits: Limits, key: bytes, jobs: int, resume: Path | None, keep: bool, out: Out
) -> Iterator[_Gathered]:
    """Scan in other processes, part by part."""
    from qingyuan.office.bulk import bulk_scan  # noqa: PLC0415 - heavy

    with ExitStack() as stack:
        folder = resume or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qingyuan-"))) / "scan"
        found = stack.enter_context(
            bulk_scan(paths, key, folder=folder, jobs=jobs, limits=limits, hits=keep, report=reporter(out))
        )
        if found.resumed:
            out.note(
                f"接续先前的扫描：{found.resumed} 个部分此前已完成",
                f"went on: {found.resumed} parts were done before",
            )
        yield _Gathered(found.summary, found.refused, found.scans, found.hits, key)


def reporter(out: Out) -> Callable[[BulkProgress], None]:
    """Return what shows progress on standard error: a living line on a terminal, else a line now and then."""
    living = sys.stderr.isatty()
    next_at = [0.0]

    def report(progress: BulkProgress) -> None:
        finished = progress.done == progress.total
        if progress.stage == "plan" or (not finished and progress.seconds < next_at[0]):
            return
        next_at[0] = progress.seconds + (0.2 if living else _EVERY_SECONDS)
        left = progress.left
        remaining = "" if left is None else out.t(f"，剩余 {left:.0f} 秒", f", {left:.0f} s left")
        speed = f"{progress.speed / 1e6:.0f} MB/s"
        zh, en = _STAGES[progress.stage]
        line = (
            f"{out.t(zh, en)} {progress.bytes_done / 1e6:,.0f}/{progress.bytes_total / 1e6:,.0f} MB  "
            f"{progress.records:,} {out.t('条', 'records')}  {speed}{remaining}"
        )
        click.echo(f"\r{line}    " if living else line, err=True, nl=not living or finished)

    return report if living or not out.json else lambda _: None


def _tell(found: _Gathered, asked: _Asked, began: float, out: Out) -> None:
    """Write the files that were asked for and say what was found."""
    import dataclasses  # noqa: PLC0415 - only here

    from qingyuan.law import load  # noqa: PLC0415 - heavy
    from qingyuan.office.readings import readings_of  # noqa: PLC0415 - heavy

    if asked.hits is not None:
        from qingyuan.pii.hits import write_hits  # noqa: PLC0415 - heavy
        from qingyuan.pii.recheck import key_id  # noqa: PLC0415 - heavy

        write_hits(asked.hits, found.tables(), key_id(found.key))
    if asked.findings is not None:
        _write_findings(asked.findings, found.scans())
    summary = found.summary
    refused = list(found.refused)
    unread = refused + [
        Refused(name, u.code, u.zh, u.en, u.remedy_zh, u.remedy_en, u.member) for name, u in summary.unread
    ]
    readings = readings_of(summary, load(), None)
    if asked.chosen is not None:
        say_profile(asked.chosen, list(found.scans()), unread, asked.report, out)
        return
    seen = asked.closer()
    if asked.report is not None:
        write_scan_report(
            asked.report, list(found.scans()), summary, readings, unread, out, seen.parts(out.lang)
        )
    kinds = {kind: dataclasses.asdict(count) for kind, count in summary.kinds.items()}
    persons = dataclasses.asdict(summary.persons)
    out.result(
        {
            "files": [
                {
                    "file": one.file,
                    "status": _status(one),
                    "reason": "；".join(u.zh for u in one.unread) or None,
                }
                for one in found.scans()
            ]
            + [{"file": r.path, "status": "refused", "reason": r.zh} for r in refused],
            "kinds": kinds,
            "persons": persons,
            "records": dataclasses.asdict(summary.records),
            "thresholds": [
                {
                    "reading": r.id,
                    "zh": r.zh,
                    "en": r.en,
                    "sensitive": r.sensitive,
                    "important": r.important,
                    "general": r.general,
                    "unit": r.unit,
                    "serious": r.threshold.serious,
                    "especially_serious": r.threshold.especially_serious,
                    "ratio": r.threshold.ratio,
                    "basis": [step.zh for step in r.threshold.basis],
                }
                for r in readings
            ],
            "columns": [dataclasses.asdict(column) for column in summary.columns],
            "unread": [unread_json(r) for r in unread],
            "counts": [dataclasses.asdict(count) for count in summary.counts],
            **seen.json(),
            "seconds": round(time.perf_counter() - began, 3),
            "bytes": summary.bytes,
        }
    )
    print_kinds(kinds, out)
    print_persons(persons, dataclasses.asdict(summary.records), out)
    print_readings(readings, out)
    seen.print(out)
    print_unread(unread, out)


def _scans(
    paths: tuple[Path, ...], limits: Limits, key: bytes, *, keep: bool
) -> Iterator[FileScan | Refused]:
    from qingyuan.evidence import EvidenceError  # noqa: PLC0415 - heavy
    from qingyuan.evidence.sources import open_source  # noqa: PLC0415 - heavy
    from qingyuan.pii import engine, readers  # noqa: PLC0415 - heavy

    for one in walk(paths, limits):
        if isinstance(one, Found):
            try:
                with open_source(Path(one.path)) as source:
                    yield engine.scan(
                        readers.read(source.stream, one.path, readers.Limits()), key, one.path, hits=keep
                    )
            except EvidenceError as error:
                yield Refused(one.path, error.code, error.zh, error.en, error.remedy_zh, error.remedy_en)
        else:
            yield one


def _status(one: FileScan) -> str:
    if not one.unread:
        return "read"
    return "partial" if one.cells else "unread"


def user_key() -> bytes:
    """Return this user's own token key, made when there is none, so that two scans can be compared."""
    from qingyuan.office.keys.kek import key_folder  # noqa: PLC0415 - heavy

    path = key_folder().parent / "scan.key"
    if path.exists():
        return read_whole(path)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = os.urandom(32)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
    return key


def _check_suffix(target: Path | None) -> None:
    if target is not None and target.suffix not in {".jsonl", ".parquet"}:
        raise QingyuanError(
            "cli.suffix",
            zh="只能写 .jsonl 或 .parquet",
            en="only .jsonl and .parquet can be written",
            where=str(target),
            remedy_zh="请更改文件后缀",
            remedy_en="change the suffix",
        )


def _write_findings(target: Path, scans: Iterable[FileScan]) -> None:
    from qingyuan.findings import to_arrow, to_jsonl  # noqa: PLC0415 - heavy
    from qingyuan.pii.report import to_findings  # noqa: PLC0415 - heavy

    findings = [finding for one in scans for finding in to_findings(one)]
    if target.suffix == ".jsonl":
        target.write_bytes(to_jsonl(findings))
        return
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

    pq.write_table(to_arrow(findings), target)


@click.command()
@common
def warm(out: Out) -> None:
    """预编译扫描内核 | Compile the scanner's kernels once for this installation."""
    from qingyuan.ledger import quicken  # noqa: PLC0415
    from qingyuan.pii import engine, readers  # noqa: PLC0415 - heavy

    began = time.perf_counter()
    compiled(out)
    engine.warm()
    quicken()
    del readers
    seconds = time.perf_counter() - began
    out.result({"seconds": round(seconds, 2)})
    out.say(f"扫描内核就绪（{seconds:.1f} 秒）", f"the scanner is ready ({seconds:.1f} s)")
