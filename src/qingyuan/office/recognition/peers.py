"""The logs of other offices that we know: ``peers.yaml`` in the home.

::

    peers:
      - name: 清州市中级人民法院
        url: https://court.example/log
        vkey: court.example/log+1a2b3c4d+AR...
        suite: sha256
        policy: court-policy.txt

Whom to believe is decided here, by hand, and never by what a log says of itself.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from qingyuan.bounded import read_whole
from qingyuan.errors import QingyuanError
from qingyuan.ledger import SUITES, Algorithm, HashSuite, Policy, VerifierKey
from qingyuan.office.errors import OfficeError
from qingyuan.plainyaml import load_yaml
from qingyuan.shapes import convert

PEERS = "peers.yaml"


class Peer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A log of another office.

    Attributes:
        name: What we call it.
        url: Where it is published: a URL prefix, or a folder.
        vkey: Its public key; the key name is the origin.
        suite: ``"sha256"`` or ``"sm3"``; empty for that of its kind of key.
        policy: File of a policy of witnesses, relative to the list, whose quorum it must meet; empty for none.
    """

    name: str
    url: str
    vkey: str
    suite: str = ""
    policy: str = ""

    @property
    def key(self) -> VerifierKey:
        """Its public key."""
        return VerifierKey.parse(self.vkey)

    @property
    def hash_suite(self) -> HashSuite:
        """Its hash suite."""
        return SUITES[self.suite or suite_of(self.key)]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    peers: tuple[Peer, ...]


def suite_of(key: VerifierKey) -> str:
    """Return the hash suite that goes with a kind of key: SM3 with SM2, else SHA-256."""
    return "sm3" if key.algorithm is Algorithm.SM2 else "sha256"


def read_peers(path: Path) -> tuple[Peer, ...]:
    """Read a list of peers.

    Raises:
        OfficeError: ``office.no-peers`` when there is no such file, ``office.bad-peers`` when it is not of the form.
        FormatError: ``ledger.key``, with the file and the place in it.
    """
    import yaml  # noqa: PLC0415 - only this list needs it

    try:
        peers = convert(load_yaml(read_whole(path)), _File).peers
    except FileNotFoundError as error:
        raise OfficeError(
            "office.no-peers",
            zh="没有对方日志的清单",
            en="there is no list of the logs of other offices",
            where=str(path),
            remedy_zh="按 docs/recognition.md 写出 peers.yaml，或在命令中给出网址和 --vkey",
            remedy_en="write peers.yaml as docs/recognition.md says, or give a URL and --vkey",
        ) from error
    except (OSError, yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())  # with the line or the field
        raise _bad(path, f"格式不符（{said}）", f"it is not of the form ({said})") from error
    for number, peer in enumerate(peers):
        try:
            check_peer(peer, path)
        except QingyuanError as error:
            error.within(f"{path}, peers[{number}]")
            raise
    if len({peer.key.name for peer in peers}) != len(peers):
        raise _bad(path, "同一来源列出两次", "an origin is listed twice")
    return peers


def check_peer(peer: Peer, where: Path) -> None:
    """Refuse a peer whose key or hash suite is not one.

    Raises:
        OfficeError: ``office.bad-peers``.
        FormatError: ``ledger.key``.
    """
    if peer.suite and peer.suite not in SUITES:
        raise _bad(where, f"不认识的哈希套件 {peer.suite}", f"an unknown hash suite {peer.suite}")
    VerifierKey.parse(peer.vkey)


def peer_policy(peer: Peer, folder: Path) -> Policy | None:
    """Return the policy that a peer's checkpoints must meet, or ``None``.

    Raises:
        OfficeError: ``office.no-policy``.
        FormatError: ``ledger.policy`` or ``ledger.key``.
    """
    from qingyuan.office.recognition.asking import read_policy  # noqa: PLC0415 - the list alone needs no network

    return read_policy(folder / peer.policy) if peer.policy else None


def _bad(where: Path, zh: str, en: str) -> OfficeError:
    return OfficeError(
        "office.bad-peers",
        zh=f"对方日志的清单不可用：{zh}",
        en=f"the list of the logs of other offices cannot be used: {en}",
        where=str(where),
        remedy_zh="见 docs/recognition.md",
        remedy_en="see docs/recognition.md",
    )
