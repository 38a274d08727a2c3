"""What the commands need beside a home: a web page, a timestamp authority, a root key, a fork, files."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import yaml

from qingyuan.ledger import ForkProof
from qingyuan.office.clock import SystemClock
from qingyuan.office.exchange import add_peer, send
from qingyuan.office.exchange.peers import own_keys
from qingyuan.office.home import Home
from qingyuan.office.timestamps.test_authority import found_authority, tsa_server
from tests.cli.running import run
from tests.ledger.witnessing import Grown

PAGE = "<!doctype html><meta charset=utf-8><title>页面</title><p>一行文字</p>"


class _Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


@contextlib.contextmanager
def _web_page() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextlib.contextmanager
def _authority(home: Path) -> Iterator[None]:
    clock = SystemClock()
    made = found_authority(now=clock.now())
    with tsa_server(made.authority, clock=clock) as server:
        threading.Thread(target=server.run, daemon=True).start()
        entry = {
            "name": "甲",
            "operator": "甲",
            "url": f"http://127.0.0.1:{server.port}/tsr",
            "certificate": made.root_pem(),
        }
        (home / "tsa.yaml").write_text(yaml.safe_dump({"tsas": [entry]}), encoding="utf-8")
        yield
        server.stop()


def _other_site(home: Path, folder: Path) -> None:
    """Make another site that knows ours and wrote to it: its introduction and a bundle."""
    with Home.open(home) as ours:
        log, package = own_keys(ours)
    with Home.open(folder / "other-site", create=True) as other:
        add_peer(other, "ours", title="本院", log=log, package=package, actor="P001")
        sent = send(other, "suggestion", "ours", body={"title": "建议"}, actor="P001", offline=True)
        (folder / "bundle.qyx").write_bytes(sent.data)
        log, package = own_keys(other)
    told = {"title": "对方单位", "log": log, "package": package}
    (folder / "other.json").write_text(json.dumps(told), encoding="utf-8")


@contextlib.contextmanager
def outside(home: Path, folder: Path) -> Iterator[dict[str, object]]:
    """Prepare ``folder`` and yield what the uses of the commands name."""
    (folder / "scan.key").write_bytes(bytes(range(32)))
    (folder / "statutes").mkdir()
    (folder / "statutes" / "试验法(2021-06-01).txt").write_text("第一条　甲。\n", encoding="utf-8")
    (folder / "cited.txt").write_text("依照《试验法》第一条。", encoding="utf-8")
    (folder / "list.csv").write_text("姓名,手机号\n王小明,13800138000\n李芳,139****1234\n", encoding="utf-8")
    (folder / "people.csv").write_text(
        "性别,出生年份,病种\n男,1990,甲\n女,1990,甲\n男,1990,乙\n", encoding="utf-8"
    )
    (folder / "pseudonyms.txt").write_text("13800138000\n", encoding="utf-8")
    (folder / "case.json").write_text('{"track": "administrative"}', encoding="utf-8")
    (folder / "policy.txt").write_text("quorum none\n", encoding="utf-8")
    (folder / "words").write_text("一段足够长的口令 with words\n", encoding="utf-8")
    grown = Grown([3, 8])
    fork = ForkProof("refused-proof", "sha256", grown.notes[3], grown.notes[8])
    (folder / "fork.json").write_bytes(fork.encode())
    made = run("key", "root", "new", "--out", folder / "root.key", "--name", "root-a",
               "--passphrase-file", folder / "words", "--json").json()  # fmt: skip
    exhibits = run("exhibit", "list", "L2026-0001", "--home", home, "--json").json()
    keys = run("key", "list", "--home", home, "--json").json()
    _other_site(home, folder)
    with _web_page() as site, _authority(home):
        yield {
            "home": home,
            "tmp": folder,
            "lead": "L2026-0001",
            "site": site,
            "exhibit": exhibits[0]["id"],
            "vkey": run("ledger", "status", "--home", home, "--json").json()["vkey"],
            "fork_key": grown.log.key.encode(),
            "root_vkey": made["vkey"],
            "officer": next(key["id"] for key in keys["keys"] if key["role"] == "officer"),
        }
