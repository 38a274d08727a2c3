"""When a token is due to be stamped again."""

from __future__ import annotations

from datetime import UTC, datetime

from qingyuan.evidence.timestamp import Age, Judgement, ageing_of, judge_timestamp
from tests.evidence.timestamp.world import AT, DAY, MESSAGE, World, usual, world


def judged(place: World, message: bytes = MESSAGE) -> Judgement:
    return judge_timestamp(place.answer(), message, anchors=[place.root])


def test_a_young_token_is_not_due() -> None:
    assert ageing_of(judged(usual()), AT) == ()


def test_a_token_is_due_before_its_first_certificate_expires() -> None:
    place = world(tsa_span=(AT - DAY, AT + 100 * DAY))
    assert ageing_of(judged(place), AT + 9 * DAY) == ()
    (due,) = ageing_of(judged(place), AT + 11 * DAY)
    assert (due.age, due.due, due.detail) == (Age.EXPIRES, AT + 100 * DAY, "Common Name: TEST TSA")
    assert ageing_of(judged(place), AT, before=100 * DAY)[0].age is Age.EXPIRES
    assert ageing_of(judged(place), AT + 101 * DAY)[0].age is Age.EXPIRED


def test_an_intermediate_that_expires_first_counts() -> None:
    place = world(middle_span=(AT - DAY, AT + 20 * DAY))
    assert ageing_of(judged(place), AT)[0].detail == "Common Name: TEST INTERMEDIATE"


def test_sha1_and_short_keys_make_a_token_due() -> None:
    place = usual().with_authority(sha1_reference=True)
    assert [each.age for each in ageing_of(judged(place), AT)] == [Age.SHA1]
    rsa = world("rsa", tsa_span=(AT - DAY, AT + 9000 * DAY), middle_span=(AT - DAY, AT + 9000 * DAY))
    assert ageing_of(judged(rsa), AT) == ()
    reasons = ageing_of(
        judge_timestamp(rsa.answer(), MESSAGE, anchors=[rsa.middle]), datetime(2030, 11, 1, tzinfo=UTC)
    )
    assert [each.age for each in reasons] == [Age.SHORT_KEY, Age.SHORT_KEY]


def test_what_cannot_be_verified_is_said_and_not_called_fine() -> None:
    assert [each.age for each in ageing_of(judged(usual(), b"other"), AT)] == [Age.BROKEN]
    stranger = judge_timestamp(usual().answer(), MESSAGE, anchors=[])
    (due,) = ageing_of(stranger, AT)
    assert (due.age, due.detail) == (Age.NOT_TRUSTED, "no-anchor")
    assert all(each.zh and each.en for each in Age)
