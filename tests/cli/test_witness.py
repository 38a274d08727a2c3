"""The commands of recognition: a witness that runs alone, cosigning, anchoring, monitoring, forks."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from qingyuan.ledger import ForkProof, Submission, TileFolder, VerifierKey, WitnessError
from qingyuan.office.recognition.tile_server import TileSite
from qingyuan.office.recognition.witnessing import ask_witness
from qingyuan.office.serving import Server
from tests.cli.running import run
from tests.ledger.support import signer
from tests.ledger.witnessing import Grown

LOG, FORK = Grown([3, 300]), Grown([3, 300], fork_at=1)
KEY = LOG.key.encode()


def test_a_witness_runs_alone_with_one_command_until_sigterm(tmp_path: Path) -> None:
    words = [
        "ledger",
        "witness",
        "serve",
        str(tmp_path / "w"),
        "--name",
        "witness.example",
        "--port",
        "0",
        "--json",
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "qingyuan", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        text = ""
        while not text.endswith("}\n"):
            text += process.stdout.readline()
        said = json.loads(text)
        assert (said["name"], said["logs"], len(said["vkeys"])) == ("witness.example", [], 2)
        added = run("ledger", "witness", "add-log", tmp_path / "w", KEY, "--json").json()
        assert added["added"] == [{"origin": LOG.key.name, "suite": "sha256"}]
        deadline = threading.Event()
        for _ in range(200):  # it takes the log up within about a second
            try:
                for vkey in said["vkeys"]:
                    subject = Submission(LOG.storage, LOG.notes[300], VerifierKey.parse(vkey))
                    ask_witness(said["url"], subject)
                break
            except WitnessError as error:
                assert error.code == "ledger.witness-refused"  # noqa: PT017 - not yet
                deadline.wait(0.1)
        else:
            pytest.fail("the running witness never took the log up")
        process.send_signal(signal.SIGTERM)
        assert process.wait(300) == 0
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    state = run("ledger", "witness", "status", tmp_path / "w", "--json").json()
    assert [(row["origin"], row["size"]) for row in state["logs"]] == [(LOG.key.name, 300)]
    assert state["evidence"] == []
    assert run("ledger", "witness", "evidence", tmp_path / "w", "-o", tmp_path / "e", "--json").json() == {
        "files": []
    }
    assert run("ledger", "witness", "serve", tmp_path / "w", "--port", 0, "--for", 0).code == 0


def test_a_witness_is_made_once_and_says_where_it_is_missing(tmp_path: Path) -> None:
    assert (
        run("ledger", "witness", "serve", tmp_path / "w", "--json").json()["error"]["code"]
        == "office.no-witness"
    )
    made = run("ledger", "witness", "init", tmp_path / "w", "--name", "witness.example")
    assert made.code == 0
    assert "公钥（Ed25519，cosignature/v1）：witness.example+" in made.out
    assert "公钥（ML-DSA-44，抗量子，subtree/v1）：witness.example+" in made.out
    again = run("ledger", "witness", "init", tmp_path / "w", "--name", "witness.example", "--json")
    assert again.json()["error"]["code"] == "office.not-empty"
    assert "所见证的日志" in run("ledger", "witness", "status", tmp_path / "w").out
    assert (
        run("ledger", "witness", "add-log", tmp_path / "w", "--json").json()["error"]["code"] == "cli.usage"
    )


@pytest.fixture
def published(tmp_path: Path) -> Path:
    TileFolder(tmp_path / "log").publish(LOG.storage)
    return tmp_path / "log"


def test_monitoring_says_what_is_in_order_and_what_is_not(published: Path, tmp_path: Path) -> None:
    words = ("ledger", "monitor", published, "--vkey", KEY, "--state", tmp_path / "s.json")
    body = run(*words, "--json").json()["logs"][0]
    assert (body["ok"], body["size"], body["entries"], body["problems"]) == (True, 300, 300, [])
    first = [one["en"] for one in run(*words[:5], "--no-entries", "--json").json()["logs"][0]["unchecked"]]
    assert [text.partition(":")[0] for text in first] == [
        "there is no policy",
        "nothing of it was seen before",
        "by --no-entries",
    ]
    again = run(*words)  # seen before, still without a policy
    assert "均无误" in again.out
    assert again.out.count("未核对：") == 1
    assert "没有见证策略" in again.out
    shutil.rmtree(published)
    TileFolder(published).publish(FORK.storage)
    done = run(*words, "--json")
    assert done.code == 1
    (row,) = done.json()["logs"]
    assert [each["code"] for each in row["problems"]] == ["forked"]
    (proof,) = row["forks"]
    assert json.loads(Path(proof).read_bytes()) == json.loads(row["problems"][0]["fork"])
    verdict = run("ledger", "fork-verify", proof, "--vkey", KEY, "--json")
    assert (verdict.code, verdict.json()["proven"], verdict.json()["sizes"]) == (1, True, [300, 300])
    stranger = run("ledger", "fork-verify", proof, "--vkey", signer(number=9).key.encode(), "--json")
    assert stranger.json()["error"]["code"] == "ledger.unsigned"
    assert run("ledger", "monitor", "--json").json()["error"]["code"] == "ledger.monitor-what"


def test_two_checkpoints_are_compared_and_a_fork_is_written(published: Path, tmp_path: Path) -> None:
    files = {}
    for name, note in {
        "old": LOG.notes[3],
        "new": LOG.notes[300],
        "fork": FORK.notes[3],
        "same": FORK.notes[300],
    }.items():
        files[name] = tmp_path / f"{name}.checkpoint"
        files[name].write_bytes(note)
    words = ("--vkey", KEY, "--tiles", published, "--json")
    agreed = run("ledger", "fork-check", files["new"], files["old"], *words)
    assert (agreed.code, agreed.json()["forked"]) == (0, False)
    output = tmp_path / "fork.json"
    found = run("ledger", "fork-check", files["fork"], files["new"], *words, "-o", output)
    assert (found.code, found.json()["kind"]) == (1, "prefix")
    assert output.read_text(encoding="utf-8") == found.json()["proof"]
    shown = run("ledger", "fork-verify", output, "--vkey", KEY)
    assert (shown.code, "已分叉" in shown.out) == (1, True)
    equal = run("ledger", "fork-check", files["same"], files["new"], "--vkey", KEY, "--json")
    assert (equal.code, equal.json()["kind"]) == (1, "equal-size")
    missing = run("ledger", "fork-check", files["old"], files["new"], "--vkey", KEY, "--json")
    assert missing.json()["error"]["code"] == "ledger.no-tiles"
    other = Grown([3], key=signer("other.example"))
    (tmp_path / "other").write_bytes(other.notes[3])
    two = run(
        "ledger",
        "fork-check",
        tmp_path / "other",
        files["old"],
        "--vkey",
        KEY,
        "--vkey",
        other.key.encode(),
        "--json",
    )
    assert two.json()["error"]["code"] == "ledger.two-logs"


def test_a_refused_proof_is_no_conviction(tmp_path: Path) -> None:
    proof = ForkProof("refused-proof", "sha256", LOG.notes[3], LOG.notes[300], (bytes(32),))
    (tmp_path / "f.json").write_bytes(proof.encode())
    done = run("ledger", "fork-verify", tmp_path / "f.json", "--vkey", KEY, "--json")
    assert (done.code, done.json()["proven"]) == (0, False)


def test_a_home_is_cosigned_and_anchors_another_log(home: Path, published: Path, tmp_path: Path) -> None:
    none = run("ledger", "cosign", "--home", home, "--json")
    assert none.json()["error"]["code"] == "office.no-policy"
    made = run("ledger", "witness", "init", tmp_path / "w", "--name", "witness.example", "--json").json()
    policy = f"witness 法院 {made['vkeys'][0]} http://127.0.0.1:1/\nquorum 法院\n"
    (home / "policy.txt").write_text(policy, encoding="utf-8")
    done = run("ledger", "cosign", "--home", home, "--seconds", 2, "--json")
    assert done.code == 1
    log = done.json()["logs"][0]
    assert (log["quorum"], log["met"], log["missing"]) == (
        "法院",
        False,
        ["法院"],
    )
    shown = run("ledger", "cosign", "--home", home, "--seconds", 2)
    assert "法定数 法院：未达到" in shown.out
    (home / "policy.txt").unlink()
    body = run("ledger", "anchor", published, "--vkey", KEY, "--home", home, "--json").json()["anchored"]
    assert [(row["origin"], row["size"], row["since"]) for row in body] == [(LOG.key.name, 300, 0)]
    assert "已登记过" in run("ledger", "anchor", published, "--vkey", KEY, "--home", home).out
    lost = run("ledger", "anchor", published, "--home", home, "--json")
    assert lost.json()["error"]["code"] == "ledger.no-vkey"
    assert run("ledger", "anchor", "--home", home, "--json").json()["error"]["code"] == "office.no-peers"
    peers = f"peers: [{{name: 法院, url: '{published}', vkey: {KEY}}}, {{name: 无, url: '{home}', vkey: {signer('x').key.encode()}}}]"
    (home / "peers.yaml").write_text(peers, encoding="utf-8")
    mixed = run("ledger", "anchor", "--home", home, "--json")
    assert mixed.code == 1
    assert [row.get("error", {}).get("code") for row in mixed.json()["anchored"]] == [
        None,
        "office.log-empty",
    ]
    watched = run("ledger", "monitor", "--home", home, "--json")
    assert (watched.code, [row["ok"] for row in watched.json()["logs"]]) == (1, [True, False])


def test_a_stopped_log_says_what_to_do_and_is_not_resumed_by_wishing(home: Path) -> None:
    assert run("ledger", "stop-status", "--home", home, "--json").json() == {"stopped": False}
    assert run("ledger", "resume", "--home", home, "--json").json() == {"lifted": False, "origin": None}
    status = run("ledger", "status", "--home", home, "--json").json()
    stop = {
        "v": 1, "reason": "rolled-back", "origin": status["origin"], "at": "2026-07-01T09:00:00+08:00",
        "size": status["size"], "checkpoint": status["checkpoint"], "witness": "witness.example",
        "vkey": "x", "url": "http://127.0.0.1:1/", "claimed": 999,
        "witnessed": status["checkpoint"].replace(f"\n{status['size']}\n", "\n999\n"),
    }  # fmt: skip
    (home / "stopped.json").write_text(json.dumps(stop), encoding="utf-8")
    shown = run("ledger", "stop-status", "--home", home)
    assert (shown.code, "ledger resume" in shown.out) == (1, True)
    said = run("ledger", "stop-status", "--home", home, "--json").json()
    assert (said["stopped"], said["claimed"], len(said["advice"])) == (True, 999, 4)
    refused = run("ledger", "resume", "--home", home, "--json")  # the proof was tampered with
    assert refused.json()["error"]["code"] == "ledger.bad-signature"
    act = run(
        "lead", "register", "title=x", "source=media", "field=personal-information", "--home", home, "--json"
    )
    assert act.json()["error"]["code"] == "office.stopped"
    assert "已停止写入" in act.json()["error"]["zh"]


def test_the_published_logs_are_served_and_monitored_over_http(home: Path, tmp_path: Path) -> None:
    assert run("ledger", "publish", "--home", home).code == 0
    assert run("ledger", "serve", "--home", home, "--port", 0, "--for", 0).code == 0
    nothing = run("ledger", "serve", "--home", tmp_path / "none", "--json")
    assert nothing.json()["error"]["code"] == "ledger.not-published"
    logs = json.loads((home / "trust.json").read_bytes())["logs"]
    with Server("127.0.0.1", 0, TileSite.of_home(home)) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        for log, place in zip(logs, ("log", "log-sm3"), strict=False):
            url = f"http://127.0.0.1:{server.port}/{place}"
            done = run("ledger", "monitor", url, "--vkey", log["vkey"], "--json")
            assert (done.code, done.json()["logs"][0]["origin"]) == (0, log["origin"])
        server.stop()
        thread.join()
