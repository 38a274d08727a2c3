"""Being told to stop, and what hears the signals afterwards."""

from __future__ import annotations

import signal

import pytest

from qingyuan.office.stopping import STOPPING, told_to_stop


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_sets_the_event_and_afterwards_goes_where_it_went_before(number: signal.Signals) -> None:
    before = [signal.getsignal(one) for one in STOPPING]
    with told_to_stop() as ended:
        assert not ended.is_set()
        signal.raise_signal(number)
        assert ended.is_set()
    assert [signal.getsignal(one) for one in STOPPING] == before
