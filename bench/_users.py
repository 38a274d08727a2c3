"""Fifty people at once, as a process of its own: a small HTTP client, their ways through the office, and how long each answer took.

``python -m bench._users`` reads a plan as JSON from standard input and writes the seconds of every answer by route to standard
output. It speaks to this machine only, and ends after the time it was given.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time

import msgspec

_LOCAL = "127.0.0.1"
_OK = 200


class Step(msgspec.Struct, frozen=True):
    """One request.

    Attributes:
        route: What it is called in the table.
        path: Its address.
        headers: Further lines, such as the cookie of a session.
    """

    route: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """What is asked of a server.

    Attributes:
        port: Where it listens on this machine.
        users: How many ask at once, each with a connection kept open; one way each, in turns.
        ways: The requests of each kind of user; what comes next is drawn from them.
        seconds: For how long.
        pause: Mean seconds between an answer and the next request; half to one and a half of it.
        seed: What is drawn follows from it.
    """

    port: int
    users: int
    ways: tuple[tuple[Step, ...], ...]
    seconds: float
    pause: float = 0.0
    seed: int = 7


class Told(msgspec.Struct, frozen=True):
    """What came of it.

    Attributes:
        seconds: Seconds of every answer, by route.
        errors: What went wrong, each once, with how often.
        asked: Requests in all.
        lasted: Seconds from the first to the last.
    """

    seconds: dict[str, list[float]]
    errors: dict[str, int]
    asked: int
    lasted: float


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = int(head.split(" ", 2)[1])
    for line in head.split("\r\n"):
        if line.startswith("content-length:"):
            await reader.readexactly(int(line.split(":")[1]))
            return status
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
    await reader.readline()
    return status


async def _user(
    plan: Plan, number: int, ends: float, seconds: dict[str, list[float]], errors: dict[str, int]
) -> None:
    chance = random.Random(plan.seed * 1000 + number)
    way = plan.ways[number % len(plan.ways)]
    reader, writer = await asyncio.open_connection(_LOCAL, plan.port)
    await asyncio.sleep(chance.random() * (plan.pause or 0.05))
    while time.perf_counter() < ends:
        step = chance.choice(way)
        lines = "".join(f"{name}: {value}\r\n" for name, value in step.headers)
        began = time.perf_counter()
        try:
            writer.write(f"GET {step.path} HTTP/1.1\r\nHost: localhost:{plan.port}\r\n{lines}\r\n".encode())
            status = await asyncio.wait_for(_answer(reader), 30)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            errors[f"{step.route}: {type(error).__name__}"] = (
                errors.get(f"{step.route}: {type(error).__name__}", 0) + 1
            )
            reader, writer = await asyncio.open_connection(_LOCAL, plan.port)
            continue
        seconds.setdefault(step.route, []).append(time.perf_counter() - began)
        if status != _OK:
            errors[f"{step.route}: {status}"] = errors.get(f"{step.route}: {status}", 0) + 1
        if plan.pause:
            await asyncio.sleep(plan.pause * chance.uniform(0.5, 1.5))
    writer.close()


async def ask(plan: Plan) -> Told:
    """Let the users of a plan ask until its time is over."""
    seconds: dict[str, list[float]] = {}
    errors: dict[str, int] = {}
    began = time.perf_counter()
    ends = began + plan.seconds
    await asyncio.gather(*(_user(plan, number, ends, seconds, errors) for number in range(plan.users)))
    asked = sum(map(len, seconds.values()))
    return Told(seconds, errors, asked, time.perf_counter() - began)


def main() -> None:
    """Do what standard input says."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    print(json.dumps(msgspec.to_builtins(asyncio.run(ask(plan)))))


if __name__ == "__main__":
    main()
