"""What the tests of the evidence room share: repeatable randomness and ready keys."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import settings

from qingyuan.evidence import Kek, Keyring
from tests.evidence.making import counter_entropy

# How long an example takes says nothing on a busy machine.
settings.register_profile("undated", deadline=None)
settings.load_profile("undated")


@pytest.fixture
def entropy() -> Callable[[int], bytes]:
    return counter_entropy()


@pytest.fixture
def keyring(entropy: Callable[[int], bytes]) -> Keyring:
    return Keyring.create(entropy, Kek.raw(hashlib.sha256(b"test").digest()))
