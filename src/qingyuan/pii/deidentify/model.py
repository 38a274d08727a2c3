"""What de-identification says about a file; nothing personal is in it."""

from __future__ import annotations

import msgspec


class Remaining(msgspec.Struct, frozen=True):
    """A place where the check still finds something.

    Attributes:
        place: Where.
        kind: Kind.
        column: Column, or ``None``.
    """

    place: str
    kind: str
    column: str | None = None


class Deidentified(msgspec.Struct, frozen=True):
    """One file, or one member of an archive, with what was done to it.

    Attributes:
        file: Its name; members as ``archive.zip/list.csv``.
        format: ``text``, ``markup``, ``workbook``, ``archive`` or ``empty``.
        policy: Name of the policy.
        replaced: Values replaced, by kind (``column`` for columns with a rule) and method.
        kept: Values left because the policy says so, by kind.
        fallbacks: Values that their method could not take and that were hidden whole, by kind and method.
        suspected_left: Suspected values in the output.
        masked: Values in the output that are masked.
        rounds: How often it was rewritten until the check found nothing.
        sha256_before: Digest of the input.
        sha256_after: Digest of the output.
        key: Identifier of the key of pseudonyms, empty when none was used.
        dropped: Members that were left out.
        members: The members of an archive.
    """

    file: str
    format: str
    policy: str
    replaced: dict[str, dict[str, int]]
    kept: dict[str, int]
    fallbacks: dict[str, dict[str, int]]
    suspected_left: int
    masked: int
    rounds: int
    sha256_before: str
    sha256_after: str
    key: str = ""
    dropped: tuple[str, ...] = ()
    members: tuple[Deidentified, ...] = ()
