"""The sentences for what was not read, kept in one file."""

from __future__ import annotations

import functools
from importlib import resources

import msgspec

from qingyuan.pii.batch import Unread
from qingyuan.plainyaml import load_yaml
from qingyuan.shapes import convert


class Sentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of ``unread.yaml``; the texts may name ``{places}`` to fill in."""

    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


@functools.cache
def sentences() -> dict[str, Sentence]:
    """Return the sentence of every code."""
    text = resources.files(__package__).joinpath("unread.yaml").read_text(encoding="utf-8")
    return convert(load_yaml(text), dict[str, Sentence])


def unread(code: str, member: str | None = None, **parts: str | int) -> Unread:
    """Return the :class:`Unread` of ``code`` with ``parts`` filled into its sentences."""
    said = sentences()[code]
    return Unread(
        member,
        code,
        said.zh.format(**parts),
        said.en.format(**parts),
        said.remedy_zh.format(**parts),
        said.remedy_en.format(**parts),
    )


class Refused(Exception):  # noqa: N818 -- not an error of the user: it becomes an Unread where it is caught
    """A reader must stop here; carries the code and the parts of its sentence."""

    def __init__(self, code: str, **parts: str | int) -> None:
        """Keep the code of ``unread.yaml`` and what its sentence names."""
        super().__init__(code)
        self.code = code
        self.parts = parts

    def unread(self, member: str | None) -> Unread:
        """Return what to report for ``member``."""
        return unread(self.code, member, **self.parts)
