"""``qingyuan serve``: the workbench and the portal, one process."""

from __future__ import annotations

import contextlib
import gc
import socket
import sys
import threading
from pathlib import Path

import click

from qingyuan.cli._app import Out, common, home_option
from qingyuan.cli._origin import origin
from qingyuan.cli._supervising import supervise
from qingyuan.errors import QingyuanError
from qingyuan.office.stopping import told_to_stop

#: A thread that waits for the interpreter gets it after so long: an answer waits for it at every row that it reads.
_SWITCH_SECONDS = 0.0005
#: How seldom garbage in circles is looked for: answers make little of it, and everybody waits meanwhile.
_GARBAGE = (20_000, 20, 100)


@click.command()
@home_option
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 | address to listen on")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="端口，0 为任选 | port; 0 takes a free one",
)
@click.option(
    "--public-url",
    callback=origin,
    default="",
    help="浏览器使用的地址，如 https://… | how browsers reach it, with https behind a proxy that has TLS",
)
@click.option(
    "--for",
    "seconds",
    type=click.FloatRange(0),
    default=None,
    help="若干秒后自行结束 | end by itself after so many seconds",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="服务进程数；多于 1 时任务由另一进程办理 | server processes; with more than one, jobs have a process of their own",
)
@click.option(
    "--jobs/--no-jobs", default=True, help="是否办理任务 | whether to work on jobs (else run qingyuan worker)"
)
@click.option(
    "--private-hooks",
    is_flag=True,
    help="允许向内网地址推送事件 | let webhooks go to private networks and this machine",
)
@click.option(
    "--api-per-minute",
    type=click.IntRange(1),
    default=None,
    help="每个接口令牌每分钟的请求上限 | requests that one token of the API may send in a minute",
)
@click.option(
    "--verify-mib",
    type=click.IntRange(1, 65536),
    default=None,
    help="公开核验页可接收的证据包上限（MiB） | largest package that the public page of verification takes, in MiB",
)
@click.option(
    "--fd", type=int, default=None, hidden=True, help="已打开的套接字 | a socket that is open already"
)
@common
def serve(
    home: Path,
    host: str,
    port: int,
    public_url: str,
    seconds: float | None,
    workers: int,
    jobs: bool,
    private_hooks: bool,
    api_per_minute: int | None,
    verify_mib: int | None,
    fd: int | None,
    out: Out,
) -> None:
    """启动工作台与协同门户 | Serve the workbench and the portal until it is stopped."""
    import msgspec  # noqa: PLC0415 - only this command needs it
    import uvicorn  # noqa: PLC0415 - only this command needs the web

    from qingyuan.office.home import Home  # noqa: PLC0415
    from qingyuan.web import ServeSettings, create_app  # noqa: PLC0415
    from qingyuan.web.telling import write_log  # noqa: PLC0415
    from qingyuan.web.wire import MAX_CONNECTIONS, Wire, room_for  # noqa: PLC0415

    listening = _listen(host, port) if fd is None else socket.socket(fileno=fd)
    port = listening.getsockname()[1]
    settings = ServeSettings(
        host=host,
        port=port,
        public_url=public_url,
        jobs=jobs and workers == 1,
        warm=jobs and workers == 1,
        private_hooks=private_hooks,
    )
    if api_per_minute is not None:
        settings = msgspec.structs.replace(settings, api_per_minute=api_per_minute)
    if verify_mib is not None:
        settings = msgspec.structs.replace(settings, max_verify_bytes=verify_mib << 20)
    with listening, Home.open(home, create=True, begin=False) as office:
        office.law.check()  # read once here, not by all first askers at once; and a bad overlay is told at the start
        app = create_app(office, settings)
        desk = app.state.desk
        url = settings.origin
        setup = None if desk.people.any() else f"{url}/setup?code={desk.setup_code}"
        with contextlib.suppress(KeyboardInterrupt):  # told again after everything was closed
            out.result({"url": url, "setup": setup})
            out.say(f"工作台与门户：{url}（Ctrl+C 停止）", f"workbench and portal: {url} (Ctrl+C stops it)")
            if setup:
                out.say(f"首次设置：{setup}", f"first set-up: {setup}")
            sys.stdout.flush()
            write_log(sys.stderr)
            if workers > 1:
                hooks = ("--private-hooks",) if private_hooks else ()
                asking = ("--api-per-minute", str(settings.api_per_minute))
                sent = ("--verify-mib", str(settings.max_verify_bytes >> 20))
                given = ("--host", host, "--public-url", public_url, *asking, *sent, *hooks)
                supervise(home, listening, given, workers, jobs=hooks if jobs else None, seconds=seconds)
                return
            config = uvicorn.Config(
                app,
                http=Wire,
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=settings.proxied,
                timeout_graceful_shutdown=5,
            )
            server = uvicorn.Server(config)
            Wire.most = room_for(MAX_CONNECTIONS)
            sys.setswitchinterval(_SWITCH_SECONDS)
            gc.set_threshold(*_GARBAGE)
            if seconds is not None:
                threading.Timer(seconds, lambda: setattr(server, "should_exit", True)).start()
            server.run(sockets=[listening])


@click.command()
@home_option
@click.option(
    "--for",
    "seconds",
    type=click.FloatRange(0),
    default=None,
    help="若干秒后自行结束 | end by itself after so many seconds",
)
@click.option(
    "--private-hooks",
    is_flag=True,
    help="允许向内网地址推送事件 | let webhooks go to private networks and this machine",
)
@common
def worker(home: Path, seconds: float | None, private_hooks: bool, out: Out) -> None:
    """办理任务的独立进程 | Work on the jobs of a home until it is stopped; several may run, also on other machines."""
    from qingyuan.office.home import Home  # noqa: PLC0415
    from qingyuan.office.workers import prepare  # noqa: PLC0415
    from qingyuan.web import ServeSettings  # noqa: PLC0415 - only this command needs the web
    from qingyuan.web.desk import Desk  # noqa: PLC0415
    from qingyuan.web.telling import write_log  # noqa: PLC0415
    from qingyuan.web.works import WORKS  # noqa: PLC0415

    with told_to_stop() as ended, Home.open(home, begin=False) as office:
        desk = Desk(office, ServeSettings(private_hooks=private_hooks), WORKS)
        out.result({"worker": desk.jobs.owner})
        out.say(
            f"办理任务：{desk.jobs.owner}（Ctrl+C 停止）", f"working: {desk.jobs.owner} (Ctrl+C stops it)"
        )
        sys.stdout.flush()
        write_log(sys.stderr)
        desk.jobs.start()
        prepare()
        ended.wait(seconds)
        desk.close()


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, so that a taken port is told before the home is opened."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise QingyuanError(
            "cli.port",
            zh=f"端口无法使用：{error.strerror}",
            en=f"the port cannot be used: {error.strerror}",
            where=f"{host}:{port}",
            remedy_zh="换一个端口，如 --port 8001；或先停止占用它的程序",
            remedy_en="take another, such as --port 8001, or stop the program that has it",
        ) from error
