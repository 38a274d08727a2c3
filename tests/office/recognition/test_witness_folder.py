"""The folder of a witness: keys encrypted, configuration by hand, and nothing made over what is there."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
import yaml

from qingyuan.errors import QingyuanError
from qingyuan.ledger import Algorithm, Cosigner, Sm2NoteSigner, VerifierKey
from qingyuan.ledger.cosignatures import MlDsaCosigner
from qingyuan.office.errors import OfficeError
from qingyuan.office.recognition.witness_folder import WitnessFolder, add_logs, log_keys_of, read_config
from tests.ledger.support import ORIGIN, seeded, signer
from tests.office.recognition.recognising import office

NAME = "witness.court.example"


def code(*args: object) -> str:
    with pytest.raises(QingyuanError) as caught:
        args[0](*args[1:])  # type: ignore[operator]
    return caught.value.code


def test_a_witness_has_a_key_of_each_algorithm_and_opens_again(tmp_path: Path) -> None:
    made = WitnessFolder.create(tmp_path / "w", NAME)
    opened = WitnessFolder.open(tmp_path / "w")
    assert [each.key for each in opened.cosigners] == [each.key for each in made.cosigners]
    assert [each.key.algorithm for each in opened.cosigners] == [Algorithm.COSIGNATURE, Algorithm.ML_DSA_44]
    assert [VerifierKey.parse(vkey).name for vkey in read_config(tmp_path / "w").vkeys] == [NAME, NAME]
    assert opened.logs() == []


def test_nothing_secret_lies_in_the_folder(tmp_path: Path) -> None:
    drawn: list[bytes] = []

    def entropy(count: int) -> bytes:
        drawn.append(os.urandom(count))
        return drawn[-1]

    made = WitnessFolder.create(tmp_path / "w", NAME, entropy)
    seeds = []
    for each in made.cosigners:
        assert isinstance(each, Cosigner | MlDsaCosigner)
        seeds.append(base64.b64decode(each.skey().split("+", 4)[4])[1:])
    assert set(seeds) < set(drawn)
    content = b"".join(path.read_bytes() for path in (tmp_path / "w").rglob("*") if path.is_file())
    for seed in seeds:
        assert seed not in content
        assert base64.b64encode(seed) not in content
        assert seed.hex().encode() not in content
    assert (tmp_path / "w" / "keyring.json").stat().st_mode & 0o077 == 0


def test_without_its_key_file_or_passphrase_it_does_not_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    WitnessFolder.create(tmp_path / "w", NAME)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "elsewhere"))
    assert code(WitnessFolder.open, tmp_path / "w") == "office.no-key"
    monkeypatch.setenv("QINGYUAN_PASSPHRASE", "口令")
    assert code(WitnessFolder.open, tmp_path / "w") == "evidence.wrong-kind-of-kek"


def test_a_folder_with_anything_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("x", encoding="utf-8")
    assert code(WitnessFolder.create, tmp_path, NAME) == "office.not-empty"
    WitnessFolder.create(tmp_path / "w", NAME)
    assert code(WitnessFolder.create, tmp_path / "w", NAME) == "office.not-empty"
    assert code(WitnessFolder.open, tmp_path / "none") == "office.no-witness"
    assert code(WitnessFolder.create, tmp_path / "new", "a b") == "ledger.key"
    assert not (tmp_path / "new").exists()


def test_what_a_killed_creation_left_is_made_anew(tmp_path: Path) -> None:
    first = WitnessFolder.create(tmp_path / "w", NAME)
    (tmp_path / "w" / "witness.yaml").unlink()
    assert WitnessFolder.create(tmp_path / "w", NAME).cosigners[0].key != first.cosigners[0].key


def test_logs_are_added_with_the_hash_of_their_kind_of_key(tmp_path: Path) -> None:
    path = tmp_path / "w"
    opened = WitnessFolder.create(path, NAME)
    changed = opened.reload()
    assert changed() is None
    twin = Sm2NoteSigner.generate(f"{ORIGIN}/sm3", seeded(2)).key
    assert len(add_logs(path, [signer().key.encode(), twin.encode()])) == 2
    again = [twin.encode(), signer(number=2).key.encode()]  # the next key of the same log
    assert [each.vkey for each in add_logs(path, again)] == again[1:]
    logs = changed()
    assert logs is not None
    assert [(each.origin, each.suite.name, len(each.keys)) for each in logs] == [
        (ORIGIN, "sha256", 2),
        (f"{ORIGIN}/sm3", "sm3", 1),
    ]
    assert changed() is None
    assert code(add_logs, path, [twin.encode()]) == "office.log-followed"
    assert code(add_logs, path, [signer(number=3).key.encode()], "sm3") == "office.bad-witness"
    assert code(add_logs, path, ["nonsense"]) == "ledger.key"
    assert code(add_logs, path, [opened.cosigners[0].key.encode()]) == "ledger.witness-log"
    assert len(read_config(path).logs) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"v": "1"},
        {"extra": 1},
        {"logs": [{"vkey": 5}]},
        {"vkeys": ["x+00000000+AA=="]},
        "- a list",
        "{",
        b"\xff",
    ],
)
def test_a_configuration_that_is_none_is_refused_by_name(tmp_path: Path, change: object) -> None:
    path = tmp_path / "w"
    WitnessFolder.create(path, NAME)
    config = path / "witness.yaml"
    if isinstance(change, dict):
        config.write_text(yaml.safe_dump({**yaml.safe_load(config.read_bytes()), **change}), encoding="utf-8")
    else:
        config.write_bytes(change if isinstance(change, bytes) else str(change).encode())
    with pytest.raises(OfficeError) as caught:
        WitnessFolder.open(path)
    assert caught.value.code == "office.bad-witness"
    assert str(path) in str(caught.value)


def test_all_logs_of_an_office_are_added_from_its_trust_file(tmp_path: Path) -> None:
    with office(tmp_path / "home") as home:
        WitnessFolder.create(tmp_path / "w", NAME)
        added = add_logs(tmp_path / "w", log_keys_of(home.trust_path))
        assert [(each.origin, each.suite) for each in added] == [
            (home.log.origin, "sha256"),
            (f"{home.log.origin}/sm3", "sm3"),
        ]
    (tmp_path / "none.json").write_text("{}", encoding="utf-8")
    assert code(log_keys_of, tmp_path / "none.json") == "office.bad-trust"
    assert code(log_keys_of, tmp_path / "missing.json") == "office.bad-trust"
