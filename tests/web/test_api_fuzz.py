"""The API is asked by its own description (schemathesis): nothing fails, every answer is as described, for a token of each scope.

``QINGYUAN_FUZZ=200`` asks each operation so often in each way; ``make fuzz`` does.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from qingyuan.office.home import Home
from qingyuan.store.registry import exhibits
from qingyuan.web.accounts import SCOPES
from qingyuan.web.limits import Allowance
from tests.web.making import clock, desk_of, open_app
from tests.web.test_api import program

EXAMPLES = int(os.environ.get("QINGYUAN_FUZZ", "6"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: Who has a token of a scope.
OWNERS = {"read": "supervisor", "act": "prosecutor", "take": "technician", "hooks": "administrator"}
#: Words that mean something, so that more than the outermost check is reached.
KNOWN = {
    "identifier": ["L2026-0001", "M2026-0001", "C2026-0001", "L2026-9999"],
    "target": ["new", "L2026-0001", "L2026-0002", "M2026-0001", "C2026-0001"],
    "verb": ["lead-assess", "lead-register", "consult", "measure-enter", "case-file", "suggestion-issue"],
    "period": ["agency-reply", "pil-review"],
    "from": ["2026-03-18", "0001-01-01", "9999-12-31"],
    "q": ["面单", '"', "*", "L2026"],
}
ARGUMENTS = st.dictionaries(
    st.sampled_from(["title", "conclusion", "authenticity", "registered", "leads", "exhibits", "office"]),
    st.sampled_from(["L2026-0001", "open", "2026-03-01", "x" * 5000, "\x00"]) | st.booleans() | st.none(),
    max_size=5,
)


@pytest.fixture(scope="module")
def served(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, Home]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(made / "data"))
        folder = Path(shutil.copytree(made / "home", tmp_path_factory.mktemp("fuzz") / "home"))
        with Home.open(folder, clock=clock()) as home:
            app = open_app(home)
            desk = desk_of(app)
            desk.asking = Allowance(desk.tries, 10**9)
            yield app, home
            app.state.desk.close()


def test_every_scope_has_an_owner() -> None:
    assert set(OWNERS) == set(SCOPES)


@pytest.mark.slow
@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_nothing_that_is_asked_makes_the_api_fail(served: tuple[FastAPI, Home], scope: str) -> None:
    app, home = served
    client = program(app, OWNERS[scope], scope)
    with home.database.read() as connection:
        exhibit = exhibits(connection, ["L2026-0001"])[0].id
    known = {**KNOWN, "identifier": [*KNOWN["identifier"], exhibit]}
    described = schemathesis.openapi.from_dict(app.openapi())
    asked = 0
    for result in described.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        for mode in GenerationMode:
            often = EXAMPLES if _scope(operation) == scope else 1
            asked += _ask(client, operation, mode, known, often)
    assert asked >= 20


def _scope(operation: APIOperation[Any, Any, Any, Any]) -> str:
    parts = {"acts": "act", "hooks": "hooks", "material": "take"}
    return parts.get(operation.path.split("/")[3], "read")


def _ask(
    client: TestClient,
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    known: dict[str, list[str]],
    often: int,
) -> int:
    asked = 0

    @settings(
        max_examples=often,
        deadline=None,
        database=None,
        derandomize="QINGYUAN_FUZZ" not in os.environ,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(mode), st.data())
    def one(case: Case[Any], data: st.DataObject) -> None:
        nonlocal asked
        for values in (case.path_parameters, case.query):
            for name in set(values or ()) & set(known):
                if data.draw(st.booleans()):
                    values[name] = data.draw(st.sampled_from(known[name]))
        if _scope(operation) == "act" and data.draw(st.booleans()):
            case.body = cast("Any", data.draw(ARGUMENTS))
        sent = case.as_transport_kwargs(base_url="http://testserver")
        sent.pop("cookies", None)
        if isinstance(sent.get("data"), bytes | str):  # what the two libraries call a raw body
            sent["content"] = sent.pop("data")
        headers = {**dict(sent.pop("headers", {})), "authorization": client.headers["authorization"]}
        answer = client.request(headers=headers, **sent)
        case.validate_response(answer, checks=CHECKS)
        asked += 1

    one()
    return asked
