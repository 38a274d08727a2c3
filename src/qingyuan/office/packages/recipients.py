"""Recipients of packages that the office knows by name: the file ``recipients.yaml`` of the home, the office's own to write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import yaml

from qingyuan.bounded import read_whole
from qingyuan.errors import QingyuanError
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.packages.encryption import read_recipients
from qingyuan.plainyaml import load_yaml
from qingyuan.shapes import convert

#: A file ``{name: age1…}``.
RECIPIENTS = "recipients.yaml"
_MOST = 64 << 10
#: How public keys begin; no name does.
PREFIX = "age1"


def recipients_of(home: Home) -> dict[str, str]:
    """Return the keys of recipients by their names, as the file has them; none without one.

    Raises:
        OfficeError: ``office.bad-recipients-file``: it cannot be used.
    """
    path = home.path / RECIPIENTS
    if not path.is_file():
        return {}
    try:
        found = convert(load_yaml(read_whole(path, _MOST)) or {}, dict[str, str])
        read_recipients(list(found.values()))
    except (msgspec.MsgspecError, yaml.YAMLError, QingyuanError) as error:
        reason_zh, reason_en = (
            (error.zh, error.en) if isinstance(error, QingyuanError) else (str(error), str(error))
        )
        raise OfficeError(
            "office.bad-recipients-file",
            zh=f"{RECIPIENTS} 不能使用：{reason_zh}",
            en=f"{RECIPIENTS} cannot be used: {reason_en}",
            where=str(path),
            remedy_zh="每行写成“名称: age1…公钥”",
            remedy_en="write one “name: age1…” a line",
        ) from error
    return found


def known_recipients(home: Home, given: Sequence[str]) -> list[str]:
    """Return keys for keys and names.

    Raises:
        OfficeError: The file of names cannot be used. A name that is not there is refused as a key.
    """
    names: Mapping[str, str] = recipients_of(home) if any(not one.startswith(PREFIX) for one in given) else {}
    return [names.get(one, one) for one in given]


def keys_in(text: str) -> list[str]:
    """Return the keys of a file of public keys, one a line, ``#`` beginning a comment.

    Raises:
        OfficeError: One line is no key; a secret key is never repeated.
    """
    lines = (line.strip() for line in text.splitlines())
    return read_recipients([line for line in lines if line and not line.startswith("#")])
