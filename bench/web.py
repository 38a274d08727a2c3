"""The office of a hundred thousand matters in a browser: fifty people at once, page by page, beside a server that does nothing."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench._harness import Context, Row, SkippedError
from bench._serving import started
from bench._users import Plan, Step, Told
from bench.register import _INSERT, _NOW, _fill
from qingyuan.office.clock import FixedClock
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.register import rebuild
from qingyuan.store.register import named
from qingyuan.web.asking import SESSION_COOKIE
from qingyuan.web.desk import Desk
from qingyuan.web.settings import ServeSettings

_USERS = 50
#: Dockets that each prosecutor handles.
_HANDLED = 30
_PROSECUTORS = 4
_WORDS = ("面单", "人脸识别", "白沙直播带货", "M2026-0777", "石桥")


class Person(msgspec.Struct, frozen=True):
    """Somebody who looks at pages.

    Attributes:
        role: The post.
        session: Token of an open session.
        token: Token of a program.
        matters: Numbers of the matters to look at.
    """

    role: str
    session: str
    token: str
    matters: tuple[int, ...]


def run(context: Context) -> Iterator[Row]:
    """Measure a day of fifty people, then how much the server can answer at most."""
    count = context.pick(100_000, 1_000)
    path = context.folder / "home"
    people = make(path, count)
    steps = tuple(_way(one) for one in people)
    with started(path) as (server, port), _bare() as floor:
        nothing = ((Step("nothing", "/"),),)
        _ask(Plan(port, _USERS, steps, 5.0, 0.2))
        spent, held = _processor(server.pid), _memory(server.pid)
        day = _ask(Plan(port, _USERS, steps, context.pick(300, 10), 1.0))
        spent, held = _processor(server.pid) - spent, _memory(server.pid) - held
        bare = _ask(Plan(floor, _USERS, nothing, 10, 1.0))
        base = _p(bare.seconds["nothing"], 0.95)
        for route, seconds in sorted(day.seconds.items()):
            yield Row(
                f"web, {count:,} matters, {_USERS} users: {route}, p95",
                _p(seconds, 0.95),
                "ms",
                "a route that does nothing, p95",
                base,
                len(seconds),
            )
            yield Row(
                f"web, {count:,} matters, {_USERS} users: {route}, p50",
                _p(seconds, 0.5),
                "ms",
                runs=len(seconds),
            )
        yield Row(
            f"web, errors among {day.asked:,} answers of {day.lasted:.0f} s",
            sum(day.errors.values()),
            "errors",
        )
        yield Row("web, answers a second of that day", day.asked / day.lasted, "/s")
        yield Row("web, processor time of the server an answer", spent / day.asked * 1e3, "ms")
        yield Row("web, what the memory of the server grew by in that day", held / 1e6, "MB")
        full = _ask(Plan(port, _USERS, steps, context.pick(30, 5)))
        most = _ask(Plan(floor, _USERS, nothing, context.pick(15, 5)))
        yield Row(
            f"web, {_USERS} users without a pause, pages and API mixed",
            full.asked / full.lasted,
            "/s",
            "a route that does nothing",
            most.asked / most.lasted,
        )
        yield Row("web, errors of that", sum(full.errors.values()), "errors", runs=full.asked)
    for error, times in {**day.errors, **full.errors}.items():
        print(f"web: {times} × {error}", file=sys.stderr)


def make(path: Path, count: int) -> list[Person]:
    """Make an office of so many matters, with a chief, a head of department and prosecutors who handle some."""
    office = OfficeInfo("bench", "某人民检察院", "000000", "nation")
    roles = ["chief", "department-head", *["prosecutor"] * _PROSECUTORS]
    chance = random.Random(3)
    people: list[tuple[str, str]] = []
    with Home.open(path, create=True, office=office, clock=FixedClock(_NOW), seed="bench") as home:
        desk = Desk(home, ServeSettings())
        for number, role in enumerate(roles):
            account = desk.people.add(
                f"user-{number}", "", [role], f"a sentence that is long enough {number * 7919}"
            )
            people.append((role, account.person))
        desk.close()
        written = _fill(home, count)
        head = home.head()
        index = (head.size if head else 0) + written
        handled = {person: tuple(chance.sample(range(1, count + 1), _HANDLED)) for _, person in people}
        with home.database.write() as connection:
            for role, person in people:
                for matter in handled[person] if role == "prosecutor" else ():
                    payload = json.dumps({"person": person, "duty": "handler"}).encode()
                    stream = f"L2026-{matter:04}"
                    last = connection.exec_driver_sql(
                        "SELECT max(n) FROM event WHERE stream = ?", (stream,)
                    ).scalar()
                    row = (
                        index,
                        stream,
                        int(last or 0) + 1,
                        "access.assigned",
                        _NOW.isoformat(),
                        "P001",
                        bytes(16),
                        payload,
                    )
                    connection.exec_driver_sql(_INSERT, row)
                    index += 1
            # What the pages read stands in the log too; these stand for its leaves, which no page looks into.
            connection.exec_driver_sql(
                "INSERT INTO ledger_entry (idx, data) SELECT idx, x'7b7d' FROM event WHERE idx >= ?",
                (head.size if head else 0,),
            )
        done = rebuild(home)
        assert done.dockets >= count, done.unread[:3]
    with Home.open(path) as home:  # by today's clock, as the server that is asked later
        with home.database.read() as connection:
            known = set(named(connection, [f"M2026-{n:04}" for n in range(1, min(count, 30_000))]))
        opened = [number for number in range(1, count + 1) if f"M2026-{number:04}" in known]
        desk = Desk(home, ServeSettings())
        found = [
            Person(
                role,
                desk.sessions.begin(person),
                desk.tokens.make(person, "bench", ["read"], 30),
                tuple(n for n in handled[person] if f"M2026-{n:04}" in known)
                if role == "prosecutor"
                else tuple(chance.sample(opened, _HANDLED)),
            )
            for role, person in people
        ]
        desk.close()
    return found


def _way(person: Person) -> tuple[Step, ...]:
    """Return what a person asks for: pages, and what programs of theirs ask."""
    cookie = (
        ("Cookie", f"{SESSION_COOKIE}={person.session}; qy_browser=0123456789abcdef0"),
        ("Accept-Encoding", "gzip"),
    )
    bearer = (("Authorization", f"Bearer {person.token}"),)
    pages = [
        ("/", "/"),
        ("/leads", "/leads"),
        ("/leads", "/leads?stage=registered&state=open"),
        ("/matters", "/matters"),
    ]
    pages += [("/matters", "/matters?sort=due"), ("/matters", "/matters?stage=rectifying&state=open")]
    pages += [("/leads?q=", f"/leads?q={word}") for word in _encoded()]
    pages += [("/matters/{identifier}", f"/matters/M2026-{number:04}") for number in person.matters[:8]]
    pages += [("/leads/{identifier}", f"/leads/L2026-{number:04}") for number in person.matters[8:14]]
    api = [(f"/api/v1/{name}", f"/api/v1/{name}") for name in ("leads", "matters", "deadlines")]
    api += [("/api/v1/search", f"/api/v1/search?q={word}") for word in _encoded()]
    api += [("/api/v1/dockets", f"/api/v1/dockets/M2026-{number:04}") for number in person.matters[:5]]
    return (
        *(Step(route, path, cookie) for route, path in pages),
        *(Step(route, path, bearer) for route, path in api),
    )


def _encoded() -> list[str]:
    from urllib.parse import quote  # noqa: PLC0415 - only here

    return [quote(word) for word in _WORDS]


@contextlib.contextmanager
def _bare() -> Iterator[int]:
    """Start the server that does nothing, and stop it."""
    command = [sys.executable, "-m", "bench._bare"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield int(process.stdout.readline())
        process.stdin.close()
        process.wait(timeout=30)


def _ask(plan: Plan) -> Told:
    time.sleep(0.5)
    done = subprocess.run(
        [sys.executable, "-m", "bench._users"],
        input=msgspec.json.encode(plan),
        capture_output=True,
        cwd=Path(__file__).parents[1],
        check=False,
    )
    if done.returncode:
        raise SkippedError(done.stderr.decode()[-400:])
    return msgspec.json.decode(done.stdout, type=Told)


def _p(seconds: list[float], part: float) -> float:
    return sorted(seconds)[int(len(seconds) * part)] * 1e3


def _processor(pid: int) -> float:
    """Return the seconds of processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> int:
    """Return the bytes that a process has in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
