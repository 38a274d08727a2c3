"""Write the test vectors of the SM profile, all from one seed: ``python vectors/make_sm.py [folder]``.

The same seed gives the same bytes on every machine, since every signature in them is deterministic.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sys
from pathlib import Path

from qingyuan.ledger import (
    SHA256,
    SM3,
    Cosigner,
    HashSuite,
    Log,
    MemoryStorage,
    NoteSigner,
    Sm2NoteSigner,
    Sm2PrivateKey,
    TextSigner,
    TileCache,
    add_cosignatures,
    cosign_checkpoint,
    key_id,
    prove_inclusion,
    sign_note,
    sm2_digest,
)

SEED = b"qingyuan sm profile vectors, version 1"
SIZES = (0, 1, 2, 5, 256, 300)
TIME = 1_790_000_000

_HERE = Path(__file__).parent / "sm"


def seeded(label: str, count: int) -> bytes:
    """Return ``count`` bytes that depend on the seed and ``label`` only."""
    return hashlib.shake_256(SEED + b"\n" + label.encode()).digest(count)


def signatures() -> list[dict[str, str]]:
    """Return SM2 signatures: key, message, digest and signature in hex."""
    rows = []
    for at, size in enumerate((0, 1, 31, 32, 55, 64, 150, 1000)):
        key = Sm2PrivateKey.generate(lambda count, at=at: seeded(f"key {at}", count))  # type: ignore[misc]
        message = seeded(f"message {at}", size)
        rows.append(
            {
                "private": key.private_bytes().hex(),
                "public": key.public.hex(),
                "message": message.hex(),
                "digest": sm2_digest(key.public, message).hex(),
                "signature": key.sign(message).hex(),
            }
        )
    return rows


def notes() -> list[dict[str, str]]:
    """Return signed notes with the text forms of their keys."""
    rows = []
    for at, (name, text) in enumerate(
        (
            ("jcy.example/ledger/sm3", "一段文字\n\n末行\n"),
            ("例.example/日志", "\n"),
            ("witness.example", "jcy.example/ledger\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"),
        )
    ):
        signer = Sm2NoteSigner.generate(name, lambda count, at=at: seeded(f"note key {at}", count))  # type: ignore[misc]
        rows.append(
            {
                "skey": signer.skey(),
                "vkey": signer.key.encode(),
                "key_id": f"{key_id(name, 0xFF, signer.key.public):08x}",
                "text": text,
                "note": sign_note(text, (signer,)).decode(),
            }
        )
    return rows


def twins() -> dict[str, object]:
    """Return two logs over the same entries, SHA-256 with Ed25519 and SM3 with SM2, at several sizes."""
    pair: list[tuple[TextSigner, HashSuite]] = [
        (NoteSigner.generate("jcy.example/ledger", lambda count: seeded("log", count)), SHA256),
        (Sm2NoteSigner.generate("jcy.example/ledger/sm3", lambda count: seeded("sm log", count)), SM3),
    ]
    cosigner = Cosigner.generate("witness.example/w1", lambda count: seeded("witness", count))
    logs = []
    for signer, suite in pair:
        storage, log = MemoryStorage(), Log(signer.name, signer, suite)
        heads = [log.create(storage).checkpoint_note]
        for start, stop in itertools.pairwise(SIZES):
            entries = [b"entry %d" % index for index in range(start, stop)]
            heads.append(log.append(storage, entries).checkpoint_note)
        cosigned = add_cosignatures(heads[-1], (cosign_checkpoint(heads[-1], cosigner, TIME),))
        proof = prove_inclusion(TileCache(storage, suite), 4, cosigned, suite)
        logs.append(
            {
                "suite": suite.name,
                "vkey": signer.key.encode(),
                "checkpoints": [head.decode() for head in heads],
                "proof_of_entry_4": proof.encode().decode(),
            }
        )
    return {"entry": "entry <index>", "sizes": list(SIZES), "witness": cosigner.key.encode(), "logs": logs}


def write(folder: Path) -> None:
    """Write the vector files into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in (("sm2", signatures()), ("notes", notes()), ("twins", twins())):
        text = json.dumps(value, ensure_ascii=False, indent=1)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else _HERE)
