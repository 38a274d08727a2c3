"""``qingyuan backup`` and ``qingyuan restore``."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from qingyuan.cli._app import Out, common, home_option

#: Tables of the web whose rows are worth nothing in a backup: sessions, half-done ceremonies, counts, unsealed uploads.
_VOLATILE = ("session", "ceremony", "attempt", "upload", "job")


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@home_option
@common
def backup(target: Path, home: Path, out: Out) -> None:
    """备份到新目录，服务可继续运行 | Back a home up into a new folder; servers may go on."""
    from qingyuan.office.backup import backup as make  # noqa: PLC0415 - opens the store

    manifest = make(home, target, volatile=_VOLATILE)
    size = sum(file.size for file in manifest.files)
    out.result(
        {
            "path": str(target),
            "home": manifest.home,
            "at": manifest.at,
            "entries": manifest.size,
            "files": len(manifest.files),
            "bytes": size,
            "missing": list(manifest.missing),
        }
    )
    out.say(
        f"已备份：账本 {manifest.size} 条，文件 {len(manifest.files)} 个，{size:,} 字节",
        f"backed up: {manifest.size} log entries, {len(manifest.files)} files, {size:,} bytes",
    )
    out.say(
        "打开密钥环的口令或密钥文件不在备份中，须另行保管",
        "the passphrase or key file that opens the keyring is not in it: keep that elsewhere",
    )


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--database", default="", help="空的 PostgreSQL 数据库 URL | URL of an empty PostgreSQL database"
)
@click.option(
    "--blobs",
    default="",
    help="封存文件的另一对象存储 | another bucket of sealed files, for a home that has one",
)
@click.option(
    "--over", is_flag=True, help="替换同一工作目录，原目录移到旁边 | put aside the home that stands there"
)
@home_option
@common
def restore(source: Path, database: str, blobs: str, over: bool, home: Path, out: Out) -> None:
    """由备份恢复并全面核对 | Make a home from a backup, and check all of it; exit code 1 when something is wrong."""
    from qingyuan.office.backup import restore as make  # noqa: PLC0415 - opens the store
    from qingyuan.web.state import METADATA  # noqa: PLC0415 - only this command needs it

    done = make(source, home, database=database, blobs=blobs, over=over, more=(METADATA,))
    out.result(
        {
            "home": str(home),
            "entries": done.manifest.size,
            "made": done.manifest.at,
            "ok": not done.troubles and done.stop is None,
            "problems": [msgspec.to_builtins(one) for one in done.troubles],
            "stopped": None if done.stop is None else msgspec.to_builtins(done.stop),
            "replaced": None if done.replaced is None else str(done.replaced),
        }
    )
    out.say(
        f"已恢复：账本 {done.manifest.size} 条，备份于 {done.manifest.at}",
        f"restored: {done.manifest.size} log entries, backed up at {done.manifest.at}",
    )
    for one in done.troubles:
        out.say(f"{one.where}：{one.zh}", f"{one.where}: {one.en}")
    if done.stop is not None:
        out.say(
            f"此前公布过 {done.stop.claimed} 条，备份只有 {done.stop.size} 条：账本已停止写入；见 qingyuan ledger stop-status",
            f"{done.stop.claimed} entries were published before and the backup holds {done.stop.size}: "
            "the log is stopped; see qingyuan ledger stop-status",
        )
    if done.troubles or done.stop is not None:
        sys.exit(1)
