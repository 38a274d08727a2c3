"""Time stamps: every algorithm, every way to break a token, and the chains that are believed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509

from qingyuan.ledger import SHA256
from tests.evidence.verify_page.making import Matter, Stamp, small_matter
from tests.evidence.verify_page.node import CHECKS, Node, ThrownError, findings, passed
from tests.evidence.verify_page.sealing import jsonl, sealed, zipped
from tests.evidence.verify_page.stamping import Authority, Certificate, authority, make_certificate, new_key
from tests.evidence.verify_page.trees import Json, b64, consistency, tree_root
from tests.evidence.verify_page.trusting import trust_of

TOKEN, LINES = "timestamps/0.tsr", "evidence/timestamps.jsonl"
MESSAGE = b"log.example/jcy\n1\nAAAA\n"


def listed(*certificates: Certificate) -> list[dict[str, str]]:
    return [each.tsa() for each in certificates]


def told(node: Node, stamps: Authority | bytes, *roots: Certificate) -> str:
    """'trusted', 'untrusted', 'broken' or 'unsupported', as a package with this token is judged."""
    matter = Matter(twin=False)
    matter.take(b"a\n", "a.csv")
    matter.transfer()
    by = stamps if isinstance(stamps, Authority) else lambda _: stamps
    matter.stamps = [Stamp("checkpoint", by, size=2)]
    logs = [each for each in trust_of()["logs"] if not each["origin"].endswith("/sm3")]
    result = node.judge(matter.package(), trust_of(logs=logs, tsas=listed(*roots)))
    codes = {(r["code"], r["path"]) for r in result["reasons"]}
    answers = [
        name
        for code, name in (
            ("time", "trusted"),
            ("untrusted-time", "untrusted"),
            ("timestamp", "broken"),
            ("unsupported", "unsupported"),
        )
        if (code, TOKEN) in codes
    ]
    (answer,) = answers
    assert result["verdict"] == {"broken": "fail", "unsupported": "undetermined"}.get(answer, "pass")
    assert ("timestamps" in passed(result)) is (answer in ("trusted", "untrusted"))
    assert [each["trusted"] for each in result["timestamps"]] == {
        "trusted": [True],
        "untrusted": [False],
    }.get(answer, [])
    return answer


KINDS: list[tuple[str, Json]] = [
    ("rsa", {}), ("rsa", {"digest": "sha512", "imprint": "sha384"}), ("rsa", {"ess": "v1"}), ("rsa", {"ess": "v1v2"}), ("pss", {}),
    ("p256", {}), ("p256", {"digest": "sha512"}), ("p384", {"digest": "sha384", "imprint": "sm3"}), ("p521", {"digest": "sha512"}), ("ed25519", {"digest": "sha512"}),
    ("rsa", {"status": "granted_with_mods"}), ("rsa", {"fraction": True}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "changes"), KINDS, ids=[f"{kind} {changes}" for kind, changes in KINDS])
def test_tokens_of_each_algorithm_are_trusted_by_their_root_and_by_themselves(
    node: Node, kind: str, changes: Json
) -> None:
    stamps, root = authority(kind, **changes)
    assert told(node, stamps, root) == "trusted"
    assert told(node, stamps, stamps.signer) == "trusted"
    assert told(node, stamps) == "untrusted"


def test_a_key_that_is_too_short_is_unsupported(node: Node) -> None:
    stamps, root = authority("rsa1024")
    assert told(node, stamps, root) == "unsupported"


def bend(name: str, value: Any) -> Callable[[Json], None]:
    return lambda parts: parts.update({name: value})


BROKEN: list[tuple[str, Json]] = [
    ("no content type", {"drop": "content_type"}), ("no message digest", {"drop": "message_digest"}), ("no signing certificate", {"ess": ""}),
    ("refused", {"status": "rejection"}), ("waiting", {"status": "waiting"}), ("signature of zeros", {"change": bend("signature", bytes(256))}),
    ("no attributes", {"change": lambda parts: parts.pop("signed_attrs")}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes"), BROKEN, ids=[case[0] for case in BROKEN])
def test_a_token_that_lacks_something_is_broken(node: Node, name: str, changes: Json) -> None:
    stamps, root = authority("rsa", **changes)
    assert told(node, stamps, root) == "broken"


def test_a_token_is_broken_when_bytes_follow_or_change(node: Node) -> None:
    stamps, root = authority("p256")
    token = stamps(MESSAGE)
    assert told(node, token, root) == "broken", "it stamps another message"
    right = node.call("certificate", stamps.signer.der)
    assert right["serial"]
    anchors: list[Any] = []
    assert node.call("checkToken", token, MESSAGE, anchors)["anchor"] is None
    for bent in (token + b"\0", token[:-1], b"", b"\x30\x80" + token[4:] + b"\0\0"):
        with pytest.raises(ThrownError):
            node.call("checkToken", bent, MESSAGE, anchors)


def test_no_byte_of_a_token_can_change_what_it_says(node: Node) -> None:
    """Each bit flip is refused, unknown, or leaves time and trust as they were."""
    stamps, _ = authority("p256", bare=False)
    token = stamps(MESSAGE)
    time = node.call("checkToken", token, MESSAGE, [])["time"]
    for place in range(len(token)):
        bent = bytearray(token)
        bent[place] ^= 1 << place % 8
        try:
            found = node.call("checkToken", bytes(bent), MESSAGE, [])
        except ThrownError:
            continue
        if not found["wrong"] and not found["unknown"]:
            assert (found["time"], found["anchor"]) == (time, None), place


def test_the_certificate_may_come_from_the_trust_file_alone(node: Node) -> None:
    stamps, root = authority("rsa", bare=True)
    assert told(node, stamps, root) == "untrusted"
    assert told(node, stamps, stamps.signer) == "trusted"
    assert told(node, stamps, stamps.signer, root) == "trusted"


def test_a_certificate_put_beside_the_signer_does_not_matter(node: Node) -> None:
    stamps, root = authority("p256")
    other, _ = authority("p256")
    stamps.chain = [other.signer, root]
    assert told(node, stamps, root) == "trusted"
    stamps.chain = []
    impostor = make_certificate("p256 stamps", new_key("p256"), root)
    stamps.change = lambda parts: parts.update(
        sid={
            "issuer_and_serial_number": {
                "issuer": parts["sid"]["issuer_and_serial_number"]["issuer"],
                "serial_number": impostor.cert.serial_number,
            }
        }
    )
    stamps.chain = [impostor]
    assert told(node, stamps, root) == "broken"


DAY = datetime(2026, 3, 10, tzinfo=UTC)
SIGNERS: list[tuple[str, Json]] = [
    ("not critical", {"critical": False}), ("another use too", {"also": True}), ("no use", {"stamping": False}), ("expired", {"end": datetime(2026, 3, 9, 8, 59, 59, tzinfo=UTC)}),
    ("not yet valid", {"start": DAY}), ("an unknown critical extension", {"extra": [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\5\0"), True)]}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes"), SIGNERS, ids=[case[0] for case in SIGNERS])
def test_a_signer_that_may_not_stamp_is_not_trusted(node: Node, name: str, changes: Json) -> None:
    root = make_certificate("root", new_key("p256"), ca=True)
    signer = make_certificate("stamps", new_key("p256"), root, **changes)
    assert told(node, Authority(signer, kind="p256"), root) == "untrusted"


def test_a_signer_valid_to_the_very_second_is_trusted(node: Node) -> None:
    root = make_certificate("root", new_key("p256"), ca=True, end=DAY.replace(month=1))
    moment = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
    signer = make_certificate("stamps", new_key("p256"), root, start=moment, end=moment)
    assert told(node, Authority(signer, kind="p256"), root) == "trusted", "the listed root may have expired"
    assert told(node, Authority(signer, kind="p256", fraction=True), root) == "untrusted"


def chain_of(length: int, **last: Any) -> tuple[Authority, Certificate, list[Certificate]]:
    """A signer below a chain of authorities; the certificates between it and the root."""
    root = make_certificate("root", new_key("p256"), ca=True)
    between: list[Certificate] = []
    for number in range(length):
        between.append(
            make_certificate(
                f"ca{number}", new_key("p256"), between[-1] if between else root, **{"ca": True, **last}
            )
        )
    signer = make_certificate("stamps", new_key("p256"), between[-1] if between else root)
    return Authority(signer, kind="p256", chain=between[::-1]), root, between


def test_a_chain_has_at_most_eight_certificates(node: Node) -> None:
    stamps, root, between = chain_of(6)
    assert told(node, stamps, root) == "trusted"
    assert told(node, stamps, between[3]) == "trusted"
    stamps.chain = []
    assert told(node, stamps, root) == "untrusted"
    stamps, root, between = chain_of(7)
    assert told(node, stamps, root) == "untrusted"
    assert told(node, stamps, between[0]) == "trusted"


def test_issuers_must_be_authorities_within_their_path_length(node: Node) -> None:
    for changes, answer in (
        ({"path": 0}, "untrusted"),
        ({"path": 1}, "trusted"),
        ({"usage": False}, "trusted"),
        ({"ca": False, "stamping": False}, "untrusted"),
    ):
        stamps, root, _ = chain_of(2, **changes)
        assert told(node, stamps, root) == answer, changes


def test_an_expired_authority_in_between_is_not_trusted(node: Node) -> None:
    stamps, root, between = chain_of(1, end=datetime(2026, 3, 1, tzinfo=UTC))
    assert told(node, stamps, root) == "untrusted"
    assert told(node, stamps, between[0]) == "trusted"


def test_a_root_of_the_same_name_is_not_the_root(node: Node) -> None:
    stamps, _ = authority("p256")
    assert told(node, stamps, make_certificate("p256 root", new_key("p256"), ca=True)) == "untrusted"


def stamped_matter() -> tuple[Matter, Json]:
    matter = small_matter()
    one, root = authority("p256")
    two, other = authority("p256")
    matter.stamps = [Stamp("checkpoint", one, size=7), Stamp("checkpoint", two, size=5, twin=True), Stamp("exhibit", one, exhibit=matter.exhibits[0]["manifest"]["id"]),
                     Stamp("timestamp", two, timestamp=0)]  # fmt: skip
    return matter, trust_of(tsas=[root.tsa("甲"), other.tsa("乙")])


def test_tokens_over_checkpoints_exhibits_and_tokens_show_their_times(node: Node) -> None:
    matter, trust = stamped_matter()
    result = node.judge(matter.package(), trust)
    assert (result["verdict"], passed(result)) == ("pass", CHECKS)
    assert [(each["n"], each["over"], each["size"], each["operator"]) for each in result["timestamps"]] == [
        (0, "checkpoint", 7, "甲"), (1, "checkpoint", 5, "乙"), (2, "exhibit", None, "甲"), (3, "timestamp", None, "乙"),
    ]  # fmt: skip
    assert {each["gen_time"] for each in result["timestamps"]} == {"2026-03-09T09:00:00Z"}


def test_as_many_operators_as_demanded_must_cover_the_making_of_each_exhibit(node: Node) -> None:
    matter, trust = stamped_matter()
    for demanded, found in ((1, set()), (2, set()), (3, {("no-timestamp", LINES)})):
        result = node.judge(matter.package(), {**trust, "timestamps": {"operators": demanded}})
        assert findings(result) == found
    matter.stamps[1].size = 3
    result = node.judge(matter.package(), {**trust, "timestamps": {"operators": 2}})
    assert (result["verdict"], findings(result)) == ("undetermined", {("no-timestamp", LINES)})


LINE_FAULTS: list[tuple[int, Json, tuple[str, str]]] = [
    (0, {"n": 1}, ("timestamp", LINES)), (0, {"over": "moon"}, ("json", LINES)), (0, {"more": 1}, ("json", LINES)), (0, {"log": "other"}, ("timestamp", LINES)),
    (0, {"size": 6}, ("timestamp", TOKEN)), (0, {"size": 0}, ("timestamp", TOKEN)), (0, {"size": 8}, ("timestamp", TOKEN)), (0, {"root": b64(bytes(32))}, ("timestamp", TOKEN)),
    (0, {"path": [b64(bytes(32))]}, ("timestamp", TOKEN)), (1, {"path": []}, ("timestamp", "timestamps/1.tsr")), (2, {"exhibit": "Xnone"}, ("timestamp", LINES)),
    (3, {"timestamp": 3}, ("timestamp", LINES)), (3, {"timestamp": 1}, ("timestamp", "timestamps/3.tsr")),
]  # fmt: skip


@pytest.mark.parametrize(("number", "changes", "wanted"), LINE_FAULTS, ids=lambda value: str(value)[:30])
def test_each_wrong_word_of_a_line_is_named(
    node: Node, number: int, changes: Json, wanted: tuple[str, str]
) -> None:
    matter, trust = stamped_matter()
    members = matter.members()
    lines = [json.loads(each) for each in members[LINES].splitlines()]
    lines[number] = {**lines[number], **changes}
    result = node.judge(zipped(sealed({**members, LINES: jsonl(lines)}, matter.id)), trust)
    assert result["verdict"] == "fail"
    assert wanted in findings(result)


def test_consistency_paths_of_every_pair_of_sizes_join_and_no_other(node: Node) -> None:
    hashes = [hashlib.sha256(bytes([n])).digest() for n in range(12)]
    for newer in range(1, 13):
        new = tree_root(hashes[:newer], SHA256)
        for older in range(1, newer + 1):
            old, path = tree_root(hashes[:older], SHA256), consistency(hashes[:newer], older, SHA256)
            assert node.call("joins", "sha256", older, old, newer, new, path) is True
            for bad in ([*path, old], path[:-1], [bytes(32), *path[1:]]):
                if bad != path:
                    assert node.call("joins", "sha256", older, old, newer, new, bad) is False
            assert node.call("joins", "sha256", older, bytes(32), newer, new, path) is False
