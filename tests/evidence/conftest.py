"""What the tests of the evidence room share: repeatable randomness and ready keys."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from qingyuan.evidence import Kek, Keyring
from tests.evidence.making import counter_entropy


@pytest.fixture
def entropy() -> Callable[[int], bytes]:
    return counter_entropy()


@pytest.fixture
def keyring(entropy: Callable[[int], bytes]) -> Keyring:
    return Keyring.create(entropy, Kek.raw(hashlib.sha256(b"test").digest()))
