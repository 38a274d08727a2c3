"""Requests and checkpoints of other programs: what they accept, we accept, with the same statuses."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path

from qingyuan.ledger import (
    Algorithm,
    Cosigner,
    MemoryWitnessStorage,
    ProofError,
    VerifierKey,
    Witness,
    WitnessedLog,
    cosigned_message,
    open_checkpoint,
    parse_checkpoint,
    parse_fork,
    parse_policy,
    verify_fork,
)
from qingyuan.ledger.cosignatures import MlDsaCosigner
from qingyuan.ledger.keys import subtree_message
from tests.ledger.support import expect
from tests.ledger.witnessing import NOW, cosigner

# Of the tests of FiloSottile/torchwood (internal/witness, cmd/litewitness/testdata): a log of sigsum-go whose hashes are
# made up but whose proofs fit, and a checkpoint that a log signed with ML-DSA-44.
SIGSUM = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
SIGSUM_KEY = "ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f"
FIRST = f"""old 0

{SIGSUM}
1
KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

— {SIGSUM} UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=
""".encode()
THREE = f"""old 1
KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

{SIGSUM}
3
RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=

— {SIGSUM} UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=
""".encode()
FIVE = f"""old 1
KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI=
KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

{SIGSUM}
5
QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=

— {SIGSUM} UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=
""".encode()
ML_DSA_KEY = (
    "example.com/mldsa-log+b5df45c5+"
    "BuhtcL97l3dcitjZ8Y9J54gmQ1TWn/BMF0yePKpTzhlFCkN6ouJDf+9kT9wve4/Y+JGXBUjlRvktAynZ6XOQSO+fOaxyPOQAwrtb"
    "ZKYXnZWSQj9gHPz18q6brnckUv87Rsk/m5GIBvH8J3ymxZjUQS+DnAUIbctLsG2DD6I/ou0JtXpPLvfGhPDTkwc9QeFyBLBa02Pr"
    "9uuWCMohciLqRiFUo5+leUUDKba1g5TYjOjK/VKfntpdbEwoqhTJTG4armjUeXdrYDHeaaMaCAnW5F0lMWYsHjqzRpKjeTjgItse"
    "aWKSm+ga/mzTAgqsbo5Ob/AwaXf4Av7/mN+ZM6vHON/NE7Ip5vpXpCiNb9YbEQavn+fjNucFxffCacvzXghvaaQ+3C/5h5lpR8je"
    "ajBFsFIOvdkYKizt29lCjqZDkYQgVfB9nWeH6rbayMkBdDpmRH03cI+urD0Eb5zvRuGJn3PgfwdyQJ3WcDH5Gqn5dkKs5NIVMBC+"
    "FfKeD47ruAIruda4JiiYCAxZbWgwzTI80N5lZFHEndmxKWaw6z/QyphuYkNyvZVZ0R3kH3JN4jdy9KKpNtFoQqnoBTGeEE/fXEEs"
    "5ByPlKnrrefRgWTqxssE4nPzHHr5GGgv/NKNTXNKI4LvNPH5yO3Vv/gIiDZxPPc1Jen8uKkmc0s3kT7XtcuWTlb+zdQeSme9ODj0"
    "IoVu29Eav2OsGJpReX7vZx9i2fVfHEMHY5nFew8L5RxcWmZFFiYhMFZnLvk/SWmHcwr3DhzZchrODhabHQ+S6S49Ws+5aoBBPM3m"
    "OrSSKHgobdI7BJrdzdT07kjzyiyS9Gyv8iylUHHMuuh1O05RNRcX5SXmenwGDPcT9HuLS+hoesO0FQgEt+jAR7vVyUUU2C6g6FC6"
    "QNfHL/EUsulvYIAS5fOK7acOeVnoJlpI57Bq+uzLZm6g7IZD0xxQwZPYyT4ek99l9HxDSrVnU0rAr+Tq5vVh5YxvDkQVWroYIWek"
    "/AI5awjmhgpW4LPapBhLk2ipkF5CmU3T0cm3ET5f14gYQZfz23nCsmZ7qyqiQilgOxJzVYacVoGAStGzJNY1wEf26MADW5McyQzY"
    "I/3Fpaa4Ay6p2yFmcJMfpqZnu4flgWMqN1UpMbbJ6I7hOrCFWryExK/nvSbRrErHTkPz2wvVfI+enbFz86c0iNb7naQKv6LoIZYE"
    "HFOCEsWGL/sCChn6BR4nk1qAakyXEQwi96CkIa3AX562F8lhw6CU4x7T+NWqi2AWfEXImJenORhMP69hGIFsiLAVIjHtsWtJOi8c"
    "u+Brg1bFERkB4ryUTrLf/jFeb6KifZ+s8PZWclDaOLMINZ3E78a5u6AzgXpigJsAJ1A4BY89muedrW2O8kFyh3TTTKyY4kedCW6L"
    "+8bFHV2Gce25ZulNC1mZs41XAI9CteeYaWaiL7uGMXgyQ73wr4ftwAEMdsoQVQsQriutS1AhpBGvjzPCwD5LC5p1fa0WXBQ1puua"
    "Nqr3IJodmDLhEIAsZcv1gdXMg8EQg9QLqgLLrBijU3GxFUQllS8lpQ4TLwFYUJ41+qt28JEeky/VzSEeQd/qob8cbyNM44o7INB+"
    "lbhEXEGWvVO8Ak+uWMY+PRKeY9OQcE6E27Nf3eUoHQXkwmXkjGgj0NKeXBIJc1k/Ws6WDbsU4graVKk5FQjwULcRngOpyiJQ/n8s"
    "ObkAPXr+1rImK3lQJnxif/B6p5/tsh4rrcUht4yVIvFAaqsgAAE="
)
ML_DSA_NOTE = (
    "example.com/mldsa-log\n1\n+zoErtsZtGO6sfiSV/v4UJSIyowisE8hvjw0q5+bD38=\n\n— example.com/mldsa-log "
    "td9FxQAAAAAAAAAAkjFvCxC6244QGemHL0hurmk5M3Hj6noQQtBM1TiwnC1lFmT+t+cUG9W0ENlRQtV20lJFLKCzoJ08ulQEkfiV"
    "ueKHeMyURh97Iup0R9d41Monv472jkyfDoX3ILyX/kEOuSV4Ed2tU4VmtDSbP0rofMWAbKJRMnzCpNIT5xMe3tRbWLVTvAtnX9OB"
    "4UMKL1dvGS/uuhqW9Ddjik2D8veitBvk3TbQcT8fanSyZqCbDZ5zzw5JS3Gu5oD1zK7z+KiyqbzKUhglESs7YXFbeU0E03FrXdAP"
    "YS6GAuZtBWTJp4DEm4rL+NqU6Xp0n2ehhqd1rFAJUAcsE5CFakQdlmKkkzVMy3VZYll5ptS0amlYfGqX6/N9bJAYdAoWWpdgCep5"
    "eXCutQcTQXc69UocKT99/vholeAP1097GfS+hNL2ndNS2ieMnj8XLD1LCHVoBjKZUIObB0lx3leGRe9VjYgTRAY2WlE+K32b6Iz1"
    "rKzzDD8YBNQdkHgdx44uPOU3I+8szYS6NzQ2Z0QlqAtz0j9vZu9yEUUxCEORAiMAHLtV5oWZ/RvSE7qq5B0b8WrHGPGoR/qUNK4E"
    "CmlIe/SRo6M7yRrPs3das3ox1bkC3f92c98ewHLeQtLwwsqQJny6rlYaiaiPMxgdT2CVcJEcKOfaK8pdy2fucBDxHrQitpGkeLJL"
    "mWk6LLxR/Ut6s6xNyyKSuZlVslS40n9MJ837uMmJFyecKPliwAj8HzTWQywSkMpEQfJyr4i2Kfa2paOZ4izmotRTfdvbFWlWFwuG"
    "LWOQ0X/pKaExpdNDwqahAwbfGkw/iHbsV7ZIlNIuSNs2ccQvnjM8xqkT6sYYVxYiHpmk5sOwGsdeiMdwQqn7Q/Lz+uc3F6k/r0Ox"
    "7MJTX6fPhFdhe8RJg/77USR/MIGiT4YZHV+XgrtbV0jvMEgB4yEOircsScaBmLv18tTn1GiGlzFjK/s7gOzjk70jf1qCZ1MNgDAP"
    "std/5sXdwYON0FnA5zPUp9yMkq1/wZq+DuePQDT6nj8zgFrkrvl8s7nibKKaL2bKcje5YP3CFcXLZoESZnC3BJkV85VqXlAKl+dc"
    "tM3vNfMVrqk3/boBARw27mdKLsysIREkWR4caByW0csjL3Js9tn1hB0yf6hIGo8mvPIUjPIXn1rFSSKWkQlq15wu2gwEo9FdVF5b"
    "eMdF4LVwuO9PZ1Y4oXuRE2pIzMWq/jEzHAZ7GucP7yzU78X767ucrwO/AXjMlLUsLLFZaQcHHBsrQJLpy5w1Jn/L7XFyR2g0lBOd"
    "T+lSOhx7j33oIlzxmqdR47ovtkg+LJpbAJG7n/JiQ/h/xffe3VdqSsrB8S4ltKz+rq51swoZ59zmRzWaoNkyWX0eu0E7y6EfpfrK"
    "Emr0H+fYtVnJvCznWFKzbv7oDXKC0pOyKZsNctvFwhSGEEURCs1G+4IrAEWG2Y231thQ8HdMvaMcm+ocvBGhZjmE7bXFkdiJ7S09"
    "csFjljFDGCiGRiU+flxkyiqpa1DDgeFRWOEyNAdMeY2iQMTJU9ApqNVrPpjGbg7kL0HrfKCQM236d16DKfXIiUmZw/NONKnrliAI"
    "s6/WSzKdW/JUyTLiKfPV1ItODmw5eNz7lV36dR8g3us/bpWp4OaDIInrLxYZRfkLHLvXGGg5ogY2k/FMno/3UBbS0QfstK+ByB/p"
    "FVYCHWgDjctwpOHaqAAXAiWHAUh1KOpXBMv8qndpzhsYhvKbrL371aBST0e3iPW/K4x+kFfgdeClsftS9RnE8KDCf4Uz+9QMP9sx"
    "j4+ZACztE19eBVaSvCqv54wO6n5248UzbqPXzA1dweKQziw/FnPWC7qMrcs3jDi6PBPhpruk1xBy08MQg58l4YzuXrPm5gAyiUAy"
    "fNszvhTotaU02oljhvg24CycDo/2PvQY7sBmisIsVVeHssiRxg23CMgWHaPMDn6OM+IhF2xaAqJOjfnsFBWlvMg8LxsrBnOQ1YAB"
    "VLLtMvCSaIvgBjPt8XtLn9gZ0HL9OvGsR3efWHTR5p4nZyuHH2Nm8F3nWKVkEI4p4H6Yo5O0hkzCi1ZB7QT3uEIeR0Hq3g/bLTzm"
    "m6XzsjWSmQ8CtPapmXX476QT44wU0CWJ096SqUGUq2ZCDg3kFkV0BuKPIfLCt4sYK9bjj8UZCqkhyHbVm2x+HQwk8mNnDbUd7PK8"
    "9riPjA33KX0Sw32RE0uKtB0sC8m7t028aEupsRx56/M0jBgeYmEHuRrXpW9nuOkQPTBaHdmYBHNkzTF2arPzZK3diFuhKPvmSQh2"
    "CN6g8r0p3EN+dmps1fIUfHM6emkEuaod+ZG83vyJsyd5B2oPMTVP12z8VJtDRAYfA5bRj+HEw2aD4f23u/Zq3PHk2C9T5LTAu28W"
    "CuO/EpXGSIkq1/hRpyE0qhJSnPN9/iE74PoU1OgjGBv6uSUsNhNZJeMe2W23s8EAyStB5+u83IBgUctrGwXzNdoC9LY1p+kNFSAZ"
    "XIggNB3alVzoS+D9rcCYTUAafpkdwLaYq5/w0wRchljkG61rl+gZCiwtqZv3SHVxO7kRTAzfHsGDB1yc/9Sz++IMGyFHYvuqtclh"
    "pHPPToFByaVl687b1P4t2i/U4fWPZ4BBhN5Q7HGTxubspw1GY2MjBYU5OXvEJu9aWeibkM/fg6QrxPRYNsJBNJQRywMjYHj6Aefr"
    "ZeGXGxSNgS50kCNBvV7XTli/17y3MFgR4WfNmBK3BqKb87v3DBMVnLHcqvw1ZVjFPv91q0XYaDdVFHqOnS4Fh5nfwh1qfuvKrUZl"
    "wFPcwW+pG4YDyjx90MTFugpQ6KfEusmUhB5Dqr79nYWbOhW3e0PCEZtxmVrH9EtCHEgO6wnkWjPke6XULARu0ECF1gZvQczEjKfz"
    "xCt6Rknz+27lXyzgzRyHWxr0kB/pFty+8IebrDfIW9757d+1QLonDTmkLQiirF0ygsgQALmk1KljcHD/qiAZPHh5YX+Q2VdDfIfG"
    "eMXmCg3nX5r5DINcx47fNHtgWeGn8MjF8Hnff6x+ZU/7YqcBrDOvGqn46FBvuRY0+mWkRo576207vQR/023owl7pXZ5p/75V5yDk"
    "TZWDtXsfKjpypcxrWIBsg5GC25nZdjQQGBtFUF1pfn+xvunq9AEIFidYY2Vyc3mYw8TW7PkVKis5PENhdbfJHDtIdIiQsLe+1Nr+"
    "/wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4eKDU="
    "\n"
)


def sigsum() -> Witness:
    key = VerifierKey(SIGSUM, Algorithm.ED25519, bytes.fromhex(SIGSUM_KEY))
    return Witness(cosigner(), [WitnessedLog((key,))], MemoryWitnessStorage())


def test_the_race_of_the_specification_as_another_witness_tests_it() -> None:
    for later, size in ((THREE, 5), (FIVE, 3)):
        first = FIVE if size == 5 else THREE
        server = sigsum()
        assert [server.add_checkpoint(each, NOW).status for each in (FIRST, first)] == [200, 200]
        reply = server.add_checkpoint(later, NOW)
        assert (reply.status, reply.content_type, reply.body) == (409, "text/x.tlog.size", b"%d\n" % size)


def test_too_many_proof_lines_are_400_before_anything_else() -> None:
    line = b"KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    for count, status in ((63, 422), (64, 400)):
        body = FIRST.replace(b"old 0\n", b"old 0\n" + line * count)
        assert sigsum().add_checkpoint(body, NOW).status == status


def test_a_checkpoint_signed_by_a_log_with_ml_dsa_44_verifies_and_nothing_near_it_does() -> None:
    key = VerifierKey.parse(ML_DSA_KEY)
    assert key.encode() == ML_DSA_KEY
    checkpoint = open_checkpoint(ML_DSA_NOTE.encode(), [key]).checkpoint
    assert (checkpoint.origin, checkpoint.size) == (key.name, 1)
    assert parse_policy(f"log {ML_DSA_KEY}\nquorum none\n".encode()).evaluate(ML_DSA_NOTE.encode()).met
    with expect("ledger.bad-signature"):
        open_checkpoint(ML_DSA_NOTE.replace("\n1\n", "\n2\n").encode(), [key])
    body = b"old 0\n\n" + ML_DSA_NOTE.encode()
    server = Witness(cosigner(), [WitnessedLog((key,))], MemoryWitnessStorage())
    assert server.add_checkpoint(body, NOW).status == 200


ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "vectors" / "witness"


def test_our_own_vectors_are_what_the_script_makes(tmp_path: Path) -> None:
    shutil.copy(VECTORS / "cosignatures.json", tmp_path)  # of ML-DSA-44, the signature that is there is kept
    runpy.run_path(str(ROOT / "vectors" / "make_witness.py"))["write"](tmp_path)
    names = sorted(path.name for path in VECTORS.iterdir())
    assert names == ["cosignatures.json", "forks.json", "requests.json"]
    for name in names:
        assert (tmp_path / name).read_bytes() == (VECTORS / name).read_bytes()


def test_a_witness_answers_the_requests_of_the_vectors_as_they_say() -> None:
    found = json.loads((VECTORS / "requests.json").read_bytes())
    log, key = VerifierKey.parse(found["log"]), Cosigner.parse(found["skey"])
    assert key.key.encode() == found["witness"]
    server = Witness(key, [WitnessedLog((log,))], MemoryWitnessStorage())
    for step in found["steps"]:
        reply = server.add_checkpoint(step["request"].encode(), step["time"])
        assert reply.status == step["status"], step["what"]
        if step["body"] is not None:
            assert (reply.content_type, reply.body.decode()) == (step["type"], step["body"])
    assert {step["status"] for step in found["steps"]} == {200, 400, 403, 404, 409, 422}


def test_the_fork_proofs_of_the_vectors_are_judged_as_they_say() -> None:
    for row in json.loads((VECTORS / "forks.json").read_bytes()):
        proof = parse_fork(row["proof"].encode())
        assert proof.encode().decode() == row["proof"]
        try:
            verdict = verify_fork(proof, [VerifierKey.parse(row["vkey"])])
        except ProofError:
            assert not row["holds"], row["what"]
        else:
            assert (row["holds"], verdict.proven) == (True, row["proven"]), row["what"]


def test_the_cosignatures_of_the_vectors_sign_the_messages_written_there() -> None:
    found = json.loads((VECTORS / "cosignatures.json").read_bytes())
    text, time = found["text"], found["time"]
    ed, pq = found["ed25519"], found["ml_dsa_44"]
    assert cosigned_message(text, time).hex() == ed["message"]
    message = subtree_message("见证.example/w1", parse_checkpoint(text), time)
    assert message is not None
    assert message.hex() == pq["message"]
    for row, kind in ((ed, Cosigner), (pq, MlDsaCosigner)):
        key = VerifierKey.parse(row["vkey"])
        assert kind.parse(row["skey"]).key == key
        assert key.verifies(text, bytes.fromhex(row["signature"]))
