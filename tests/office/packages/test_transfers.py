"""What the journal says of a package that was announced: completed, abandoned, or settled by the next run."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qingyuan.evidence.verify import verify
from qingyuan.office.custody import custody_record
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from qingyuan.office.keys.destruction import destroy
from qingyuan.office.packages.packaging import make_package
from qingyuan.store import StoredEvent, events
from tests.office.running import collected, material
from tests.warm import run


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.open(tmp_path / "home", create=True)
    intake(home, [material(tmp_path / "material", 1)], workers=0)
    return home


def lead_of(home: Home) -> str:
    return f"L{home.clock.now().year}-0001"


def logged(home: Home, kind: str) -> list[StoredEvent]:
    with home.database.read() as connection:
        return [event for event in events(connection, [lead_of(home)]) if event.type == f"evidence.{kind}"]


def transfers(home: Home) -> tuple[list[str], list[str]]:
    """The steps and the gaps of transfers in the custody of the first exhibit."""
    custody = custody_record(home, collected(home, lead_of(home))[0].id).custody
    return (
        [step.en for step in custody.steps if step.stage.value == "传输"],
        [gap.en for gap in custody.gaps if gap.code == "transfer-not-completed"],
    )


def test_the_completion_says_which_file_was_made_and_is_not_inside_it(tmp_path: Path, home: Home) -> None:
    target = tmp_path / "a.evp"
    packed = make_package(home, lead_of(home), target, to="某法院", actor="P001")
    (completion,) = logged(home, "transfer_completed")
    assert completion.payload == {
        "package": packed.id,
        "size": target.stat().st_size,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
    }
    assert transfers(home) == ([f"to 某法院, in package {packed.id}"], [])
    make_package(home, lead_of(home), tmp_path / "b.evp", to="x", actor="P001")
    for name in ("a.evp", "b.evp"):
        assert verify(tmp_path / name, trust=home.trust_path).verdict == "pass"
    assert logged(home, "transfer_abandoned") == []


_LIMITED = """
import resource, signal, sys
from pathlib import Path
from qingyuan.office.home import Home
from qingyuan.office.packages import packaging
gather = packaging.gather
def gathered(*args, **named):
    source = gather(*args, **named)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    return source
abandon = packaging.abandon
def abandoned(*args, **named):
    if sys.argv[4] == "free":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return abandon(*args, **named)
packaging.gather, packaging.abandon = gathered, abandoned
try:
    with Home.open(Path(sys.argv[1])) as home:
        packaging.make_package(home, sys.argv[2], Path(sys.argv[3]), to="x", actor="P001", offline=True)
except packaging.OfficeError as error:
    print(error.code, error.text("en"), error.text("zh"), sep="\\n")
"""


def build_on_a_full_disk(home: Home, target: Path, then: str) -> list[str]:
    """Build in a process that the system lets write no more, and return what the error says."""
    command = [sys.executable, "-c", _LIMITED, str(home.path), lead_of(home), str(target), then]
    home.close()
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return done.stdout.splitlines()


def test_a_package_the_disk_refuses_is_logged_as_abandoned_and_the_error_says_so(
    tmp_path: Path, home: Home
) -> None:
    code, english, chinese = build_on_a_full_disk(home, tmp_path / "a.evp", "free")
    package = logged(home, "transferred")[0].payload["package"]
    assert code == "evidence.write-failed"
    assert f"number {package} is used up and recorded as abandoned" in english
    assert f"编号 {package} 已用去，已登记为未完成" in chinese
    assert "nothing was changed" not in english
    (abandonment,) = logged(home, "transfer_abandoned")
    assert (abandonment.payload["package"], abandonment.payload["code"]) == (package, code)
    assert not (tmp_path / "a.evp").exists()
    steps, gaps = transfers(home)
    assert steps == []
    assert gaps == [
        f"transfer in package {package} not completed: cannot write the file: {os.strerror(errno.EFBIG)}"
    ]


def test_a_run_that_can_log_nothing_more_is_settled_by_the_next(tmp_path: Path, home: Home) -> None:
    code, english, _ = build_on_a_full_disk(home, tmp_path / "a.evp", "full")
    assert code == "evidence.write-failed"
    assert "the next package of this home will do it" in english
    assert logged(home, "transfer_abandoned") == []
    (first,) = (str(event.payload["package"]) for event in logged(home, "transferred"))
    assert transfers(home) == (
        [],
        [f"transfer in package {first} not completed: its completion was never recorded"],
    )
    for name in ("b.evp", "c.evp"):
        make_package(home, lead_of(home), tmp_path / name, to="x", actor="P001")
        assert verify(tmp_path / name, trust=home.trust_path).verdict == "pass"
    (abandonment,) = logged(home, "transfer_abandoned")
    assert (abandonment.payload["package"], abandonment.payload["code"]) == (first, "office.interrupted")
    steps, gaps = transfers(home)
    assert (len(steps), len(gaps)) == (2, 1)


def test_whoever_stops_the_program_leaves_an_abandonment(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(given: Home) -> tuple[tuple[str, ...], tuple[str, ...]]:
        del given
        signal.raise_signal(signal.SIGINT)
        return (), ()

    monkeypatch.setattr("qingyuan.office.packages.packaging.ask_outsiders", stop)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            make_package(home, lead_of(home), tmp_path / "a.evp", to="x", actor="P001")
    finally:
        signal.signal(signal.SIGINT, before)
    assert [event.payload["reason_en"] for event in logged(home, "transfer_abandoned")] == [
        "the making was interrupted"
    ]


def test_a_destroyed_exhibit_is_listed_and_not_sent(tmp_path: Path, home: Home) -> None:
    destroy(home, lead_of(home), basis="超过保存期限", approved_by="P009", by="P001")
    packed = make_package(home, lead_of(home), tmp_path / "a.evp", to="某法院", actor="P001")
    assert transfers(home) == ([f"listed in package {packed.id} to 某法院, content not sent"], [])


def test_a_file_that_exists_is_replaced_only_when_told_so(tmp_path: Path, home: Home) -> None:
    target, lead = tmp_path / "a.evp", lead_of(home)
    target.write_bytes(b"an older package")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    before = home.head()
    for name in ("a.evp", "dangling"):
        with pytest.raises(OfficeError) as caught:
            make_package(home, lead, tmp_path / name, to="x", actor="P001")
        assert caught.value.code == "office.target-exists"
    assert home.head() == before, "nothing was logged"
    at = ("package", lead, "-o", target, "--home", home.path, "--offline", "--json")
    home.close()
    refused = run(*at)
    assert (refused.returncode, json.loads(refused.stdout)["error"]["code"]) == (2, "office.target-exists")
    assert "--force" in json.loads(refused.stdout)["error"]["remedy_en"]
    assert target.read_bytes() == b"an older package"
    assert run(*at, "--force").returncode == 0
    assert verify(target, trust=home.path / "trust.json").verdict == "pass"
