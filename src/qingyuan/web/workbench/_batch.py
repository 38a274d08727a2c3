"""Files of a form: sent before by a script in chunks, or with the form itself; and who collected them."""

from __future__ import annotations

from qingyuan.errors import QingyuanError
from qingyuan.office.sealing import Collector
from qingyuan.web.asking import Ask
from qingyuan.web.desk import Desk
from qingyuan.web.errors import bad_request


def batch_of(ask: Ask) -> str:
    """Return the batch that was sent before by a script, or a new one of the files of a plain form.

    Raises:
        WebError: Not every file has arrived, or none was chosen.
    """
    uploads = ask.desk.uploads
    if name := ask.field("batch"):
        return whole_batch(ask.desk, ask.person, name)
    files = ask.uploads("files")
    if not files:
        raise bad_request("没有选择文件", "no file was chosen", code="web.no-files")
    name = uploads.batch(ask.person)
    try:
        for file in files:
            uploads.put(name, file.filename or "", file.file)
    except QingyuanError:
        uploads.drop(name)
        raise
    return name


def whole_batch(desk: Desk, person: str, name: str) -> str:
    """Return the batch of that name, all of it there and of that person.

    Raises:
        WebError: It is not.
    """
    if not desk.uploads.complete(name, person):
        raise bad_request("文件还没有传完", "not every file has arrived", code="web.not-complete")
    return name


def check_second(ask: Ask) -> str:
    """Return the second collector of a form, ``""`` when none is named.

    Raises:
        WebError: It is the first one, or nobody of the office.
        OfficeError: It is no identifier.
    """
    return other_collector(ask.person, ask.someone("second"))


def other_collector(person: str, second: str) -> str:
    """Return the second collector, ``""`` when none is named.

    Raises:
        WebError: It is the first one.
        OfficeError: It is no identifier.
    """
    if not second:
        return ""
    if second == person:
        raise bad_request(
            "第二收集人应当是另一个人", "the second collector is another person", code="web.same-person"
        )
    Collector(person, second)
    return second
