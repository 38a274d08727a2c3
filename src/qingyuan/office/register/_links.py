"""Which leads and cases belong to which matter, as the events say, and telling whether the table of links says the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

#: What a stream belongs to (None: to itself again), and the log index of the event that says so.
Said = tuple[str | None, int]


def links_said(connection: sa.Connection) -> dict[str, Said]:
    """Return what the events say of each stream that was ever linked.

    Raises:
        ValueError: An event holds something else than such an event does.
        TypeError: The same.
        KeyError: The same.
    """
    rows = connection.execute(
        sa.text(
            "SELECT idx, stream, type, payload FROM event WHERE type IN ('matter.opened', 'matter.lead_joined', "
            "'matter.lead_parted', 'matter.merged', 'matter.split', 'case.filed') ORDER BY idx"
        )
    ).all()
    said: dict[str, Said] = {}
    came: dict[str, tuple[str, ...]] = {}
    for index, stream, type_, payload in rows:
        for child, above in _says(came, stream, type_, msgspec.json.decode(payload)).items():
            said[child] = (above, index)
    return said


def check_links(connection: sa.Connection) -> Iterator[tuple[str, str, str]]:
    """Yield place and words, in Chinese and English, for each link that is not what the events say.

    What a package, a docket and a list hold rests on these links: one that was cut leaves a lead with its exhibits out of
    its matter. The place is the log index of the event that says what belongs together.
    """
    try:
        said = links_said(connection)
    except (ValueError, TypeError, KeyError, AttributeError):
        return  # an event that was changed, which the check of the events names
    held = {
        str(child): str(above)
        for child, above in connection.execute(sa.text("SELECT child, parent FROM link"))
    }
    for child, (above, index) in sorted(said.items()):
        found = held.pop(child, None)
        if found != above:
            yield (
                f"log index {index}",
                f"{child} 按此事件属于 {above or '自身'}，登记却为 {found or '自身'}，请运行 qingyuan office rebuild",
                f"{child} belongs to {above or 'itself'} by this event, not to {found or 'itself'} as registered; run qingyuan office rebuild",
            )
    for child, above in sorted(held.items()):
        yield (
            f"link {child}",
            f"登记为属于 {above}，没有事件如此记载，请运行 qingyuan office rebuild",
            f"registered below {above}, which no event says; run qingyuan office rebuild",
        )


def _says(
    came: dict[str, tuple[str, ...]], stream: str, type_: str, body: dict[str, Any]
) -> dict[str, str | None]:
    """Return what an event links, or parts; ``came`` is what each merged matter came with."""
    if type_ == "case.filed":
        return {stream: body["matter"]}
    if type_ == "matter.lead_parted":
        return {body["lead"]: None}
    if type_ == "matter.merged":
        came[body["matter"]] = (*body["leads"], *body.get("cases", ()))
        return dict.fromkeys((body["matter"], *came[body["matter"]]), stream)
    if type_ == "matter.split":
        return {body["matter"]: None, **dict.fromkeys(came.pop(body["matter"], ()), body["matter"])}
    return dict.fromkeys(body["leads"] if type_ == "matter.opened" else [body["lead"]], stream)
