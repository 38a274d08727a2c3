"""The catalogue: kinds, words, number plans and lists, loaded from YAML and checked.

A kind is one file of ``kinds/``; lists shared by kinds stand in ``data/``. Errors name the file
and the field.
"""

from __future__ import annotations

import functools
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal, TypeVar

import msgspec
import yaml

from qingyuan.findings import Provision
from qingyuan.pii._kept import kept
from qingyuan.pii._kernel.flags import ADDRESS, KINDS, MOST_KINDS, kinds_of
from qingyuan.pii.errors import PiiError
from qingyuan.plainyaml import read_yaml
from qingyuan.shapes import convert

T = TypeVar("T")


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words in both languages; English ones lower-case, several tokens joined by one space."""

    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


class Sentences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence in both languages."""

    zh: str
    en: str


class Mask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many characters stay clear at the start and at the end when a value is shown."""

    start: int
    end: int


class Sample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A synthetic example.

    Attributes:
        text: A line of text.
        value: The value the engine must find in it; ``None`` in a near miss.
        masked: Whether the value is masked.
        state: In a near miss, the state the value may still be listed with.
    """

    text: str
    value: str | None = None
    masked: bool = False
    state: Literal["suspected", "rejected"] | None = None


class Mentions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words that tell something about a person, looked for in lines of text that name one.

    Attributes:
        words: The words.
        cues: Words shortly before them that make it sure (确诊, 信奉).
        states: What they are behind a cue, and without one.
    """

    words: tuple[str, ...]
    cues: tuple[str, ...]
    states: dict[Literal["cue", "mention"], Literal["confirmed", "suspected"]]


Evidence = Literal["column", "label", "context", "profile", "alone"]
Found = Literal["confirmed", "suspected"]


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """One way a value is written; docs/pii.md says how they are declared.

    Attributes:
        pattern: See :mod:`qingyuan.pii._patterns`.
        states: What a value of this form is, by the best evidence there is: the name of its column, a label
            directly before it, a word near it, a column of nothing else, or none. Without the evidence
            named here it is no hit.
        basis: Begins the reason of the decision.
        checks: Validators (:data:`qingyuan.pii._kernel.checks.NAMES`), all of which a value passes.
        masked: Whether part of the value is hidden.
        fold: Whether ASCII letters match in either case.
        prefix: Literal text glued before the value, its label.
        also: Further kinds whose labels and columns may hold it.
        not_after: Texts that may not stand directly before it.
        not_before: Texts that may not stand directly after it.
        stands: Whether a label of another kind leaves it standing, because the form proves itself.
    """

    pattern: str
    states: dict[Evidence, Found]
    basis: str = "form"
    checks: tuple[str, ...] = ()
    masked: bool = False
    fold: bool = False
    prefix: str = ""
    also: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()
    stands: bool = False


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whole cells of a column of the kind (and clauses after its label in text), whatever they say.

    Attributes:
        states: What they are, by evidence.
        empty: Words that say there is nothing.
    """

    states: dict[Literal["column", "label"], Found]
    empty: tuple[str, ...] = ()


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of personal information.

    Attributes:
        kind: Its name in hits and findings.
        zh: Name, Chinese.
        en: Name, English.
        sensitive: Whether art. 28 of the Personal Information Protection Law lists it.
        tier: Default tier of 法释〔2017〕10号 art. 5: A (50), B (500), C (5,000).
        key: Rank among the keys of a person (1 first); 0 if it identifies nobody alone.
        note_zh: What is disputed about it, Chinese.
        note_en: The same in English.
        header: Words of column names.
        context: Words near a value in free text.
        mask: How it is shown.
        provisions: Why it matters.
        examples: Synthetic texts it is found in.
        refuted_by: What would show a finding to be wrong.
        near_misses: Texts it is not found (or not confirmed) in.
        displaces: Whether its words say that a number after them is no telephone, ID or card number.
        normal: What of a value makes its token: ``digits``; ``letters`` (ASCII letters and digits, upper-case);
            ``text`` (all but blanks, upper-case); ``exact`` (all but blanks).
        forms: How its values are written.
        cell: Set when every cell of its columns is a value.
        mentions: Words of it in text about a person.
    """

    kind: str
    zh: str
    en: str
    sensitive: bool
    tier: Literal["A", "B", "C"]
    key: int
    note_zh: str
    note_en: str
    header: Words
    context: Words
    mask: Mask
    provisions: tuple[Provision, ...]
    examples: tuple[Sample, ...]
    refuted_by: Sentences
    near_misses: tuple[Sample, ...]
    displaces: bool = False
    normal: Literal["digits", "letters", "text", "exact"] = "digits"
    forms: tuple[Form, ...] = ()
    cell: Cell | None = None
    mentions: Mentions | None = None


class Labels(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Words that say what a value is not, roles and waybill words; see ``data/labels.yaml``."""

    labels: dict[Literal["order", "time", "text", "amount", "not-name"], Words]
    weak_order: Words
    roles: dict[str, Words]
    waybill: Words
    glued: tuple[str, ...]
    form_labels: tuple[str, ...]


class MobilePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Three-digit prefixes as numbers and ``"130-139"`` ranges."""

    assigned: tuple[int | str, ...]
    range: tuple[int | str, ...]


class IdPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Two-digit province codes, and the six-digit region codes that begin like bank cards."""

    provinces: tuple[int | str, ...]
    counties_of_62: tuple[int | str, ...]


class CardPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Six-digit issuer ranges and the listed issuers by bank."""

    ranges: tuple[int | str, ...]
    listed: dict[str, tuple[int, ...]]


class Numbering(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Numbering facts; see ``data/numbering.yaml``."""

    mobile: MobilePlan
    resident_id: IdPlan
    bank_card: CardPlan


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Surnames, and words at hiding signs; see ``data/names.yaml``."""

    single: str
    double: tuple[str, ...]
    hidden: str
    titles: tuple[str, ...]
    no_given: tuple[str, ...]
    no_surname: tuple[str, ...]


class Marks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Characters that mark the levels of an address, coarse to fine."""

    province: str
    city: str
    county: str
    town: str
    road: str
    number: str
    place: str


class Places(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Provinces and address marks; see ``data/addresses.yaml``."""

    provinces: tuple[str, ...]
    marks: Marks


class Catalog(msgspec.Struct, frozen=True):
    """Everything the engine knows as data.

    Attributes:
        kinds: By name, in the order of the engine's codes.
        labels: See :class:`Labels`.
        numbering: See :class:`Numbering`.
        names: See :class:`Names`.
        places: See :class:`Places`.
    """

    kinds: dict[str, Kind]
    labels: Labels
    numbering: Numbering
    names: Names
    places: Places

    def by_code(self, code: int) -> Kind:
        """Return the kind of an engine code."""
        return self.kinds[KINDS[code]]


def load_file(file: Traversable, model: type[T]) -> T:
    """Return the content of one YAML file as ``model``.

    Raises:
        PiiError: The file is not YAML, or a field is missing, unknown or of the wrong type.
    """
    try:
        return convert(read_yaml(file.read_bytes()), model)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise PiiError(
            "pii.bad-data",
            zh=f"数据文件有误：{error}",
            en=f"the data file is wrong: {error}",
            where=file.name,
            remedy_zh="请按字段说明改正该文件",
            remedy_en="correct the field named in the message",
        ) from error


def load_kinds(folder: Traversable) -> dict[str, Kind]:
    """Return the kinds of a folder in the order of the engine's codes.

    Raises:
        PiiError: A file is wrong, one of the kinds the compiled passes know is missing, or there are too many.
    """
    found = {}
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            kind = load_file(file, Kind)
            if f"{kind.kind}.yaml" != file.name or not kind.provisions or not kind.examples:
                raise PiiError(
                    "pii.bad-data",
                    zh="kind 须与文件名一致，且 provisions、examples 不得为空",
                    en="kind must equal the file's name, and provisions and examples must not be empty",
                    where=file.name,
                )
            found[kind.kind] = kind
    missing = {*KINDS[1 : ADDRESS + 1]} - set(found)
    if missing or len(found) > MOST_KINDS:
        odd = ", ".join(sorted(missing)) or f"{len(found)} > {MOST_KINDS}"
        raise PiiError(
            "pii.bad-data",
            zh=f"个人信息类型缺失或过多：{odd}",
            en=f"kinds missing or too many: {odd}",
            where="kinds",
        )
    return {name: found[name] for name in kinds_of(set(found))[1:]}


@functools.cache
def catalog() -> Catalog:
    """Return the catalogue shipped with the package, loaded once."""
    return kept("catalog", _shipped)


def _shipped() -> Catalog:
    """Read the catalogue shipped with the package."""
    root = resources.files("qingyuan.pii")
    data = root / "data"
    return Catalog(
        kinds=load_kinds(root / "kinds"),
        labels=load_file(data / "labels.yaml", Labels),
        numbering=load_file(data / "numbering.yaml", Numbering),
        names=load_file(data / "names.yaml", Names),
        places=load_file(data / "addresses.yaml", Places),
    )


def numbers(entries: tuple[int | str, ...]) -> list[tuple[int, int]]:
    """Return ``(low, high)`` pairs of entries such as ``141`` and ``"130-139"``."""
    out = []
    for entry in entries:
        low, _, high = str(entry).partition("-")
        out.append((int(low), int(high or low)))
    return out
