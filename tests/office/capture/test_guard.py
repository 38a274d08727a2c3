"""What the guard lets through, and what it does not."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.office.capture import CaptureError, Guard, why_refused


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "100.100.100.200", "100.127.255.255", "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1",
        "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "64:ff9b::7f00:1",
        "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1", "not an address", "",
    ],
)  # fmt: skip
def test_addresses_that_are_not_on_the_open_network_are_refused(address: str) -> None:
    zh, en = why_refused(address)
    assert zh
    assert en


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "114.114.114.114", "2400:3200::1", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_addresses_on_the_open_network_are_let_through(address: str) -> None:
    assert why_refused(address) == ("", "")


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_judged_like_itself(address: object) -> None:
    plain = why_refused(str(address))
    assert why_refused(f"::ffff:{address}") == plain


def test_a_name_with_one_address_inside_is_refused_whole() -> None:
    guard = Guard(resolve=lambda host, port: ("1.1.1.1", "10.0.0.1"))
    with pytest.raises(CaptureError) as caught:
        guard.connect("two-faced.example", 80)
    assert caught.value.code == "capture.refused-address"
    assert "10.0.0.1" in str(caught.value)


def test_a_second_answer_of_the_name_server_changes_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as good, socket.create_server(("127.0.0.2", 0)) as bad:
        port = good.getsockname()[1]
        answers = iter([("127.0.0.1",), ("127.0.0.2",)])
        guard = Guard(resolve=lambda host, asked: next(answers), allowed=frozenset({("127.0.0.1", port)}))
        with guard.connect("rebinding.example", port) as connection:
            assert connection.getpeername() == ("127.0.0.1", port)
        assert guard.address_of(f"http://rebinding.example:{port}/x") == "127.0.0.1"
        with pytest.raises(CaptureError):
            guard.connect("rebinding.example", port)
        bad.setblocking(False)
        with pytest.raises(BlockingIOError):
            bad.accept()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "0x7f000001", "2130706433", "[::1]"])
def test_loopback_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(CaptureError) as caught:
        Guard().connect(host, 80)
    assert caught.value.code in {"capture.refused-address", "capture.unreachable"}
    if host not in {"[::1]", "localhost"}:
        assert caught.value.code == "capture.refused-address"


def test_a_name_that_does_not_resolve_is_said_and_on_record() -> None:
    guard = Guard()
    with pytest.raises(CaptureError) as caught:
        guard.connect("no-such-host.invalid", 80)
    assert caught.value.code == "capture.unreachable"
    assert guard.answers[0].host == "no-such-host.invalid"
    assert guard.answers[0].error
