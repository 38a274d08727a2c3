"""Errors of the exchange room."""

from __future__ import annotations

from qingyuan.errors import QingyuanError


class ExchangeError(QingyuanError):
    """A bundle, a peer or the order of bundles is not what it must be; nothing of the bundle was taken in."""

    exit_code = 1


def altered(where: str, zh: str, en: str) -> ExchangeError:
    """Return the refusal of a bundle that is not what its sender signed."""
    return ExchangeError(
        "exchange.altered",
        zh=f"交换包与发送方签署的不一致：{zh}",
        en=f"the bundle is not what its sender signed: {en}",
        where=where,
        remedy_zh="不予接收；请对方重新发送，并保留该文件备查",
        remedy_en="it is not taken in; ask for it again and keep this file",
    )
