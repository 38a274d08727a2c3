"""A web site on loopback with everything a capture has to cope with."""

from __future__ import annotations

import gzip
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40" fill="teal"/></svg>'
_HEAD = "<!doctype html><html lang=zh><meta charset=utf-8><link rel=icon href=data:,>"
_HTML = "text/html; charset=utf-8"


def _page(title: str, body: str) -> bytes:
    return f"{_HEAD}<title>{title}</title><h1>{title}</h1>{body}".encode()


_LAZY = """<style>img{display:block;height:900px;width:80px}</style>
<img loading=lazy src=/img/1><img loading=lazy src=/img/2><img loading=lazy src=/img/3><img loading=lazy src=/img/4>
<img loading=lazy src=/img/5><img loading=lazy src=/img/6><img loading=lazy src=/img/7><img loading=lazy src=/img/8>"""

_ENDLESS = """<div id=d></div><script>
const more = () => { for (let i = 0; i < 20; i++) { const p = document.createElement('p'); p.textContent = '更多'; d.append(p); } };
more(); more(); more();
addEventListener('scroll', () => { if (scrollY + innerHeight > document.documentElement.scrollHeight - 500) more(); });
</script>"""

_RUDE = """<script>
alert('请登录'); window.answer = confirm('允许？');
const a = document.createElement('a'); a.href = '/big'; a.download = 'x.bin'; document.documentElement.append(a); a.click();
window.open('/popup');
navigator.serviceWorker && navigator.serviceWorker.register('/sw.js').catch(() => 0);
</script><p>正文</p>"""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.asked.append(self.path)
        name = parts.path.strip("/").partition("/")[0] or "index"
        getattr(self, f"_{name}", self._missing)(query)

    do_POST = do_GET  # noqa: N815 - the name that the server looks for

    def _give(self, data: bytes, kind: str = _HTML, *, status: int = 200, **fields: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for field, value in fields.items():
            self.send_header(field.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def _missing(self, query: dict[str, str]) -> None:
        self._give(_page("没有", ""), status=404)

    def _index(self, query: dict[str, str]) -> None:
        images = "".join(f"<img src=/img/{n} width=40>" for n in range(int(query.get("images", "3"))))
        self._give(_page("直播间", f"<p>打赏 100 元</p>{images}"))

    def _img(self, query: dict[str, str]) -> None:
        self._give(_SVG, "image/svg+xml")

    def _gzipped(self, query: dict[str, str]) -> None:
        self._give(gzip.compress(_page("压缩", "<p>原文</p>"), mtime=0), Content_Encoding="gzip")

    def _chunked(self, query: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", _HTML)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("X-Odd", "  two  spaces ")
        self.end_headers()
        for part in (_page("分块", ""), "<p>第二块</p>".encode()):
            self.wfile.write(f"{len(part):X};ext=1\r\n".encode() + part + b"\r\n")
        self.wfile.write(b"0\r\nX-Trailer: t\r\n\r\n")

    def _mixed(self, query: dict[str, str]) -> None:
        script = "fetch('/chunked'); fetch('/gzipped'); fetch('/echo', {method: 'POST', body: '甲'})"
        self._give(_page("混合", f"<p>原文</p><script>{script}</script>"))

    def _echo(self, query: dict[str, str]) -> None:
        self._give(self.rfile.read(int(self.headers["Content-Length"])), "text/plain")

    def _redirect(self, query: dict[str, str]) -> None:
        self._give(b"", status=302, Location=query["to"])

    def _lazy(self, query: dict[str, str]) -> None:
        self._give(_page("延迟", _LAZY))

    def _endless(self, query: dict[str, str]) -> None:
        self._give(_page("无尽", _ENDLESS))

    def _rude(self, query: dict[str, str]) -> None:
        self._give(_page("打扰", _RUDE))

    def _file(self, query: dict[str, str]) -> None:
        self._give(
            b"\0binary" * 10, "application/octet-stream", Content_Disposition="attachment; filename=x.bin"
        )

    def _big(self, query: dict[str, str]) -> None:
        """Give a download that is still under way when the page has long been taken."""
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Disposition", "attachment; filename=big.bin")
        self.send_header("Content-Length", str(30 * 65536))
        self.end_headers()
        for _ in range(30):
            self.wfile.write(b"y" * 65536)
            self.server.stopping.wait(0.05)

    def _popup(self, query: dict[str, str]) -> None:
        self._give(_page("弹窗", ""))

    def _clock(self, query: dict[str, str]) -> None:
        self._give(
            _page(
                "时间",
                "<p id=p></p><script>setInterval(() => p.textContent = Math.random(), 5); fetch('/img/x?' + Math.random())</script>",
            )
        )

    def _drip(self, query: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", _HTML)
        self.end_headers()
        self.wfile.write(_page("滴漏", "<p>开头</p>"))
        while not self.server.stopping.wait(0.05):
            self.wfile.write(b".")
            self.wfile.flush()
        self.close_connection = True

    def _silent(self, query: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.server.stopping.wait(30)
        self.close_connection = True

    def _holder(self, query: dict[str, str]) -> None:
        self._give(_page("容器", f"<img src={query['src']}><p>正文</p>"))

    def _hang(self, query: dict[str, str]) -> None:
        self._give(_page("卡死", "<p>正文</p><script>setTimeout(() => { while (true); }, 50)</script>"))

    def _fetcher(self, query: dict[str, str]) -> None:
        script = f"fetch('{query['src']}').then(r => r.text()).catch(() => 0)"
        self._give(_page("读取", f"<p>正文</p><script>{script}</script>"))

    def _bomb(self, query: dict[str, str]) -> None:
        self._give(self.server.bomb, "text/plain", Content_Encoding="gzip")

    def _huge(self, query: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        try:
            for _ in range(2000):
                self.wfile.write(b"x" * 65536)
        except OSError:
            self.server.cut += 1
        self.close_connection = True

    def _cut(self, query: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"half")
        self.close_connection = True


class Site(ThreadingHTTPServer):
    """The site.

    Attributes:
        asked: Paths asked for so far.
        cut: Times that a client stopped reading.
        bomb: A gzip file that unpacks to 64 MiB.
        stopping: Set to end what never ends.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.cut = 0
        self.stopping = threading.Event()
        self.bomb = b""
        self.scheme = "http"
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
            self.scheme = "https"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no error."""

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"


def bomb() -> bytes:
    """Return a gzip file that unpacks to 64 MiB."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    block = b"0" * (1 << 20)
    return b"".join(packer.compress(block) for _ in range(64)) + packer.flush()


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Serve the site while the block runs."""
    site = Site(tls)
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.stopping.set()
        site.shutdown()
        site.server_close()
        thread.join()


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Wait until ``condition()`` holds; return whether it came to."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()
