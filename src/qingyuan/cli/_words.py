"""Words ``name=value`` of the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qingyuan.errors import QingyuanError


def named(words: Sequence[str], *, remedy_zh: str, remedy_en: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the value of each word, in their order.

    Args:
        words: What was typed.
        remedy_zh: An example for whoever typed something else.
        remedy_en: The same in English.

    Raises:
        QingyuanError: ``cli.bad-word``: a word without ``=``.
    """
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise QingyuanError(
                "cli.bad-word",
                zh=f"“{word}”不是 名称=值 的形式",
                en=f"{word!r} is not of the form name=value",
                where=word,
                remedy_zh=remedy_zh,
                remedy_en=remedy_en,
            )
        yield name, value
