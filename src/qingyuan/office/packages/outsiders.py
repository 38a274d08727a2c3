"""Asking those outside, before a package is built: witnesses to cosign the newest heads, authorities to stamp them."""

from __future__ import annotations

from qingyuan.errors import QingyuanError
from qingyuan.office.home import Home
from qingyuan.office.recognition.asking import POLICY, cosign
from qingyuan.office.timestamps.settings import TSA_FILE
from qingyuan.office.timestamps.stamping import stamp_checkpoint


def ask_outsiders(home: Home) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ask the witnesses and time-stamping authorities that the home names; what they give is kept in the home.

    Whoever does not answer stops nothing: what is missing can be seen in the package.

    Returns:
        The names of the witnesses that cosigned the head of the log; and those of the witnesses and authorities that
        gave nothing, or the code of the error when a file of settings cannot be used.

    Raises:
        OfficeError: ``office.stopped`` when a witness knows more of a log than we do.
    """
    signed: set[str] = set()
    missed: set[str] = set()
    if (home.path / POLICY).is_file():
        try:
            asked = cosign(home)
            signed = {each.name for each in asked[0].verdict.cosigned} if asked else set()
            missed |= {name for each in asked for name, _ in each.failures}
        except QingyuanError as error:
            if error.code == "office.stopped":
                raise
            missed.add(error.code)
    if (home.path / TSA_FILE).is_file():
        try:
            missed |= {each.tsa for each in stamp_checkpoint(home).failed}
        except QingyuanError as error:
            missed.add(error.code)
    return tuple(sorted(signed)), tuple(sorted(missed))
