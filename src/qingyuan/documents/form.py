"""Forms: what an instrument demands and says, as data; one YAML file each, adding one needs no Python."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import yaml

from qingyuan.bounded import read_whole
from qingyuan.documents.errors import DocumentError
from qingyuan.documents.model import Role
from qingyuan.plainyaml import read_yaml
from qingyuan.shapes import convert

#: How a personal value is masked in the copy for the public.
Private = Literal["", "person", "minor", "contact", "number"]


class FormTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a form: one row for each element of the fact ``each``.

    Attributes:
        each: Name of a list fact.
        columns: Header cells.
        cells: Jinja2 text of each cell; the element is ``item``, its number ``index``.
        widths: Relative widths.
        private: Numbers (from 1) of the columns that a copy for the public leaves out.
        size: Size of the type in points, from 8 to 12.
    """

    each: str
    columns: tuple[str, ...]
    cells: tuple[str, ...]
    widths: tuple[int, ...]
    private: tuple[int, ...] = ()
    size: Annotated[int, msgspec.Meta(ge=8, le=12)] = 12

    def __post_init__(self) -> None:
        """Refuse a table whose columns, cells and widths are not equally many.

        Raises:
            ValueError: They are not.
        """
        if not len(self.columns) == len(self.cells) == len(self.widths):
            raise ValueError("columns, cells and widths of a table must be equally many")


class FormBlock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A block of a form: exactly one of ``text`` and ``table``.

    Attributes:
        role: What the block is.
        text: Jinja2 text.
        each: Name of a list fact: the block repeats for each element, called ``item``.
        when: Jinja2 expression; the block is left out when it is false.
        table: A table instead of text.
        private: Whether a copy for the public leaves its facts out.
    """

    role: Role = Role.BODY
    text: str | None = None
    each: str | None = None
    when: str | None = None
    table: FormTable | None = None
    private: bool = False


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact that the law or the form demands; the document is refused without it.

    Attributes:
        fact: Dotted name of the fact; of several joined by ``|`` one is enough.
        zh: What it is, Chinese.
        en: The same in English.
        rule: Rule of the law room that demands it; the form's own rules when empty.
    """

    fact: str
    zh: str
    en: str
    rule: str = ""


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """A particular that the program may not know; then a person states it, or it is a marked blank.

    Attributes:
        name: Name in the text.
        zh: What it is, Chinese.
        en: The same in English.
        source: Dotted name of the fact that has it, if any (``from`` in the file).
        private: What it is when it is personal.
        line: Whether the blank is a line to write on by hand instead of a mark with the name.
    """

    name: str
    zh: str
    en: str
    source: str = ""
    private: Private = ""
    line: bool = False


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which acts of a docket an instrument belongs to.

    Attributes:
        verbs: Names of the verbs it prepares or records.
        events: The events it records: a type (``case.filed``), or ``act:`` and the name of a declared act.
        before: Whether it is made before the act (as soon as the act is possible), not only when it is on record.
    """

    verbs: tuple[str, ...]
    events: tuple[str, ...]
    before: bool = False


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form.

    Attributes:
        id: Stable identifier.
        name: Name of the instrument in Chinese.
        name_en: Its accepted English name.
        rules: Identifiers of the provisions it rests on.
        requires: Facts without which it is not made.
        blocks: Content.
        fields: Particulars that are marked blanks while they are not known.
        layout: ``instrument`` adds office, title, number, signature and date; ``report`` is signed by who handles the case;
            ``record`` adds office and title only; ``bare`` adds nothing.
        title: Title as printed, where it is not the name.
        scope: What it is made for.
        track: The one track it belongs to, or ``None``.
        act: The acts it belongs to; ``None`` when it can be made at any time.
        lang: Language of the text.
        verified: Whether the official form itself was read; ``False`` shows in the product.
    """

    id: str
    name: str
    name_en: str
    rules: tuple[str, ...]
    requires: tuple[Requirement, ...]
    blocks: tuple[FormBlock, ...]
    fields: tuple[Field, ...] = ()
    layout: Literal["instrument", "report", "record", "bare"] = "bare"
    title: str = ""
    scope: Literal["lead", "case"] = "case"
    track: Literal["administrative", "civil"] | None = None
    act: Act | None = None
    lang: str = "zh"
    verified: bool = False

    def goes_by(self, name: str) -> bool:
        """Say whether ``name`` is its identifier or its Chinese or English name."""
        return name in {self.id, self.name, self.name_en}


#: Stands for a number that the national case system has not given yet.
NUMBER_BLANK = "　　　〔　　　〕　　号"
_NUMBER = FormBlock(Role.NUMBER, text="{{ number }}")
_OFFICE = FormBlock(Role.OFFICE, text="{{ office.name }}")
_DATE = FormBlock(Role.DATE, text="{{ issued | day }}")
_SIGNED = FormBlock(Role.SIGNATURE, text="{{ office.name }}")
_HANDLER = Field("handler", "承办检察官签名", "signature of the procurator who handles the case", line=True)
_SIGN_HANDLER = FormBlock(
    Role.SIGNATURE,
    text="承办检察官：{% if handlers is defined and handlers %}{{ handlers | listed }}　{% endif %}{{ handler }}",
)


def laid_out(form: Form) -> tuple[tuple[FormBlock, ...], tuple[Field, ...]]:
    """Return the blocks and fields of a form with what its layout adds."""
    if form.layout == "bare":
        return form.blocks, form.fields
    title = FormBlock(Role.TITLE, text=form.title or form.name)
    last = (*(b for b in form.blocks if b.role is Role.COPIES),)
    body = tuple(b for b in form.blocks if b.role is not Role.COPIES)
    if form.layout == "record":
        return (_OFFICE, title, *body, *last), form.fields
    if form.layout == "report":
        return (_OFFICE, title, _NUMBER, *body, _SIGN_HANDLER, _DATE, *last), (*form.fields, _HANDLER)
    return (_OFFICE, title, _NUMBER, *body, _SIGNED, _DATE, *last), form.fields


def load_form(data: bytes, where: str) -> Form:
    """Read a form from YAML.

    Raises:
        DocumentError: The YAML or a field is wrong; ``where`` and the place are named.
    """
    try:
        return convert(read_yaml(data), Form)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise DocumentError(
            "documents.bad-form",
            zh=f"文书格式文件有误：{error}",
            en=f"the form is malformed: {error}",
            where=where,
            remedy_zh="请对照 documents/forms 中的其他格式修正",
            remedy_en="correct it after the other forms in documents/forms",
        ) from error


@cache
def _files() -> tuple[tuple[str, bytes], ...]:
    folder = resources.files("qingyuan.documents").joinpath("forms")
    entries = sorted(folder.iterdir(), key=lambda one: one.name)
    return tuple((entry.name, entry.read_bytes()) for entry in entries if entry.name.endswith(".yaml"))


@cache
def _shipped() -> tuple[Form, ...]:
    return tuple(load_form(data, name) for name, data in _files())


@cache
def _shipped_as(name: str) -> Form | None:
    """Return the shipped form of a name, reading no file that does not hold it: most of a single document's time went there."""
    sought = name.encode()
    read = (load_form(data, file) for file, data in _files() if sought in data)
    return next((form for form in read if form.goes_by(name)), None)


def forms(overlay: Path | None = None) -> dict[str, Form]:
    """Return all forms by identifier; a form in ``overlay`` replaces the one of the same identifier.

    Raises:
        DocumentError: A file of the overlay is malformed.
    """
    found = {form.id: form for form in _shipped()}
    if overlay is not None:
        for path in sorted(overlay.glob("*.yaml")):
            form = load_form(read_whole(path), str(path))
            found[form.id] = form
    return dict(sorted(found.items()))


def find_form(name: str, overlay: Path | None = None) -> Form:
    """Return a form by identifier or by its Chinese or English name.

    Raises:
        DocumentError: There is no such form; the error lists those there are.
    """
    if overlay is None and (shipped := _shipped_as(name)) is not None:
        return shipped
    known = forms(overlay)
    for form in known.values():
        if form.goes_by(name):
            return form
    listed = "、".join(f"{form.name}（{form.id}）" for form in known.values())
    raise DocumentError(
        "documents.unknown-form",
        zh=f"没有名为“{name}”的文书格式",
        en=f"there is no form called {name!r}",
        where=name,
        remedy_zh=f"可用：{listed}",
        remedy_en=f"there are: {', '.join(known)}",
    )
