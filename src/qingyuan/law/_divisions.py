"""Six-digit codes of administrative divisions: level, parent, common superior."""

from __future__ import annotations

from collections.abc import Iterable

from qingyuan.law.errors import LawError
from qingyuan.law.model import Level

NATION = "000000"
_SIX = 6
#: In these positions 90 stands for county-level cities that answer to the province directly.
_DIRECT = "90"


class Divisions:
    """Arithmetic on division codes; municipalities have no prefectures of their own."""

    def __init__(self, municipalities: Iterable[str]) -> None:
        """Take the two-digit codes of the municipalities (Beijing, Tianjin, Shanghai, Chongqing)."""
        self._municipalities = frozenset(municipalities)

    def check(self, code: str, where: str) -> str:
        """Return ``code``.

        Raises:
            LawError: It is not six digits.
        """
        if len(code) != _SIX or not (code.isascii() and code.isdigit()):
            raise LawError(
                "law.bad-division",
                zh=f"“{code}”不是六位行政区划代码",
                en=f"{code!r} is not a six-digit division code",
                where=where,
                remedy_zh="请填写六位代码，例如 330782",
                remedy_en="give six digits, for example 330782",
            )
        return code

    def level(self, code: str) -> Level:
        """Return the level of the division ``code``."""
        if code == NATION:
            return Level.NATION
        if code.endswith("0000"):
            return Level.PROVINCE
        return Level.PREFECTURE if code.endswith("00") else Level.COUNTY

    def at(self, code: str, level: Level) -> str:
        """Return the division of ``level`` that contains ``code`` (or is it)."""
        if level is Level.NATION:
            return NATION
        if level is Level.PROVINCE:
            return code[:2] + "0000"
        return code[:4] + "00" if level is Level.PREFECTURE else code

    def above(self, code: str) -> str:
        """Return the next division up; a county of a municipality answers to the municipality."""
        level = self.level(code)
        if level is Level.COUNTY and not self.direct(code):
            return self.at(code, Level.PREFECTURE)
        if level in (Level.COUNTY, Level.PREFECTURE):
            return self.at(code, Level.PROVINCE)
        return NATION

    def direct(self, code: str) -> bool:
        """Tell whether ``code`` has no prefecture between itself and the province."""
        return code[:2] in self._municipalities or code[2:4] == _DIRECT

    def common_above(self, codes: Iterable[str]) -> str:
        """Return the lowest division above all of ``codes`` (one code: its next division up)."""
        distinct = sorted(set(codes))
        if len(distinct) == 1:
            return self.above(distinct[0])
        lines = [self.line(code) for code in distinct]
        return next(step for step in lines[0] if all(step in line for line in lines))

    def line(self, code: str) -> list[str]:
        """Return ``code`` and every division above it, the nation last."""
        line = [code]
        while line[-1] != NATION:
            line.append(self.above(line[-1]))
        return line
