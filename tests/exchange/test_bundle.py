"""A bundle that its own sender signed in a way nobody could have written is refused like an altered one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qingyuan.exchange import ExchangeError, Peer, open_bundle
from qingyuan.ledger import sign_note
from tests.ledger.support import ORIGIN, signer

RECEIVER = "receiver.example/log"
MANIFEST: dict[str, Any] = {
    "at": "2026-03-02T10:00:00+08:00",
    "body": {},
    "files": [],
    "kind": "suggestion",
    "prev": "",
    "receiver": RECEIVER,
    "ref": "",
    "sender": ORIGIN,
    "seq": 1,
    "v": 1,
    "your_ref": "",
}
SENT: dict[str, Any] = {"leaf": "", "payload": {}, "proof": "", "salt": ""}
KEY = signer(f"{ORIGIN}/package", 2)
PEER = Peer("sender", "甲", signer().key.encode(), KEY.key.encode())


@pytest.mark.parametrize(
    ("manifest", "sent"),
    [
        ({"seq": 1 << 62}, {}),
        ({"seq": 1.0}, {}),
        ({"seq": True}, {}),
        ({"v": 2}, {}),
        ({"kind": "order"}, {}),
        ({"body": {"a": {"b": 1}}}, {}),
        ({"more": 1}, {}),
        ({"files": [{"name": "a", "size": 9, "sha256": ""}, {"name": "b", "size": -9, "sha256": ""}]}, {}),
        ({"files": [{"name": "a" * 1_025, "size": 0, "sha256": ""}]}, {}),
        ({"files": [{"name": "a\u001b[2J", "size": 0, "sha256": ""}]}, {}),
        ({"files": [{"name": "a\u202etxt.exe", "size": 0, "sha256": ""}]}, {}),
        ({}, {"payload": {"a": 1.5}}),
        ({}, {"payload": {"a": 1 << 70}}),
        ({}, {"leaf": "{"}),
        ({}, {"leaf": "[]", "salt": "zz"}),
    ],
)
def test_what_its_sender_signed_and_nobody_could_have_written_is_refused(
    manifest: dict[str, Any], sent: dict[str, Any]
) -> None:
    text = {"manifest": MANIFEST | manifest, "sent": SENT | sent}
    note = sign_note(json.dumps(text, sort_keys=True, separators=(",", ":")) + "\n", [KEY])
    data = b"qingyuan-exchange/1 " + str(len(note)).encode() + b"\n" + note
    with pytest.raises(ExchangeError) as caught:
        open_bundle(data, [PEER], receiver=RECEIVER)
    assert caught.value.code == "exchange.altered"
    assert caught.value.where
