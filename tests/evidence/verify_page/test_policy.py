"""Policies as the page reads them, with the ledger's own reader as a second opinion."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qingyuan.evidence.verify import verify_evp
from qingyuan.ledger import Cosigner, FormatError, LedgerError, VerifierKey, parse_policy
from tests.evidence.verify_page.node import Node
from tests.evidence.verify_page.trees import seed
from tests.evidence.verify_page.trusting import LOG, TWIN_LOG

WITNESS = [Cosigner(f"witness.example/{n}", seed(f"w{n}")).key.encode() for n in range(3)]
HEAD = f"log {LOG.vkey}\nwitness a {WITNESS[0]} https://a.example/\nwitness b {WITNESS[1]}\nwitness c {WITNESS[2]}\n"

GOOD = [
    "quorum none\n",
    f"{HEAD}quorum a\n",
    f"{HEAD}group g 2 a b c\nquorum g\n",
    f"# note\n\n \t\n{HEAD}group g any a b\n\tgroup h  all\tg c \nquorum h\n",
    f"log {LOG.vkey} https://log.example/\nlog {TWIN_LOG.vkey}\nquorum none\n",
    f"quorum none\n{HEAD}",
]
BAD = [
    "", "\n", "quorum\n", "quorum none none\n", "quorum a\n", "quorum none\nquorum none\n", "Quorum none\n", "log\nquorum none\n", "quorum none\r\n",
    f"{HEAD}group g 0 a\nquorum g\n", f"{HEAD}group g 3 a b\nquorum g\n", f"{HEAD}group g any\nquorum g\n", f"{HEAD}group g all a a\nquorum g\n",
    f"{HEAD}group g any a\ngroup h any a b\nquorum h\n", f"{HEAD}group none any a\nquorum a\n", f"{HEAD}group a any b\nquorum a\n",
    f"{HEAD}group g any none\nquorum g\n", f"{HEAD}group g any h\ngroup h any a\nquorum h\n", f"{HEAD}witness d {WITNESS[0]}\nquorum a\n",
    f"{HEAD}log {LOG.vkey}\nquorum a\n", f"{HEAD}witness a {WITNESS[1]}\nquorum a\n", f"{HEAD}witness d {WITNESS[0]} u v\nquorum a\n",
    f"{HEAD}quorum a\x00\n", f"{HEAD}quorum a\x7f\n", f"witness a {WITNESS[0][:-4]}\nquorum a\n", f"{HEAD}group g -1 a\nquorum g\n",
    f"{HEAD}group g 1.0 a\nquorum g\n", "quorum none", "quorum none\n ", "quorum none\n" + "#\n" * 4096, "quorum none\n#" + "x" * (256 << 10) + "\n",
]  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_a_policy_of_the_specification_is_read(node: Node, text: str) -> None:
    assert parse_policy(text.encode())
    assert node.call("readPolicy", text.encode()) is not None


@pytest.mark.parametrize("text", BAD, ids=lambda text: repr(text[-40:]))
def test_what_breaks_the_specification_is_no_policy(node: Node, text: str) -> None:
    assert node.call("readPolicy", text.encode()) is None


@pytest.mark.parametrize(
    "line",
    [f"witness d {LOG.vkey}\n", f"witness d {TWIN_LOG.vkey}\n", f"log {WITNESS[2]}\n"],
    ids=["log", "twin", "witness"],
)
def test_the_key_of_a_log_is_no_witness_and_that_of_a_witness_no_log(node: Node, line: str) -> None:
    raw = f"{HEAD}{line}quorum a\n".replace(f"witness c {WITNESS[2]}\n", "").encode()
    assert node.call("readPolicy", raw) is None
    for read in (parse_policy, verify_evp._PolicyReader().read):
        with pytest.raises((FormatError, ValueError)):
            read(raw)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(GOOD), st.data())
def test_the_page_and_the_ledger_read_the_same_policies(node: Node, text: str, data: st.DataObject) -> None:
    raw = text.encode()
    place = data.draw(st.integers(0, len(raw) - 1))
    end = data.draw(st.integers(place, min(len(raw), place + 12)))
    bent = (
        raw[:place]
        + data.draw(
            st.sampled_from(
                [b"", b" ", b"\n", b"a", b"none", b"2", b"\xc3\xa9", b"\x00", b"#", b"group x any a\n"]
            )
        )
        + raw[end:]
    )
    try:
        parse_policy(bent)
    except (FormatError, LedgerError) as error:
        # A witness of a type that nobody knows may stand in a policy for a verifier, but not in one that we act by.
        assume("unknown signature type" not in error.text("en"))
        read = False
    else:
        read = True
    assert (node.call("readPolicy", bent) is not None) is read


def test_both_verifiers_read_as_many_lines_as_the_document_says(node: Node) -> None:
    for more, good in ((4095, True), (4096, False)):
        raw = b"quorum none\n" + b"#\n" * more
        assert (node.call("readPolicy", raw) is not None) is good
        assert _reads(partial(verify_evp._PolicyReader().read, raw)) is good


@pytest.mark.parametrize(
    ("name", "good"),
    [
        (b"a", True), ("日志.example/甲".encode(), True), (b"a\x7fb", True), (b"a-_.~:/%", True), ("a\u200bb".encode(), True),
        (b"", False), (b"a b", False), (b"a\x01b", False), (b"a\x1cb", False), ("a\u0085b".encode(), False), ("a\u00a0b".encode(), False),
        ("a\u2028b".encode(), False), ("\u3000".encode(), False), (b"\xff", False), (b"a\xc3", False), (b"\xed\xa0\x80", False),
        (b"\xff\xc2\xa0", False), (b"\xc2\xa0\xff", False),
    ],
    ids=repr,
)  # fmt: skip
def test_three_readers_take_the_same_names_of_keys(node: Node, name: bytes, good: bool) -> None:
    public = b"\x01" + VerifierKey.parse(LOG.vkey).public
    identifier = hashlib.sha256(name + b"\n" + public).hexdigest()[:8]
    vkey = name + f"+{identifier}+".encode() + base64.b64encode(public)
    policy = b"log " + vkey + b"\nquorum none\n"
    text = vkey.decode("utf-8", "replace")
    readers = (
        lambda: parse_policy(policy), lambda: verify_evp._PolicyReader().read(policy),
        lambda: VerifierKey.parse(text), lambda: verify_evp._parse_vkey(text),
    )  # fmt: skip
    for read in readers[:2] if b"\x7f" not in name else ():  # no policy may have that character
        assert _reads(read) is good
    assert [_reads(read) for read in readers[2:]] == [good, good]
    assert (node.call("verifierKey", vkey.decode("latin-1")) is not None) is good


def _reads(read: Callable[[], object]) -> bool:
    try:
        read()
    except (FormatError, ValueError):
        return False
    return True
