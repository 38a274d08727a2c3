"""Compiled templates of forms, kept beside the program as Python keeps compiled modules.

A kept template is named by the SHA-256 of all that it follows from: its text, the text of the module that compiles it, the
releases of Jinja2 and Python. It is not written where Python may not write its own (``PYTHONDONTWRITEBYTECODE``, a folder that
is not ours), and losing it costs time only.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import marshal
import os
import sys
from pathlib import Path
from types import CodeType

import jinja2

_FOLDER = Path(__file__).parent / "__pycache__" / "forms"


def template(environment: jinja2.Environment, source: str, compiler: bytes) -> jinja2.Template:
    """Return the template ``source``.

    Args:
        environment: What it is compiled for; it follows from ``compiler``.
        source: Text in Jinja2.
        compiler: Text of the module that sets ``environment`` up.

    Raises:
        jinja2.TemplateError: It is no template.
    """
    what = (
        importlib.util.MAGIC_NUMBER,
        jinja2.__version__.encode(),
        compiler,
        source.encode("utf-8", "surrogatepass"),
    )
    digest = hashlib.sha256()
    for part in what:
        digest.update(len(part).to_bytes(8, "big") + part)
    kept = _FOLDER / digest.hexdigest()
    code = _read(kept)
    if code is None:
        code = environment.compile(source)
        if not sys.dont_write_bytecode:
            _keep(kept, code)
    return jinja2.Template.from_code(environment, code, environment.make_globals(None))


def _read(path: Path) -> CodeType | None:
    """Return the code that was kept, or ``None`` when there is none, or it was damaged."""
    with contextlib.suppress(OSError, ValueError, EOFError, TypeError):
        whole = path.read_bytes()
        digest, data = whole[:32], whole[32:]
        if hashlib.sha256(data).digest() == digest:
            code = marshal.loads(data)  # noqa: S302 - what Python does with compiled modules, from the same folder
            return code if isinstance(code, CodeType) else None
    return None


def _keep(path: Path, code: CodeType) -> None:
    with contextlib.suppress(OSError, ValueError):
        data = marshal.dumps(code)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.write_bytes(hashlib.sha256(data).digest() + data)
        part.replace(path)
