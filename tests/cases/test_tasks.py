"""What is next: who, by when, under which article, and why; each worked out by hand from the stories."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from qingyuan.cases import VERBS, tasks
from tests.cases._world import law, moment, stories, told


def _next(story: str, on: date) -> dict[tuple[str, str], Any]:
    return {(one.target, one.verb): one for one in tasks(told(story).docket, law=law(), now=moment(on))}


@pytest.mark.parametrize(
    ("story", "on", "target", "verb", "who", "due", "remind", "article"),
    [
        ("registered", date(2026, 3, 3), "L2026-0001", "lead-assess", "handler", date(2026, 4, 1), "later", ""),
        ("opened", date(2026, 3, 4), "M2026-0001", "case-file", "approver", None, "undated", "第二十八"),
        ("filed", date(2026, 3, 6), "C2026-0001", "serve-filing", "handler", date(2026, 3, 12), "soon", "第七十条"),
        ("filed", date(2026, 3, 13), "C2026-0001", "serve-filing", "handler", date(2026, 3, 12), "overdue", "第七十条"),
        ("concluded", date(2026, 3, 26), "C2026-0001", "issue-suggestion", "approver", None, "undated", "第七十五条"),
        # three days from 26 March: Sunday 29 March, so Monday 30 March
        ("suggested", date(2026, 3, 30), "C2026-0001", "serve-suggestion", "handler", date(2026, 3, 30), "today", "第七十六条"),
        # served 27 March; five days: 1 April
        ("rectifying", date(2026, 3, 28), "C2026-0001", "record-suggestion", "handler", date(2026, 4, 1), "soon", "第七十五条"),
        # two months: 27 May
        ("rectifying", date(2026, 3, 28), "C2026-0001", "receive-reply", "organ", date(2026, 5, 27), "later", "第二十一条"),
        ("rectifying-urgently", date(2026, 3, 28), "C2026-0001", "receive-reply", "organ", date(2026, 4, 13), "later", "第二十一条"),
        ("measured", date(2026, 5, 15), "C2026-0001 m01", "prove-measure", "owner", date(2026, 5, 20), "soon", "第七十七条"),
        ("submitted", date(2026, 5, 27), "C2026-0001 m01", "verify-measure", "verifier", date(2026, 5, 20), "overdue", "第七十七条"),
        # the reply period ended 27 May, a month of review: Saturday 27 June, so Monday 29 June
        ("replied", date(2026, 5, 26), "C2026-0001", "follow-up", "handler", date(2026, 6, 29), "later", "第四十七条"),
        ("to-sue", date(2026, 6, 24), "C2026-0001", "file-suit", "approver", date(2026, 6, 29), "soon", "第四十七条"),
        ("reviewed", date(2026, 6, 2), "C2026-0001", "close", "approver", None, "undated", "第七十四条"),
        ("closed", date(2026, 6, 3), "C2026-0001", "serve-closing", "handler", None, "undated", "第七十四条"),
        ("summoned", date(2026, 9, 1), "C2026-0002", "appoint-attendance", "handler", None, "any", "第"),
        ("crime-approved", date(2026, 3, 11), "C2026-0001", "hand-over-crime", "organ", date(2026, 3, 11), "soon", "第五条"),
        ("crime-accepted-elsewhere", date(2026, 3, 12), "C2026-0001", "forward-crime", "police", date(2026, 3, 13), "later", "第七条"),
        ("major", date(2026, 3, 3), "L2026-0005", "report-major-lead", "handler", None, "undated", "第二十五条"),
    ],
)  # fmt: skip
def test_a_task_names_who_by_when_and_why(
    story: str, on: date, target: str, verb: str, who: str, due: date | None, remind: str, article: str
) -> None:
    found = _next(story, on)
    assert (target, verb) in found, [*found]
    task = found[target, verb]
    assert task.who == who
    assert task.why_zh
    assert task.why_en
    if remind != "any":
        assert (task.due, task.remind) == (due, remind)
    assert any(article in cited.article for cited in task.articles), task.articles


def test_after_the_time_of_the_reply_the_follow_up_is_due_though_nobody_recorded_anything() -> None:
    assert ("C2026-0001", "follow-up") not in _next("rectifying", date(2026, 5, 27))
    late = _next("rectifying", date(2026, 5, 28))
    assert late["C2026-0001", "follow-up"].due == date(2026, 6, 29)
    assert late["C2026-0001", "receive-reply"].remind == "overdue"


def test_the_handler_is_named_and_what_others_have_to_do_names_nobody() -> None:
    world = told("rectifying")
    world.act("assign", {"case": "C2026-0001", "handler": "P007"}, date(2026, 3, 28))
    found = {one.verb: one for one in tasks(world.docket, law=law(), now=moment(date(2026, 3, 28)))}
    assert found["record-suggestion"].person == "P007"
    assert found["receive-reply"].person == ""


def test_a_suspended_review_asks_only_whether_the_obstacle_ended() -> None:
    found = _next("suspended", date(2026, 6, 10))
    assert ("C2026-0001", "resume") in found
    assert ("C2026-0001", "follow-up") not in found
    assert found["C2026-0001", ""].stopped


def test_what_is_missing_before_a_task_can_be_done_is_said() -> None:
    task = _next("to-sue", date(2026, 6, 2))["C2026-0001", "file-suit"]
    assert task.missing == ()
    early = _next("reviewed", date(2026, 6, 2))["C2026-0001", "close"]
    assert early.missing == ()
    unproved = told("measured")
    unproved.act(
        "follow-up",
        {
            "case": "C2026-0001",
            "findings": "已整改",
            "outcome": "terminate",
            "investigators": ["P001", "P002"],
            "report": "D0002",
        },
        date(2026, 5, 26),
    )
    (close,) = [
        one for one in tasks(unproved.docket, law=law(), now=moment(date(2026, 5, 26))) if one.verb == "close"
    ]
    assert ["m01" in each.zh for each in close.missing] == [True]


@pytest.mark.parametrize("story", sorted(stories()))
def test_nothing_open_is_left_out_and_nothing_is_listed_twice(story: str) -> None:
    docket = told(story).docket
    listed = tasks(docket, law=law(), now=moment(date(2026, 6, 10)))
    keys = [(one.target, one.verb, one.key) for one in listed]
    assert len(keys) == len(set(keys))
    assert all(one.verb in VERBS or one.key for one in listed)
    assert [one.due or date.max for one in listed] == sorted(one.due or date.max for one in listed)


def test_relatives_of_heroes_may_be_asked_in_place_of_the_notice_and_then_the_case_is_followed_up() -> None:
    assert ("C2026-0002", "ask-relatives") in _next("concluded-heroes", date(2026, 3, 26))
    assert ("C2026-0002", "ask-relatives") not in _next("concluded-civil", date(2026, 3, 26))
    asked = _next("relatives-asked", date(2026, 4, 9))
    assert ("C2026-0002", "publish-notice") not in asked
    # three months from Wednesday 8 April: Wednesday 8 July
    assert asked["C2026-0002", "follow-up"].due == date(2026, 7, 8)
