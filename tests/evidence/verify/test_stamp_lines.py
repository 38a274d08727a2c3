"""Lines of ``evidence/timestamps.jsonl``: what they may name, and that a checkpoint of any day joins the head."""

from __future__ import annotations

from typing import Any

import pytest

from qingyuan.evidence.verify import verify_evp
from tests.evidence.verify.checking import check, codes, paths
from tests.evidence.verify.maker import Maker
from tests.evidence.verify.noting import b64
from tests.evidence.verify.stamped import ROOT, TSA, Pair, message_of, over_checkpoint, stamped, trusting
from tests.evidence.verify.stamping import Stamp

TRUSTED = trusting(ROOT)
TOKEN, LIST = "timestamps/0.tsr", "evidence/timestamps.jsonl"


def lines(*changes: dict[str, Any], tokens: int | None = None) -> Maker:
    """Lines over exhibit X01, each changed; with as many tokens as lines, or as given."""

    def stamps(maker: Maker) -> list[Pair]:
        pairs: list[Pair] = []
        for change in changes:
            base = {"over": "exhibit", "exhibit": "X01"} if "over" not in change else {}
            line = {**base, **change}
            try:
                message = message_of(maker, line, [token for _, token in pairs])
            except (KeyError, StopIteration, IndexError):
                message = b""
            token = Stamp(message, TSA, certificates=(TSA.certificate,)).token()
            pairs.append((line, token if tokens is None or len(pairs) < tokens else None))
        return pairs

    return Maker(stamps=stamps)


def test_exhibits_and_earlier_tokens_can_be_stamped() -> None:
    report = check(
        lines({}, {"over": "timestamp", "timestamp": 0}, {"over": "timestamp", "timestamp": 1}).build(),
        TRUSTED,
    )
    assert (report.verdict, codes(report)) == ("pass", {"time"})
    assert [t["over"] for t in report.timestamps] == ["exhibit", "timestamp", "timestamp"]
    assert [t["size"] for t in report.timestamps] == [None] * 3


LINES: list[tuple[str, Maker, str, str]] = [
    ("a member that is not known", lines({"zz": 1}), "json", LIST),
    ("a line over something else", lines({"over": "page", "page": 1}), "json", LIST),
    ("a size that is no number", lines({"over": "checkpoint", "size": "1"}), "json", LIST),
    ("a line without its exhibit", lines({"over": "exhibit"}), "json", LIST),
    ("a false number", lines({"n": 1}), "timestamp", LIST),
    ("an exhibit that is not inside", lines({"exhibit": "X77"}), "timestamp", LIST),
    ("a token that stamps itself", lines({"over": "timestamp", "timestamp": 0}), "timestamp", LIST),
    ("a token that stamps a later one", lines({"over": "timestamp", "timestamp": 1}, {}), "timestamp", LIST),
    ("a missing token", lines({}, {}, tokens=1), "timestamp", "timestamps/1.tsr"),
    ("an identifier that is too long", lines({"exhibit": "X" * 129}), "unsupported", LIST),
]  # fmt: skip


@pytest.mark.parametrize(("maker", "code", "path"), [c[1:] for c in LINES], ids=[c[0] for c in LINES])
def test_a_line_that_does_not_fit_is_told(maker: Maker, code: str, path: str) -> None:
    report = check(maker.build(), TRUSTED)
    assert codes(report) - {"time"} == {code}
    assert paths(report, code) == {path}
    assert report.verdict == ("undetermined" if code == "unsupported" else "fail")


def test_a_token_without_a_line_and_a_false_count_are_told() -> None:
    maker = stamped(tags=lambda m: {**m, "timestamps/5.tsr": m[TOKEN]})
    assert paths(check(maker.build(), TRUSTED), "timestamp") == {"timestamps/5.tsr"}
    maker = stamped(package=lambda p: {**p, "timestamps": 2})
    assert paths(check(maker.build(), TRUSTED), "timestamp") == {LIST}


def test_too_many_lines_are_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_evp, "MAX_TIMESTAMPS", 1)
    report = check(lines({}, {}).build(), TRUSTED)
    assert (report.verdict, codes(report)) == ("undetermined", {"unsupported"})
    assert paths(report, "unsupported") == {LIST}


@pytest.mark.parametrize("twin", [False, True])
@pytest.mark.parametrize("size", [1, 4, 13, 16, 26, 27])
def test_a_checkpoint_of_any_day_joins_the_head(size: int, twin: bool) -> None:
    report = check(stamped(size=size, twin=twin).build(), TRUSTED)
    assert (report.verdict, codes(report)) == ("pass", {"time"})


def bent_line(**changes: Any) -> Maker:
    def stamps(maker: Maker) -> list[Pair]:
        line = over_checkpoint(maker, 13)
        line |= {name: change(line[name]) for name, change in changes.items()}
        return [(line, Stamp(message_of(maker, line, []), TSA, certificates=(TSA.certificate,)).token())]

    return Maker(stamps=stamps)


@pytest.mark.parametrize(
    "maker",
    [
        bent_line(root=lambda _: b64(bytes(32))),
        bent_line(path=lambda p: p[:-1]),
        bent_line(path=lambda p: [*p, p[0]]),
        bent_line(path=lambda _: []),
        bent_line(size=lambda _: 14),
        bent_line(size=lambda _: 27),
        bent_line(size=lambda _: 28),
        bent_line(size=lambda _: 0),
        bent_line(size=lambda _: 0, path=lambda _: []),
    ],
)
def test_a_checkpoint_that_does_not_lie_in_the_log_fails(maker: Maker) -> None:
    report = check(maker.build(), TRUSTED)
    assert (report.verdict, codes(report)) == ("fail", {"timestamp"})
    assert paths(report, "timestamp") == {TOKEN}


def test_a_checkpoint_of_another_log_and_too_many_hashes_are_told() -> None:
    report = check(bent_line(log=lambda _: "other/log").build(), TRUSTED)
    assert (codes(report), paths(report, "timestamp")) == ({"timestamp"}, {LIST})
    for path in (["x"], [b64(b"")], [b64(bytes(32))] * 65):
        assert codes(check(bent_line(path=lambda _, p=path: p).build(), TRUSTED)) == {"json"}
