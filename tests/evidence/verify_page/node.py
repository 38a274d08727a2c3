"""The page's program in one node process."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.evidence.verify_page.seal import PAGE
from tests.evidence.verify_page.trees import Json

RUNNER = Path(__file__).with_name("runner.js")


def pack(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"b": base64.b64encode(value).decode()}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 53:
        return {"n": str(value)}
    return [pack(each) for each in value] if isinstance(value, list | tuple) else value


def unpack(value: Any) -> Any:
    if isinstance(value, list):
        return [unpack(each) for each in value]
    if isinstance(value, dict):
        if set(value) == {"b"}:
            return base64.b64decode(value["b"])
        if set(value) == {"n"}:
            return int(value["n"])
        if set(value) == {"undefined"}:
            return ...
        return {name: unpack(each) for name, each in value.items()}
    return value


class ThrownError(Exception):
    """The program refused its input: ``Malformed`` or ``Unknown``."""


class Node:
    """Asks the page's program, many times, in one process."""

    def __init__(self) -> None:
        command = ["node", "--stack-size=900", str(RUNNER), str(PAGE)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(300)
        self._process.stdout.close()

    def ask(self, request: Json) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if isinstance(answer, dict) and "crash" in answer:
            raise AssertionError(answer["crash"])
        return answer

    def judge(self, package: bytes, trust: Json | bytes | None, policy: bytes | None = None) -> Json:
        """The verdict object for a package."""
        given = json.dumps(trust).encode() if isinstance(trust, dict) else trust
        parts = {"package": package, "trust": given, "policy": policy}
        coded = {
            name: None if data is None else base64.b64encode(data).decode() for name, data in parts.items()
        }
        answer = self.ask(coded)
        assert isinstance(answer, dict)
        return answer

    def call(self, name: str, *arguments: Any) -> Any:
        """What a part of the program gives for these arguments."""
        answer = self.ask({"call": name, "with": pack(arguments)})
        if "thrown" in answer:
            raise ThrownError(answer["thrown"], answer["what"])
        return unpack(answer["value"])


def findings(result: Json) -> set[tuple[str, str | None]]:
    """Code and path of what contradicts or cannot be told."""
    return {
        (r["code"], r["path"])
        for r in result["reasons"]
        if not r["code"].startswith("ok-") and r["code"] not in QUIET
    }


def passed(result: Json) -> set[str]:
    """The checks that passed."""
    return {r["code"][3:] for r in result["reasons"] if r["code"].startswith("ok-")}


QUIET = ("scope-before", "quorum", "time", "untrusted-time")
CHECKS = {"container", "digests", "events", "proofs", "exhibits", "transfer", "signature", "timestamps"}
