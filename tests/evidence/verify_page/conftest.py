"""One node process for all tests of the page's program."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.evidence.verify_page.node import Node


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    with Node() as process:
        yield process
