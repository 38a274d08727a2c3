"""Time-stamping authorities on loopback, honest and not, and homes that ask them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from qingyuan.office.clock import CHINA, Clock, FixedClock
from qingyuan.office.home import Home
from qingyuan.office.serving import Reply, Request, Server, Site
from qingyuan.office.timestamps.stamping import StampReport, stamp_checkpoint
from qingyuan.office.timestamps.test_authority import Founded, KeyKind, TestingTsa, found_authority

NOW = datetime(2026, 11, 22, 17, 30, tzinfo=CHINA)
DAY = timedelta(days=1)


class Altered:
    """A site whose replies are altered; counts the requests."""

    def __init__(self, site: Site, alter: Callable[[int, Request, Reply], Reply]) -> None:
        self._site, self._alter = site, alter
        self.asked = 0

    def methods(self, path: str) -> tuple[str, ...]:
        return self._site.methods(path)

    def answer(self, request: Request) -> Reply:
        self.asked += 1
        return self._alter(self.asked, request, self._site.answer(request))


@contextlib.contextmanager
def serving(site: Site) -> Iterator[str]:
    """Serve a site and yield the address of its authority."""
    with Server("127.0.0.1", 0, site) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.port}/tsr"
        finally:
            server.stop()
            thread.join()


@contextlib.contextmanager
def authority(
    kind: KeyKind = "ec", *, clock: Clock | None = None, found: Founded | None = None, name: str = ""
) -> Iterator[tuple[str, Founded]]:
    """Serve a test authority, by default with a clock that shows ``NOW``."""
    made = found or found_authority(kind, now=NOW, name=name)
    with serving(TestingTsa(made.authority, clock or FixedClock(NOW))) as url:
        yield url, made


def entry(name: str, url: str, made: Founded, **more: str) -> dict[str, str]:
    return {"name": name, "operator": name.upper(), "url": url, "certificate": made.root_pem(), **more}


def configure(home: Path, *entries: Mapping[str, str | list[str]]) -> None:
    text = yaml.safe_dump({"tsas": [dict(each) for each in entries]}, allow_unicode=True, sort_keys=False)
    (home / "tsa.yaml").write_text(text, encoding="utf-8")


def opened(folder: Path) -> Iterator[Home]:
    """Yield a new home whose clock shows ``NOW``."""
    home = Home.open(folder / "home", create=True, clock=FixedClock(NOW))
    yield home
    home.close()


def stamp(home: Home, waited: list[float] | None = None, seconds: float = 5) -> StampReport:
    """Stamp the newest checkpoints; what would be waited is put into a list."""
    return stamp_checkpoint(home, pause=(waited if waited is not None else []).append, seconds=seconds)


def codes(report: StampReport) -> list[str]:
    return [each.error.code for each in report.failed]
