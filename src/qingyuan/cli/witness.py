"""``qingyuan ledger witness``: a witness that runs alone, without a home."""

from __future__ import annotations

from pathlib import Path

import click

from qingyuan.cli._app import Out, common


@click.group()
def witness() -> None:
    """见证方 | A witness for the logs of others (c2sp.org/tlog-witness); needs no home."""


_FOLDER = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


@witness.command()
@_FOLDER
@click.option("--name", required=True, help="名称，如 witness.court.example | name of the witness")
@common
def init(folder: Path, name: str, out: Out) -> None:
    """建立见证方 | Make a witness: its keys, encrypted, and its configuration."""
    from qingyuan.office.recognition.witness_folder import WitnessFolder  # noqa: PLC0415 - the group stays quick

    made = WitnessFolder.create(folder, name)
    out.result({"folder": str(folder), "name": name, "vkeys": list(made.config.vkeys), "logs": []})
    _say_keys(made.config.vkeys, out)
    out.say(
        "下一步：qingyuan ledger witness add-log 添加要见证的日志，再用 serve 运行",
        "next: let it follow logs with qingyuan ledger witness add-log, and run it with serve",
    )


@witness.command("add-log")
@_FOLDER
@click.argument("vkeys", nargs=-1)
@click.option(
    "--trust",
    "trusts",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="某院的信任文件：添加其中的全部日志，可重复 | trust file of an office: all logs in it; may be repeated",
)
@click.option(
    "--suite",
    type=click.Choice(["sha256", "sm3"]),
    default=None,
    help="日志树的哈希，SM2 公钥默认 sm3 | hash of the log's tree, by default sm3 for an SM2 key",
)
@common
def add_log(
    folder: Path, vkeys: tuple[str, ...], trusts: tuple[Path, ...], suite: str | None, out: Out
) -> None:
    """添加要见证的日志 | Follow logs, given by their public keys; a running witness takes them up."""
    from qingyuan.office.recognition.witness_folder import add_logs, log_keys_of  # noqa: PLC0415

    keys = (*vkeys, *(key for trust in trusts for key in log_keys_of(trust)))
    if not keys:
        raise click.UsageError("a public key or --trust is required")
    added = add_logs(folder, keys, suite)
    rows = [{"origin": each.origin, "suite": each.suite} for each in added]
    out.result({"folder": str(folder), "added": rows})
    for each in added:
        out.say(f"已添加：{each.origin}（{each.suite}）", f"added: {each.origin} ({each.suite})")


@witness.command()
@_FOLDER
@common
def status(folder: Path, out: Out) -> None:
    """见证状态 | What it follows, what it cosigned last, and evidence against logs."""
    from qingyuan.ledger import VerifierKey  # noqa: PLC0415
    from qingyuan.office.recognition.witness_folder import read_config, served_logs  # noqa: PLC0415
    from qingyuan.office.recognition.witness_state import WitnessFile  # noqa: PLC0415

    config = read_config(folder)
    rows: list[dict[str, object]] = []
    with WitnessFile(folder / "state.db", VerifierKey.parse(config.vkeys[0])) as state:
        for log in served_logs(config, folder):
            latest = state.latest(log.origin)
            rows.append(
                {
                    "origin": log.origin,
                    "suite": log.suite.name,
                    "size": None if latest is None else latest.size,
                    "time": None if latest is None else latest.time,
                }
            )
        evidence = state.evidence()
    out.result(
        {
            "name": config.name,
            "vkeys": list(config.vkeys),
            "logs": rows,
            "evidence": [{"kind": each.kind, "suite": each.suite} for each in evidence],
        }
    )
    _say_keys(config.vkeys, out)
    out.table(
        out.t("所见证的日志", "logs"),
        [out.t("来源", "origin"), out.t("哈希", "hash"), out.t("已会签条数", "cosigned entries")],
        [[str(row["origin"]), str(row["suite"]), str(row["size"] or 0)] for row in rows],
    )
    out.say(f"对日志不利的证据：{len(evidence)} 件", f"pieces of evidence against logs: {len(evidence)}")


@witness.command()
@_FOLDER
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="写入的目录 | folder to write to",
)
@common
def evidence(folder: Path, output: Path, out: Out) -> None:
    """导出证据 | Write the evidence against logs that requests brought, one fork.json each."""
    from qingyuan.ledger import VerifierKey  # noqa: PLC0415
    from qingyuan.office.recognition.anchoring import keep_fork  # noqa: PLC0415
    from qingyuan.office.recognition.witness_folder import read_config  # noqa: PLC0415
    from qingyuan.office.recognition.witness_state import WitnessFile  # noqa: PLC0415

    config = read_config(folder)
    with WitnessFile(folder / "state.db", VerifierKey.parse(config.vkeys[0])) as state:
        files = [str(keep_fork(output, each)) for each in state.evidence()]
    out.result({"files": files})
    for path in files:
        out.say(f"已写入 {path}", f"written to {path}")
    if not files:
        out.say("没有证据", "there is no evidence")


@witness.command()
@_FOLDER
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 | address to listen on")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8060, show_default=True, help="端口，0 为任选 | port"
)
@click.option(
    "--name", default=None, help="尚未建立时按此名称建立 | make it under this name if it is not there"
)
@click.option(
    "--for",
    "seconds",
    type=click.FloatRange(0),
    default=None,
    help="若干秒后自行结束 | end by itself after so many seconds",
)
@common
def serve(folder: Path, host: str, port: int, name: str | None, seconds: float | None, out: Out) -> None:
    """运行见证方 | Run the witness until SIGTERM; put TLS in front when it leaves the machine."""
    from qingyuan.office.recognition.witness_folder import WitnessFolder  # noqa: PLC0415
    from qingyuan.office.recognition.witness_server import WitnessServer  # noqa: PLC0415

    if name is not None and not (folder / "witness.yaml").exists():
        opened = WitnessFolder.create(folder, name)
    else:
        opened = WitnessFolder.open(folder)
    with WitnessServer(
        host, port, opened.state_path, opened.cosigners, opened.logs(), reload=opened.reload()
    ) as server:
        url = f"http://{f'[{host}]' if ':' in host else host}:{server.port}/"
        out.result(
            {
                "url": url,
                "name": opened.config.name,
                "vkeys": list(opened.config.vkeys),
                "logs": [each.origin for each in opened.logs()],
            }
        )
        _say_keys(opened.config.vkeys, out)
        out.say(f"正在监听 {url}", f"listening on {url}")
        server.run_until_signal(seconds)


#: What a witness signs with, as its key lines say.
_KINDS = {
    0x04: ("Ed25519，cosignature/v1", "Ed25519, cosignature/v1"),
    0x06: ("ML-DSA-44，抗量子，subtree/v1", "ML-DSA-44, post-quantum, subtree/v1"),
}


def _say_keys(vkeys: tuple[str, ...], out: Out) -> None:
    from qingyuan.ledger import VerifierKey  # noqa: PLC0415

    for vkey in vkeys:
        zh, en = _KINDS[VerifierKey.parse(vkey).algorithm]
        out.say(f"公钥（{zh}）：{vkey}", f"public key ({en}): {vkey}")
