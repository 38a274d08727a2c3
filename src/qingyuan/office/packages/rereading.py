"""What a package that waits says of itself: for one that was found again, of whose making nobody noted more than its number."""

from __future__ import annotations

import zipfile
from collections import Counter as Counts
from typing import Any, BinaryIO

import msgspec

from qingyuan.ledger import parse_policy, parse_proof
from qingyuan.office.home import Home
from qingyuan.office.recognition.published import keys_of
from qingyuan.shapes import from_json
from qingyuan.store.timestamps import timestamps

_POLICY = "trust/policy.txt"
_TOKEN = "timestamps/{}.tsr"  # noqa: S105 - the name of a member


class Reread(msgspec.Struct, frozen=True):
    """What can be read from a package itself; who was asked and gave nothing is not in it.

    Attributes:
        exhibits: How many exhibits.
        withheld: How many of them without content.
        events: How many events.
        timestamps: How many time-stamp tokens.
        twin: Whether it has the proofs of the twin log.
        witnesses: Names of the witnesses of its policy that cosigned its checkpoint.
        authorities: Time-stamping authorities and how many of the tokens are of each; ``"?"`` of one that the home does not know.
    """

    exhibits: int
    withheld: int
    events: int
    timestamps: int
    twin: bool
    witnesses: tuple[str, ...]
    authorities: tuple[tuple[str, int], ...]


class _Package(msgspec.Struct):
    exhibits: int
    events: int
    timestamps: int
    withheld: list[Any]
    twin: Any = None


def reread(home: Home, content: BinaryIO) -> Reread:
    """Read a package that is not encrypted to recipients; ``content`` stands anywhere afterwards.

    Args:
        home: The office that made it.
        content: The package, as :func:`~qingyuan.office.packages.waiting.open_waiting` gives it.

    Raises:
        SealError: What lies there was altered.
        LedgerError: Its checkpoint or its policy cannot be read, or a cosignature does not verify.
    """
    content.seek(0)
    with zipfile.ZipFile(content) as archive:
        said = from_json(archive.read("evidence/package.json"), _Package)
        tokens = [archive.read(_TOKEN.format(n)) for n in range(said.timestamps)]
        witnesses = _witnesses(home, archive)
    with home.database.read() as connection:
        names = {row.token: row.tsa for row in timestamps(connection)} if tokens else {}
    return Reread(
        exhibits=said.exhibits,
        withheld=len(said.withheld),
        events=said.events,
        timestamps=said.timestamps,
        twin=said.twin is not None,
        witnesses=witnesses,
        authorities=tuple(sorted(Counts(names.get(one, "?") for one in tokens).items())),
    )


def _witnesses(home: Home, archive: zipfile.ZipFile) -> tuple[str, ...]:
    """Return the witnesses whose cosignatures of the checkpoint hold, by the policy in the package; every proof has the same one."""
    names = archive.namelist()
    proof = next((name for name in names if name.startswith("proofs/")), None)
    if proof is None or _POLICY not in names:
        return ()
    note = parse_proof(archive.read(proof)).checkpoint
    verdict = parse_policy(archive.read(_POLICY)).evaluate(note, keys_of(home, home.log.origin))
    return tuple(sorted(each.name for each in verdict.cosigned))
