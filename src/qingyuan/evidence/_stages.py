"""The stages of electronic evidence, the events that mark them, and reading those events."""

from __future__ import annotations

import enum

import msgspec

from qingyuan.evidence._wire import JsonValue, parse_time
from qingyuan.evidence.errors import CustodyError

#: Payload of an event: builtins for canonical JSON.
Payload = dict[str, JsonValue]


class Stage(enum.StrEnum):
    """The stages of electronic evidence, and what follows them."""

    GENERATED = "生成"
    EXTRACTED = "提取"
    STORED = "存储"
    TRANSFERRED = "传输"
    VERIFIED = "验证"
    HANDED_OVER = "移送"
    EXAMINED = "质证"
    DESTROYED = "销毁"

    @property
    def en(self) -> str:
        """Return the English name."""
        return self.name.lower().replace("_", " ")


#: Event type of each stage.
STAGES: dict[str, Stage] = {f"evidence.{stage.name.lower()}": stage for stage in Stage}

#: Types of the events that say what became of a package after its transfer was logged.
COMPLETED = "evidence.transfer_completed"
ABANDONED = "evidence.transfer_abandoned"


class LoggedEvent(msgspec.Struct, frozen=True):
    """One event as the log holds it.

    Attributes:
        index: Its place in the log.
        type: Event type.
        at: Claimed time, as the format writes times.
        actor: Actor identifier.
        payload: Its payload.
    """

    index: int
    type: str
    at: str
    actor: str
    payload: Payload


class Gap(msgspec.Struct, frozen=True):
    """Something that the chain of custody does not show.

    Attributes:
        code: Stable name, e.g. ``"no-second-collector"``.
        zh: What is missing or wrong, in Chinese.
        en: The same in English.
        index: Place in the log of the event concerned, or ``None``.
    """

    code: str
    zh: str
    en: str
    index: int | None = None


def text_of(event: LoggedEvent, *path: str) -> str:
    """Return a string in the payload of ``event``.

    Raises:
        CustodyError: There is none at ``path``.
    """
    value: JsonValue = event.payload
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, str):
        return value
    raise CustodyError(
        "evidence.bad-event",
        zh=f"事件 {event.type} 缺少“{'.'.join(path)}”",
        en=f"event {event.type} lacks {'.'.join(path)!r}",
        where=f"log index {event.index}",
        remedy_zh="事件不可修改，请追加更正事件并在说明中注明",
        remedy_en="events cannot be changed: add a correcting one and say so",
    )


def time_of(event: LoggedEvent) -> float:
    """Return the claimed time of ``event`` in seconds since the Epoch."""
    return parse_time(event.at, where=f"log index {event.index}").timestamp()
