"""What may stand as an identifier in the log: a leaf that holds anything else could never be put into a package."""

from __future__ import annotations

import unicodedata

from qingyuan.office.errors import OfficeError

#: Most code points of an identifier (``docs/evidence-format.md``).
_MOST = 128
_WORDS = {
    "actor": ("人员编号", "the identifier of a person"),
    "second": ("第二收集人编号", "the identifier of the second collector"),
    "device": ("设备编号", "the identifier of a device"),
    "scope": ("线索、总案或案件编号", "the identifier of a lead, matter or case"),
}
_EXAMPLES = {"actor": "P001", "second": "P002", "device": "D001", "scope": "L2026-0001"}


def check_identifier(what: str, identifier: str) -> None:
    """Refuse an identifier that is empty, too long or not to be written; to be asked before any key or event.

    Args:
        what: ``"actor"``, ``"second"``, ``"device"`` or ``"scope"``; names the error ``office.bad-WHAT``.
        identifier: The identifier.

    Raises:
        OfficeError: ``office.bad-actor`` and so on. It does not repeat the identifier, which may not be printable.
    """
    if 1 <= len(identifier) <= _MOST and not any(unicodedata.category(c) in {"Cc", "Cs"} for c in identifier):
        return
    zh, en = _WORDS[what]
    raise OfficeError(
        f"office.bad-{what}",
        zh=f"{zh}为空、过长或含有控制字符、无效字符",
        en=f"{en} is empty, too long, or holds control characters or invalid ones",
        where=what,
        remedy_zh=f"请给出 1 至 {_MOST} 个字符的编号，例如 {_EXAMPLES[what]}",
        remedy_en=f"give an identifier of 1 to {_MOST} characters, for example {_EXAMPLES[what]}",
    )
