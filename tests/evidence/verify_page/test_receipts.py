"""Receipts: both verifiers say the same of each, and what it is."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qingyuan.canonical import canonical_json
from qingyuan.evidence.verify import verify_stream
from qingyuan.ledger import SHA256, leaf_hash, sign_note, sm3
from qingyuan.office.home import Home
from qingyuan.store import EventDraft
from qingyuan.web.portal.receipt import check_receipt, make_receipt
from tests.evidence.verify_page.bending import bend_bytes
from tests.evidence.verify_page.node import Node, findings
from tests.evidence.verify_page.test_trust import forged, rooted
from tests.evidence.verify_page.trees import b64, tree_root
from tests.evidence.verify_page.trusting import LOG, ORIGIN, TWIN_LOG, trust_of

SALT = bytes(range(16))
PAYLOAD = {"title": "外卖平台", "n": 3}
Change = Callable[[dict[str, Any]], None]


def leaf_of(payload: dict[str, Any] = PAYLOAD, **changes: Any) -> dict[str, Any]:
    opened = SALT + canonical_json(payload)
    made = {
        "v": 1,
        "type": "lead.reported",
        "stream": "L2026-0001",
        "n": 0,
        "prev": "",
        "at": "2026-07-01T09:00:00+08:00",
        "actor": "P001",
        "sha256": hashlib.sha256(opened).hexdigest(),
        "sm3": sm3(opened).hex(),
    }
    return {**made, **changes}


def receipt(
    leaf: dict[str, Any] | None = None,
    *,
    origin: str = ORIGIN,
    signer: Any = LOG,
    note: Callable[[bytes], bytes] = bytes,
    size: int = 2,
    index: object = 0,
    extra: bytes | None = None,
    **changes: Any,
) -> bytes:
    entry = canonical_json(leaf or leaf_of())
    hashes = [leaf_hash(entry), bytes([9]) * 32]
    checkpoint = sign_note(f"{origin}\n{size}\n{b64(tree_root(hashes, SHA256))}\n", [signer.signer])
    carried = {"leaf": entry.decode(), "payload": PAYLOAD, "salt": SALT.hex(), **changes}
    written = canonical_json(carried) if extra is None else extra
    lines = [
        "c2sp.org/tlog-proof@v1",
        f"extra {b64(written)}" if written else "",
        f"index {index}",
        b64(hashes[1]),
    ]
    return "".join(f"{line}\n" for line in lines if line).encode() + b"\n" + note(checkpoint)


GOOD = receipt()
LOOSE = json.dumps(
    {"leaf": canonical_json(leaf_of()).decode(), "payload": PAYLOAD, "salt": SALT.hex()}
).encode()
RECEIPTS: list[tuple[str, bytes, str, str]] = [
    ("a good one", GOOD, "pass", ""),
    ("an altered payload", receipt(payload={"title": "别的"}), "fail", "event"),
    ("another salt", receipt(salt="00" * 16), "fail", "event"),
    ("one commitment that fits", receipt(leaf_of(sm3="0" * 64)), "fail", "event"),
    ("another index", receipt(index=1), "fail", "proof"),
    ("an index beyond the tree", receipt(index=7), "fail", "proof"),
    ("an index beyond every tree", receipt(index=2**53), "fail", "proof"),
    ("another size", receipt(size=3), "fail", "proof"),
    ("another leaf than was logged", GOOD.replace(b64(canonical_json(json.loads(LOOSE))).encode(), b64(
        canonical_json({**json.loads(LOOSE), "leaf": canonical_json(leaf_of(n=1)).decode()})).encode()), "fail", "proof"),
    ("a forged head", receipt(note=forged), "fail", "proof"),
    ("another log", receipt(origin="x"), "undetermined", "unknown-key"),
    ("nothing beside the proof", receipt(extra=b""), "fail", "json"),
    ("not canonical", receipt(extra=LOOSE), "fail", "json"),
    ("one member more", receipt(more=1), "fail", "json"),
    ("a salt in capitals", receipt(salt="AB" * 16), "fail", "json"),
    ("a leaf that is no text", receipt(extra=canonical_json({**json.loads(LOOSE), "leaf": leaf_of()})), "fail", "json"),
    ("a leaf that is a list", receipt(extra=canonical_json({**json.loads(LOOSE), "leaf": "[]"})), "fail", "json"),
    ("a leaf with one member more", receipt(leaf_of(more=1)), "fail", "json"),
    ("a leaf of a later version", receipt(leaf_of(v=2)), "undetermined", "unsupported"),
    ("a stream with too long a name", receipt(leaf_of(stream="L" * 129)), "undetermined", "unsupported"),
    ("no checkpoint", GOOD.partition(b"\n\n")[0] + b"\n\nx", "fail", "proof"),
    ("no index", GOOD.replace(b"index 0\n", b""), "fail", "proof"),
    ("line ends of another system", GOOD.replace(b"\n", b"\r\n"), "fail", "container"),
]  # fmt: skip


def written(trust: bytes | dict[str, Any] | None) -> bytes | None:
    return json.dumps(trust).encode() if isinstance(trust, dict) else trust


def both(
    node: Node, data: bytes, given: bytes | dict[str, Any] | None, policy: bytes | None = None
) -> tuple[str, set[str]]:
    """Return verdict and codes, the same by both."""
    trust = written(given)
    page = node.judge(data, trust, policy)
    alone = verify_stream(io.BytesIO(data), trust, policy)
    found = {code for code, _ in findings(page)}
    said = {each.code for each in alone.reasons} - {"scope-before", "quorum", "ok-receipt"}
    informs = {each["code"] for each in page["reasons"]} & {"ok-receipt"}
    assert (page["verdict"], found - {"quorum"}) == (alone.verdict, said)
    assert informs == {each.code for each in alone.reasons} & {"ok-receipt"}
    return alone.verdict, found - {"quorum"}


@pytest.mark.parametrize(("name", "data", "verdict", "code"), RECEIPTS, ids=[case[0] for case in RECEIPTS])
def test_each_receipt_shows_what_it_shows(
    node: Node, name: str, data: bytes, verdict: str, code: str
) -> None:
    found = both(node, data, trust_of())
    assert found[0] == verdict
    assert found[1] == ({code} if code else set())


def test_a_receipt_needs_a_trust_file_and_is_not_judged_by_a_policy(node: Node) -> None:
    for trust in (None, b"{}", rooted()):
        assert both(node, GOOD, trust) == ("undetermined", {"no-trust"})
    assert both(node, GOOD, trust_of(), b"quorum none\n") == ("undetermined", {"unsupported"})
    assert both(node, receipt(signer=TWIN_LOG), trust_of())[0] != "pass"


def test_the_log_key_counts_within_its_range_only(node: Node) -> None:
    keys = trust_of()["keys"]
    for entry, expected in (
        (LOG.entry(0, 2), ("pass", set())),
        (LOG.entry(0, 1), ("undetermined", {"revoked-key"})),
        (LOG.entry(2), ("undetermined", {"revoked-key"})),
    ):
        assert both(node, GOOD, trust_of(keys=[*keys, entry])) == expected


def test_the_two_verifiers_agree_on_receipts_bent_at_random(node: Node) -> None:
    chance, trust = random.Random(11), written(trust_of())
    for _ in range(150):
        data = bend_bytes(chance, GOOD)
        if data == GOOD:
            continue
        page, alone = node.judge(data, trust, None), verify_stream(io.BytesIO(data), trust)
        assert page["verdict"] == alone.verdict != "pass", data


def test_what_the_portal_gives_a_reporter_passes(tmp_path: Path, node: Node) -> None:
    with Home.open(tmp_path / "home", create=True) as home:
        (event,) = home.append([EventDraft("L2026-0001", "lead.a", {"title": "线索", "n": 1})], actor="P001")
        home.append([EventDraft("L2026-0001", "lead.a", {"n": 2})], actor="P001")
        data = make_receipt(home, event)
        assert check_receipt(data, home.log.key).stream == "L2026-0001"
        assert both(node, data, home.trust_path.read_bytes()) == ("pass", set())
