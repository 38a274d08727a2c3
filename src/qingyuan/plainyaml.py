"""Reading YAML that comes with the program: parsed once on a machine, then read in a form that loads more than ten times as fast.

It stands on the ground below all rooms. The read form is kept beside the program as Python keeps compiled modules: in a
``__pycache__``, named by the SHA-256 of the text and of how it is read, never looked at for a text that differs by a byte, and
not written where Python may not write its own (``PYTHONDONTWRITEBYTECODE``, a folder that is not ours). Losing it costs time only.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import yaml

_FOLDER = Path(__file__).parent / "__pycache__" / "yaml"
_DAY = 1
#: Changes with the form that is kept.
_FORM = b"1"


def read_yaml(raw: bytes, loader: type = yaml.CSafeLoader) -> Any:
    """Return the content of a YAML text that came with the program, or was written for it: nothing personal.

    Args:
        raw: The text, UTF-8.
        loader: A safe loader.

    Raises:
        yaml.YAMLError: It is not YAML.
        ValueError: A value is none, such as the 30th of February.
    """
    how = f"{loader.__module__}.{loader.__qualname__} {yaml.__version__}".encode()
    kept = _FOLDER / hashlib.sha256(b"\0".join((_FORM, how, raw))).hexdigest()
    with contextlib.suppress(OSError, ValueError, msgspec.DecodeError):
        return msgspec.msgpack.decode(kept.read_bytes(), ext_hook=_day)
    content = yaml.load(raw, Loader=loader)  # noqa: S506 - a safe one
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
