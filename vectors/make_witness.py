"""Write the test vectors of witnesses and fork proofs, all from one seed: ``python vectors/make_witness.py [folder]``.

Everything is the same each time but the ML-DSA-44 signature, which FIPS 204 lets its maker draw: one that is there and
verifies is kept.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from qingyuan.ledger import (
    SHA256,
    SM3,
    AddCheckpoint,
    Checkpoint,
    Cosigner,
    ForkProof,
    HashSuite,
    Log,
    MemoryStorage,
    MemoryWitnessStorage,
    NoteSigner,
    ProofError,
    Sm2NoteSigner,
    TextSigner,
    TileCache,
    Witness,
    WitnessedLog,
    consistency_path,
    cosigned_message,
    parse_checkpoint,
    prove_fork,
    sign_checkpoint,
    verify_fork,
)
from qingyuan.ledger.cosignatures import MlDsaCosigner
from qingyuan.ledger.keys import subtree_message
from qingyuan.ledger.witness import SIZE_TYPE

SEED = b"qingyuan witness vectors, version 1"
SIZES = (1, 3, 8, 20)
TIME = 1_790_000_000
TEXT = "例.example/日志\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

_HERE = Path(__file__).parent / "witness"


def seeded(label: str, count: int) -> bytes:
    """Return ``count`` bytes that depend on the seed and ``label`` only."""
    return hashlib.shake_256(SEED + b"\n" + label.encode()).digest(count)


class Grown:
    """A log that signed a checkpoint at each of ``SIZES``; from ``fork_at`` on its entries are others."""

    def __init__(self, signer: TextSigner, suite: HashSuite = SHA256, fork_at: int = 99) -> None:
        """Write the log."""
        self.storage, self.suite = MemoryStorage(), suite
        log = Log(signer.name, signer, suite)
        self.notes = {0: log.create(self.storage).checkpoint_note}
        for size in SIZES:
            entries = [self._entry(index, fork_at) for index in range(max(self.notes), size)]
            self.notes[size] = log.append(self.storage, entries).checkpoint_note

    @staticmethod
    def _entry(index: int, fork_at: int) -> bytes:
        return b"%s %d" % (b"entry" if index < fork_at else b"other entry", index)

    def request(self, old: int, new: int) -> bytes:
        """Return the request that takes a witness from one size to another."""
        path = consistency_path(TileCache(self.storage, self.suite), old, new, self.suite)
        return AddCheckpoint(old, path, self.notes[new]).encode()


def signer(name: str = "jcy.example/ledger", label: str = "log") -> NoteSigner:
    """Return a key of a log."""
    return NoteSigner.generate(name, lambda count: seeded(label, count))


def requests() -> dict[str, object]:
    """Return requests to one witness in order, with its answers; free words in a body are left out."""
    cosigner = Cosigner.generate("witness.example/w1", lambda count: seeded("witness", count))
    log, fork = Grown(signer()), Grown(signer(), fork_at=2)
    witness = Witness(cosigner, [WitnessedLog((signer().key,))], MemoryWitnessStorage())
    stranger, unsigned = Grown(signer("other.example", "other")), Grown(signer(label="other"))
    odd = sign_checkpoint(Checkpoint("jcy.example/ledger", 0, bytes(32)), signer())
    bodies = [
        ("nothing cosigned yet: the old size must be 0", log.request(1, 3)),
        ("an empty tree with a root of its own", AddCheckpoint(0, (), odd).encode()),
        ("a proof where none belongs", AddCheckpoint(0, (bytes(32),), log.notes[3]).encode()),
        ("the first checkpoint", log.request(0, 3)),
        ("the same again", log.request(3, 3)),
        ("its continuation", log.request(3, 8)),
        ("an older old size", log.request(3, 20)),
        ("an older checkpoint", log.request(1, 3)),
        ("another root at the size cosigned", AddCheckpoint(8, (), fork.notes[8]).encode()),
        ("a fork beyond the size cosigned", fork.request(8, 20)),
        ("a proof too short", AddCheckpoint(8, (), log.notes[20]).encode()),
        ("the old size exceeds the checkpoint", AddCheckpoint(8, (), log.notes[3]).encode()),
        ("an origin that is not served", stranger.request(0, 3)),
        ("a key that is not trusted", unsigned.request(8, 20)),
        ("a changed checkpoint", log.request(8, 20).replace(b"\n20\n", b"\n21\n")),
        ("a leading zero", log.request(8, 20).replace(b"old 8", b"old 08")),
        ("carriage returns", log.request(8, 20).replace(b"\n", b"\r\n")),
        ("no empty line", b"old 8\n"),
        ("64 proof lines", AddCheckpoint(8, (bytes(32),) * 64, log.notes[20]).encode()),
        ("the next checkpoint", log.request(8, 20)),
    ]
    steps = []
    for at, (what, body) in enumerate(bodies):
        reply = witness.add_checkpoint(body, TIME + at)
        exact = reply.status == 200 or reply.content_type == SIZE_TYPE  # noqa: PLR2004 - HTTP
        steps.append(
            {
                "what": what,
                "time": TIME + at,
                "request": body.decode(),
                "status": reply.status,
                "type": reply.content_type if exact else None,
                "body": reply.body.decode() if exact else None,
            }
        )
    keys = {"log": signer().key.encode(), "witness": cosigner.key.encode(), "skey": cosigner.skey()}
    return {**keys, "suite": "sha256", "steps": steps}


def forks() -> list[dict[str, object]]:
    """Return fork proofs of every kind, good and bad, with what a checker must say."""
    rows: list[dict[str, object]] = []
    twin = Sm2NoteSigner.generate("jcy.example/ledger/sm3", lambda count: seeded("sm log", count))
    logs: list[tuple[TextSigner, HashSuite]] = [(signer(), SHA256), (twin, SM3)]
    for key, suite in logs:
        log, fork = Grown(key, suite), Grown(key, suite, fork_at=2)
        reader = TileCache(fork.storage, suite)
        path = consistency_path(TileCache(log.storage, suite), 3, 8, suite)
        proofs = [
            ("two roots at one size", prove_fork(reader, log.notes[8], fork.notes[8], suite)),
            ("another beginning", prove_fork(reader, log.notes[3], fork.notes[20], suite)),
            ("another beginning, of a power of two", prove_fork(reader, log.notes[8], fork.notes[20], suite)),
            ("a proof that was spoilt", ForkProof("refused-proof", suite.name, log.notes[3], log.notes[8])),
            ("one root twice", ForkProof("equal-size", suite.name, log.notes[8], log.notes[8])),
            ("an honest log", ForkProof("prefix", suite.name, log.notes[3], log.notes[8], path)),
            ("a good proof", ForkProof("refused-proof", suite.name, log.notes[3], log.notes[8], path)),
        ]
        for what, proof in proofs:
            assert proof is not None
            try:
                verdict, holds = verify_fork(proof, [key.key]), True
            except ProofError:
                holds = False
            row = {"what": what, "vkey": key.key.encode(), "proof": proof.encode().decode(), "holds": holds}
            rows.append({**row, "proven": holds and verdict.proven})
    return rows


def cosignatures(kept: object) -> dict[str, object]:
    """Return the signed message and a signature of both algorithms over one checkpoint.

    Args:
        kept: What was written before, whose ML-DSA-44 signature is kept if it is good.
    """
    name, head = "见证.example/w1", parse_checkpoint(TEXT)
    ed = Cosigner.generate(name, lambda count: seeded("ed25519", count))
    pq = MlDsaCosigner.generate(name, lambda count: seeded("ml-dsa-44", count))
    message = subtree_message(name, head, TIME)
    assert message is not None
    found = bytes.fromhex(kept["ml_dsa_44"]["signature"]) if isinstance(kept, dict) else b""
    signature = found if pq.key.verifies(TEXT, found) else pq.cosign(TEXT, TIME)
    return {
        "text": TEXT,
        "time": TIME,
        "ed25519": {
            "skey": ed.skey(),
            "vkey": ed.key.encode(),
            "message": cosigned_message(TEXT, TIME).hex(),
            "signature": ed.cosign(TEXT, TIME).hex(),
        },
        "ml_dsa_44": {
            "skey": pq.skey(),
            "vkey": pq.key.encode(),
            "message": message.hex(),
            "signature": signature.hex(),
        },
    }


def write(folder: Path) -> None:
    """Write the vector files into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    before = folder / "cosignatures.json"
    kept = json.loads(before.read_bytes()) if before.exists() else None
    files = {"requests": requests(), "forks": forks(), "cosignatures": cosignatures(kept)}
    for name, value in files.items():
        text = json.dumps(value, ensure_ascii=False, indent=1)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else _HERE)
