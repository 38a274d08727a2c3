"""What a value tells for linking, as keyed marks: the value itself, and what masked copies of it would show.

A mark is a keyed BLAKE2b digest (RFC 7693) of eight bytes under the caller's key, apart for every feature;
whoever lacks the key can neither read a value from a mark nor test a guess.
"""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from enum import IntEnum

from qingyuan.pii._identity import LENGTH, OLD, current
from qingyuan.pii._rules import rules
from qingyuan.pii._simplified import simplified
from qingyuan.pii._sounds import sound, surname_first
from qingyuan.pii.catalog import catalog

#: Characters that hide others.
_PLAIN_STARS = "*＊×✱∗•●○■□█"
_STARS = _PLAIN_STARS + "xX#?"
_NAME_STARS = str.maketrans(dict.fromkeys("*×✱∗•●○■□█某", "*"))
_ADDRESS_STARS = "*×●○□■"
_FOLD = str.maketrans(dict.fromkeys(_STARS, "*"))
_SEPARATORS = re.compile(r"[\s\-‐-―－()（）.·/_+]+")
#: Between several numbers of one cell.
_SEVERAL = re.compile(r"[,，;；、/|\n]|或|和|及")
#: The last digits said by words.
_TAIL = re.compile(r"^(?:手机|卡)?(?:号|号码)?(?:尾号|尾数|末四位|后四位)[是为:：]?([0-9]{3,4})$")
_EXTENSION = re.compile(r"(?:转|分机|内线|ext\.?|#|x)\s*\d{1,6}$", re.IGNORECASE)
_COUNTRY = re.compile(r"^(?:\+|00)86")
_MASKED = re.compile(r"^([0-9]*)\*[*0-9]*?([0-9]*X?)$")
_DIGITS = re.compile(r"\d+")
_IDENTITY = re.compile(rf"[\dxX{_PLAIN_STARS}]{{15}}|[\dxX{_PLAIN_STARS}]{{18}}")
_TITLE = re.compile(r"(先生|女士|小姐|太太|老师|师傅|同学|同志|阿姨|叔叔|经理|老板)$")
_AFTER_NAME = re.compile(r"[（(].*?[)）]$|[\s·．.、,，]+|(?:亲?收|亲启|本人|收件|收货)$")
_DOT_WITHIN = re.compile(r"(?<=[㐀-鿿]{2})•(?=[㐀-鿿]{2})")
_ADDRESS_HEAD = re.compile(
    r"^(?:中国)?(?:[㐀-鿿]{2,7}?(?:省|自治区))?(?:[㐀-鿿]{2,9}?(?:市|自治州|地区|盟))?(?:[㐀-鿿]{1,9}?(?:区|县|旗|市))?"
)
_ADDRESS_NOISE = re.compile(r"[\s,，.。;；:：()（）\-—_#/、]+")
_UNITS = re.compile(r"\d+(?:号楼|号院|号|幢|栋|单元|门|室|层|楼|座|房|户|弄|巷|组|期|区)?")
_HAN_NUMBER = re.compile(r"[一二三四五六七八九十]{1,3}(?=号|幢|栋|单元|楼|室|层|座|组|期|弄)")
_HAN = {c: n for n, c in enumerate("一二三四五六七八九", start=1)}
_DATE = re.compile(r"^(\d{4})\D?(\d{1,2})\D?(\d{1,2})(?!\d)")
_BLANKS = re.compile(r"\s+")
_TEN = 10
_MOBILE_LENGTH = 11
_LONGEST_NAME = 20
#: Digits of each of several numbers in one cell, at least.
_LEAST = 11


class Feature(IntEnum):
    """What a mark is of. Names end with how many first and last characters a partial form shows."""

    RESIDENT_ID = 1
    MOBILE = 2
    CARD = 3
    KEY = 4
    DOCUMENT = 5
    ACCOUNT = 6
    NAME = 10
    NAME_SHAPE = 11
    NAME_FIRST = 12
    NAME_SLIP = 13
    NAME_GIVEN = 14
    NAME_SOUND = 15
    NAME_LATIN = 16
    NAME_TURNED = 17
    BIRTH = 20
    LANDLINE = 21
    MOBILE_3_4 = 30
    MOBILE_7_0 = 31
    MOBILE_0_4 = 32
    MOBILE_3_3 = 33
    ID_6_4 = 40
    ID_14_0 = 41
    ID_3_4 = 42
    ID_0_4 = 43
    ID_1_1 = 44
    CARD_6_4 = 50
    CARD_4_4 = 51
    CARD_0_4 = 52
    PLACE_0 = 60
    PLACE_1 = 61
    PLACE_2 = 62
    NUMBERS_1 = 63
    NUMBERS_2 = 64
    WORDING = 65


#: Partial forms of each kind, the most telling first: feature, first, last.
PARTS: dict[str, tuple[tuple[Feature, int, int], ...]] = {
    "mobile": (
        (Feature.MOBILE_3_4, 3, 4),
        (Feature.MOBILE_7_0, 7, 0),
        (Feature.MOBILE_3_3, 3, 3),
        (Feature.MOBILE_0_4, 0, 4),
    ),
    "resident-id": (
        (Feature.ID_14_0, 14, 0),
        (Feature.ID_6_4, 6, 4),
        (Feature.ID_3_4, 3, 4),
        (Feature.ID_0_4, 0, 4),
        (Feature.ID_1_1, 1, 1),
    ),
    "bank-card": ((Feature.CARD_6_4, 6, 4), (Feature.CARD_4_4, 4, 4), (Feature.CARD_0_4, 0, 4)),
}
#: Accounts that one person writes from; other keys, as plates, a household may share.
_KEYS = dict.fromkeys(("email", "wechat", "qq"), Feature.ACCOUNT)
#: What parts of an ID are shown: two that differ are of two IDs.
ID_PARTS = tuple(feature for feature, _, _ in PARTS["resident-id"])
_WHOLE = {"mobile": Feature.MOBILE, "resident-id": Feature.RESIDENT_ID, "bank-card": Feature.CARD}


class Marker:
    """Makes marks under one key."""

    def __init__(self, key: bytes) -> None:
        """Keep the key (cut to the 64 bytes that BLAKE2b takes)."""
        self._key = key[:64]
        self._known: dict[tuple[int, str], int] = {}

    def mark(self, feature: Feature, text: str) -> int:
        """Return the mark of a text, never 0."""
        known = self._known.get((feature, text))
        if known is None:
            digest = hashlib.blake2b(
                text.encode(), digest_size=8, key=self._key, person=b"link%04d" % feature
            )
            known = int.from_bytes(digest.digest(), "big") or 1
            if feature == Feature.WORDING:
                self._known[feature, text] = known
        return known

    def features(self, kind: str, value: str) -> Iterator[tuple[Feature, int, bool]]:
        """Yield ``(feature, mark, hidden)`` of one value; ``hidden`` when the value is masked.

        Args:
            kind: A kind of the catalogue, ``"birth-date"`` or any other word for a key of its own.
            value: The value as written.
        """
        value = unicodedata.normalize("NFKC", value).strip()
        if not value:
            return
        if kind == "name":
            yield from self._name(value)
        elif kind == "address":
            yield from self._address(value)
        elif kind == "birth-date":
            yield from self._birth(value)
        elif kind in PARTS:
            yield from self._number(kind, value)
        elif kind == "driving-licence" and _IDENTITY.fullmatch(_SEPARATORS.sub("", value)):
            yield from self._number("resident-id", value)  # its number is that of the identity card
        elif kind == "landline":
            yield from self._landline(value)
        elif not any(star in value for star in _PLAIN_STARS):
            feature = Feature.DOCUMENT if kind in _documents() else _KEYS.get(kind, Feature.KEY)
            text = (_SEPARATORS if kind == "plate" else _BLANKS).sub("", value)
            yield feature, self.mark(feature, f"{kind}:{text.lower()}"), False

    def _number(self, kind: str, value: str) -> Iterator[tuple[Feature, int, bool]]:
        for text in _numbers(kind, value):
            yield from self._one_number(kind, text)

    def _one_number(self, kind: str, text: str) -> Iterator[tuple[Feature, int, bool]]:
        hidden = "*" in text
        if not hidden:
            yield _WHOLE[kind], self.mark(_WHOLE[kind], text), False
            if kind == "resident-id" and len(text) == LENGTH:
                yield Feature.BIRTH, self.mark(Feature.BIRTH, text[6:14]), False
            first, last = text, text
        else:
            match = _MASKED.match(text)
            if match is None:
                return
            first, last = match[1], match[2]
            if kind == "resident-id" and len(text) == OLD:  # the places of its last digits are others
                last = ""
            elif kind == "resident-id" and len(first) >= 14:  # noqa: PLR2004 - region and date of birth
                yield Feature.BIRTH, self.mark(Feature.BIRTH, first[6:14]), True
        for feature, start, end in PARTS[kind]:
            if len(first) >= start and len(last) >= end:
                shown = f"{first[:start]}-{last[len(last) - end :]}"
                yield feature, self.mark(feature, shown), hidden

    def _landline(self, value: str) -> Iterator[tuple[Feature, int, bool]]:
        text = _COUNTRY.sub("", _EXTENSION.sub("", value.strip()))
        groups = _DIGITS.findall(text)
        if len(groups) > 2 and len(groups[0]) in {2, 3, 4} and len(groups[1]) in {7, 8}:  # noqa: PLR2004
            groups = groups[:2]
        digits = "".join(groups).lstrip("0")
        if len(digits) >= 7:  # noqa: PLR2004 - a number without its area
            yield Feature.LANDLINE, self.mark(Feature.LANDLINE, digits), False

    def _name(self, value: str) -> Iterator[tuple[Feature, int, bool]]:
        if value.isascii():
            value = surname_first(value)
        text = _AFTER_NAME.sub("", simplified(_DOT_WITHIN.sub("", value))).translate(_NAME_STARS)
        title = _TITLE.search(text)
        if title:
            text = text[: title.start()]
            if len(text) == 1 or text in _double_surnames():
                yield Feature.NAME_FIRST, self.mark(Feature.NAME_FIRST, text[0]), True
                return
        if not text or len(text) > _LONGEST_NAME:
            return
        hidden = "*" in text
        if not hidden:
            yield from self._clear_name(text, value)
        forms = {text} if hidden else set(_shapes(text))
        for form in sorted(forms):
            if form.strip("*"):
                yield Feature.NAME_SHAPE, self.mark(Feature.NAME_SHAPE, form), hidden

    def _clear_name(self, text: str, written: str) -> Iterator[tuple[Feature, int, bool]]:
        """Yield what a name in clear tells but its masked forms; ``written`` has its blanks still."""
        yield Feature.NAME, self.mark(Feature.NAME, text.upper()), False
        yield Feature.NAME_FIRST, self.mark(Feature.NAME_FIRST, text[0]), False
        yield Feature.NAME_GIVEN, self.mark(Feature.NAME_GIVEN, text[1:]), False
        if text.isascii():  # the family name may stand last
            words = written.split()
            turned = sound(" ".join((*words[-1:], *words[:-1])))
            yield Feature.NAME_LATIN, self.mark(Feature.NAME_SOUND, turned), False
        heard = sound(text)
        if heard:
            yield Feature.NAME_SOUND, self.mark(Feature.NAME_SOUND, heard), False
        turned = "".join(sorted(text[1:]))
        yield Feature.NAME_TURNED, self.mark(Feature.NAME_TURNED, f"{text[0]}{turned}"), False
        for form in sorted(_slips(text)):
            yield Feature.NAME_SLIP, self.mark(Feature.NAME_SLIP, form), False

    def _birth(self, value: str) -> Iterator[tuple[Feature, int, bool]]:
        match = _DATE.match(value)
        if match:
            text = f"{match[1]}{int(match[2]):02d}{int(match[3]):02d}"
            yield Feature.BIRTH, self.mark(Feature.BIRTH, text), False

    def _address(self, value: str) -> Iterator[tuple[Feature, int, bool]]:
        if any(star in value for star in _ADDRESS_STARS):
            return
        text = _HAN_NUMBER.sub(lambda m: str(_number(m[0])), simplified(value))
        text = _ADDRESS_NOISE.sub(" ", text).strip()
        numbers = [n.lstrip("0") or "0" for n in _DIGITS.findall(text)]
        text = text.replace(" ", "")
        local = _ADDRESS_HEAD.sub("", text, count=1) or text
        place = (Feature.PLACE_0, Feature.PLACE_1, Feature.PLACE_2)[min(2, len(numbers))]
        yield place, self.mark(place, local), False
        if numbers:
            feature = Feature.NUMBERS_1 if len(numbers) == 1 else Feature.NUMBERS_2
            yield feature, self.mark(feature, "-".join(numbers)), False
        words = _UNITS.sub("", local)
        for at in range(len(words) - 1):
            yield Feature.WORDING, self.mark(Feature.WORDING, words[at : at + 2]), False


def _slips(name: str) -> set[str]:
    """Return what a name has in common with those that differ by one slip behind the first character.

    Two names of two characters have no more than the family in common where their second ones differ.
    """
    size = len(name)
    wild = {f"{name[:i]}?{name[i + 1 :]}" for i in range(1, size)} if size > 2 else set()  # noqa: PLR2004
    less = {name[:i] + name[i + 1 :] for i in range(1, size)} if size > 2 else set()  # noqa: PLR2004
    return wild | less | {name, name[0] + "".join(sorted(name[1:])) + "!"}


def _numbers(kind: str, value: str) -> Iterator[str]:
    """Yield the numbers of a cell as they are compared: digits, ``X`` and ``*`` for what is hidden."""
    parts = _SEVERAL.split(value)
    several = len(parts) > 1 and all(sum(c.isdigit() for c in p) >= _LEAST for p in parts)
    for part in parts if several else [value]:
        text = _SEPARATORS.sub("", part)
        tail = _TAIL.match(text)
        if tail:
            yield f"*{tail[1]}"
            continue
        if kind == "resident-id" and text[:-1].isdigit():
            yield current(text.upper())
            continue
        text = _starred(kind, text)
        yield text[-_MOBILE_LENGTH:] if kind == "mobile" and len(text) > _MOBILE_LENGTH else text


def _starred(kind: str, text: str) -> str:
    """Return a number with ``*`` for every sign that hides; the X that ends an identity number hides nothing."""
    ends = kind == "resident-id" and text[-1:] in {"x", "X"}
    if ends and (text[-2:-1].isdigit() or any(sign in text for sign in _PLAIN_STARS)):
        return text[:-1].translate(_FOLD) + "X"
    return text.translate(_FOLD).upper()


@functools.cache
def _documents() -> frozenset[str]:
    """Return the kinds of documents that one person has."""
    return frozenset(rules().documents)


@functools.cache
def _double_surnames() -> frozenset[str]:
    """Return the surnames of two characters."""
    return frozenset(catalog().names.double)


def _shapes(name: str) -> Iterator[str]:
    """Yield the masked forms of a name that are in use."""
    size = len(name)
    if size > 1:
        yield name[0] + "*" * (size - 1)
        yield "*" * (size - 1) + name[-1]
        yield "*" + name[1:]
        yield name[:-1] + "*"
        yield name[0] + "*"
        yield name[0] + "**"
    if size > 2:  # noqa: PLR2004 - first and last with something between
        yield name[0] + "*" * (size - 2) + name[-1]
        yield name[0] + "*" + name[-1]


def _number(text: str) -> int:
    """Return the value of 一 to 九十九."""
    if "十" not in text:
        return int("".join(str(_HAN[c]) for c in text))
    tens, _, ones = text.partition("十")
    return _HAN.get(tens, 1) * _TEN + _HAN.get(ones, 0)
