"""Servers as real processes, and a browser without scripts that is signed in to one."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import httpx2 as httpx

from tests.office.running import told
from tests.warm import start
from tests.web.making import META, PASSWORD


class Served:
    """A real server process, and a browser without scripts that is signed in to it."""

    def __init__(self, home: Path, *options: str, port: int = 0) -> None:
        arguments = ("serve", "--home", home, "--port", str(port), "--json", *options)
        self.process = start(*arguments, stdout=subprocess.PIPE)
        words = told(self.process)
        self.url, self.setup = words["url"], words["setup"]
        self.port = int(self.url.rsplit(":", 1)[1])
        self.client = httpx.Client(base_url=self.url, follow_redirects=True, timeout=300)
        deadline = time.monotonic() + 300
        while True:
            try:
                if self.client.get("/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def post(self, path: str, form: str, /, **fields: str) -> httpx.Response:
        found = META.search(self.client.get(form).text)
        assert found
        self.token = found[1]
        return self.client.post(path, data={"_token": self.token, **fields})

    def enter(self) -> None:
        if self.setup:
            code = self.setup.rsplit("=", 1)[1]
            office = {"office_id": "test", "office_name": "清州市人民检察院", "level": "prefecture"}
            account = {"name": "li", "password": PASSWORD, "again": PASSWORD}
            self.post("/setup", "/setup", code=code, **office, **account)
        else:
            self.post("/sign-in", "/sign-in", name="li", password=PASSWORD)

    def end(self, number: int = signal.SIGTERM) -> None:
        self.client.close()
        self.process.send_signal(number)
        self.process.communicate(timeout=300)


def send(served: Served, upload: str, data: bytes, offset: int) -> int:
    answer = served.client.put(
        f"/uploads/{upload}", params={"offset": offset}, content=data, headers={"X-QY-Token": served.token}
    )
    assert answer.status_code == 200, answer.text
    return int(answer.json()["offset"])
