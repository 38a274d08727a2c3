"""Reading YAML: within bounds, and what comes with the program in a form that loads more than ten times as fast.

It stands on the ground below all rooms. A few lines of YAML can stand for more values than any machine holds (references to references),
nest deeper than a reader may go, or write a number that takes minutes to read; :func:`load_yaml` refuses these by their line before
anything is made of them. YAML that comes with the program is parsed once on a machine (:func:`read_yaml`). The read form is kept beside the program as Python keeps compiled modules: in a
``__pycache__``, named by the SHA-256 of the text and of how it is read, never looked at for a text that differs by a byte, and
not written where Python may not write its own (``PYTHONDONTWRITEBYTECODE``, a folder that is not ours). Losing it costs time only.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any, cast

import msgspec
import yaml

#: Deepest nesting, most values after every reference was followed, longest text, longest number.
_DEPTH, _VALUES, _BYTES, _DIGITS = 100, 2_000_000, 64 << 20, 4_000
_NUMBER = re.compile(r"[-+.]?[0-9][0-9a-fA-FxoEbB_:.+-]*")

_FOLDER = Path(__file__).parent / "__pycache__" / "yaml"
_DAY = 1
#: Changes with the form that is kept.
_FORM = b"2"


def load_yaml(raw: bytes | str, loader: type = yaml.CSafeLoader) -> Any:
    """Return the content of a YAML text that anybody may have written.

    Args:
        raw: The text, UTF-8 when bytes.
        loader: A safe loader.

    Raises:
        yaml.YAMLError: It is not YAML, a value is none (the 30th of February), or it is beyond the bounds; with the place.
    """
    _check(raw)
    try:
        return yaml.load(raw, Loader=loader)  # noqa: S506 - a safe one
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise yaml.constructor.ConstructorError(
            None, None, f"a value cannot be read: {error}", None
        ) from error


def compose_yaml(raw: bytes | str) -> yaml.Node | None:
    """Return a YAML text as nodes with their lines, within the same bounds; ``None`` when it is empty.

    Args:
        raw: The text, UTF-8 when bytes.

    Raises:
        yaml.YAMLError: It is not YAML, or beyond the bounds.
    """
    _check(raw)
    return yaml.compose(raw, Loader=yaml.CSafeLoader)


def _check(raw: bytes | str) -> None:
    """Refuse what is beyond the bounds, one event after the other: nothing is made of it yet."""
    if len(raw) > _BYTES:
        raise yaml.MarkedYAMLError(None, None, f"the text is longer than {_BYTES >> 20} MiB", None)
    count = _Count()
    for event in yaml.parse(raw, Loader=yaml.CSafeLoader):
        count.take(event)
        if len(count.open) > _DEPTH:
            raise _beyond(f"it is nested deeper than {_DEPTH}", event)
        if count.values > _VALUES:
            raise _beyond(f"with its references it has more than {_VALUES} values", event)


class _Count:
    """How many values a text stands for, as far as it was read.

    Attributes:
        values: With every reference followed.
        open: Lists and mappings that did not end yet: name for references, values before it.
    """

    def __init__(self) -> None:
        self.values = 0
        self.open: list[tuple[str | None, int]] = []
        self._sizes: dict[str | None, int] = {}

    def take(self, event: yaml.Event) -> None:
        """Count an event."""
        if isinstance(event, yaml.CollectionStartEvent):
            self.open.append((event.anchor, self.values))
            self.values += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self.open.pop()
            if anchor:
                self._sizes[anchor] = self.values - before
        elif isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in self.open):
                raise _beyond("a value holds itself", event)
            self.values += self._sizes.get(event.anchor, 1)
        elif isinstance(event, yaml.ScalarEvent):
            self.values += 1
            if event.style in {None, ""} and len(event.value) > _DIGITS and _NUMBER.fullmatch(event.value):
                raise _beyond(f"a number is longer than {_DIGITS} digits", event)


def _beyond(what: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(None, None, what, cast("yaml.Mark | None", event.start_mark))


def read_yaml(raw: bytes, loader: type = yaml.CSafeLoader) -> Any:
    """Return the content of a YAML text that came with the program, or was written for it: nothing personal.

    Args:
        raw: The text, UTF-8.
        loader: A safe loader.

    Raises:
        yaml.YAMLError: As :func:`load_yaml` raises it.
    """
    how = f"{loader.__module__}.{loader.__qualname__} {yaml.__version__}".encode()
    kept = _FOLDER / hashlib.sha256(b"\0".join((_FORM, how, raw))).hexdigest()
    with contextlib.suppress(OSError, ValueError, msgspec.DecodeError):
        return msgspec.msgpack.decode(kept.read_bytes(), ext_hook=_day)
    content = load_yaml(raw, loader)
    if not sys.dont_write_bytecode:
        _keep(kept, content)
    return content


def _keep(path: Path, content: object) -> None:
    """Keep what was read, when it comes back as it is; who cannot write reads YAML again."""
    with contextlib.suppress(OSError, TypeError, ValueError, OverflowError, msgspec.MsgspecError):
        data = msgspec.msgpack.encode(_plain(content))
        if msgspec.msgpack.decode(data, ext_hook=_day) != content:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.write_bytes(data)
        part.replace(path)


def _plain(content: object) -> object:
    """Return content with days in the form that msgpack leaves to us; of a type that it would change, nothing is kept."""
    if isinstance(content, dict):
        return {key: _plain(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_plain(each) for each in content]
    if type(content) is date:
        return msgspec.msgpack.Ext(_DAY, content.isoformat().encode())
    if content is None or type(content) in {str, int, float, bool}:
        return content
    raise TypeError


def _day(code: int, data: memoryview) -> date:
    if code != _DAY:
        raise ValueError
    return date.fromisoformat(bytes(data).decode())
