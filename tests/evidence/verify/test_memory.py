"""The verifier's memory does not depend on how much it verifies: run alone, as a reader would run it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from qingyuan.evidence import PackageExhibit, build_package, digest_stream, extracted, sign_manifest
from tests.evidence.making import manifest_of
from tests.evidence.packing import new_office
from tests.evidence.repacking import trust_of
from tests.evidence.verify.test_verdict import SOURCE
from tests.evidence.zeros import Zeros

pytestmark = pytest.mark.slow

#: More than the ceiling: a verifier that held the content, or a fixed part of it, could not stay below.
LARGE = 256 << 20
#: Kibibytes; the bar is 150 MB.
CEILING = 100 << 10


@dataclass(frozen=True)
class Made:
    """A package with one exhibit of zeros, and the trust file for it."""

    package: Path
    trust: Path


@pytest.fixture(scope="module", params=[1 << 20, LARGE])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    size, folder = request.param, tmp_path_factory.mktemp("large")
    office = new_office(f"zeros {size}")
    manifest = manifest_of(digest_stream(Zeros(size)), name="硬盘镜像.img")
    signed = sign_manifest(manifest, office.officer)
    office.exhibits.append(PackageExhibit(signed, open=lambda: Zeros(size)))
    office.log(manifest.scope, "evidence.extracted", extracted(signed))
    office.transfer()
    found = Made(folder / "p.evp", folder / "trust.json")
    build_package(office.source(), found.package)
    found.trust.write_bytes(msgspec.json.encode(trust_of(office)))
    yield found
    found.package.unlink()


#: Runs the verifier as a program, then says the most that it held; what its parent held does not count, as it would in ``wait4``.
MEASURED = """
import pathlib, runpy, sys
del sys.argv[0]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    said = pathlib.Path("/proc/self/status").read_text()
    print(said.partition("VmHWM:")[2].split()[0], file=sys.stderr)
"""


def test_memory_stays_below_the_bar_whatever_the_size(made: Made) -> None:
    command = [sys.executable, "-I", "-S", "-c", MEASURED, str(SOURCE), str(made.package), "--json"]
    done = subprocess.run(
        [*command, "--trust", str(made.trust)], capture_output=True, check=False, timeout=300
    )
    assert (done.returncode, msgspec.json.decode(done.stdout)["verdict"]) == (0, "pass")
    assert int(done.stderr) < CEILING
