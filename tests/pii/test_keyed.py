"""The two ciphers against their published test vectors, and keys against normal forms."""

from __future__ import annotations

import random

import numpy as np

from qingyuan.pii._identity import current
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._kernel.keyed import encipher, round_keys, siphash
from qingyuan.pii.tokens import Tokenizer
from tests.pii.generator import Maker
from tests.pii.material import KEY


def test_speck_enciphers_as_published() -> None:
    # IACR ePrint 2013/404, appendix C: Speck64/128.
    rounds = round_keys(bytes.fromhex("00010203 08090a0b 10111213 18191a1b"))
    high, low = np.zeros((2, 32), dtype=np.uint32)
    high[[16, 20]], low[[16, 20]] = 0x3B726574, 0x7475432D
    out = np.zeros(9, dtype=np.uint64)
    encipher(
        1,
        5,
        np.concatenate((np.zeros(16, dtype=np.int64), np.arange(8, -8, -1))),
        high,
        low,
        np.concatenate((rounds ^ 1, rounds)),
        out,
    )
    assert [int(x) for x in out[[8, 4]]] == [0x8C6FA548454E028B] * 2
    assert out[:4].tolist() == [0] * 4


def test_siphash_gives_the_published_values() -> None:
    # vectors_sip64 of the reference: key 00..0f, messages 00, 00 01, ... of growing length.
    k0, k1 = (int.from_bytes(bytes(range(a, a + 8)), "little") for a in (0, 8))
    want = {0: 0x726FDB47DD0E0E31, 1: 0x74F839C593DC67FD, 8: 0x93F5F5799A932462, 15: 0xA129CA6149BE45E5}
    for size, value in want.items():
        text = np.zeros(64, dtype=np.uint8)
        text[:size] = np.arange(size, dtype=np.uint8)
        assert int(siphash(text, size, np.uint64(k0), np.uint64(k1))) == value


def hashed(number: str, k0: np.uint64, k1: np.uint64) -> int:
    """Return SipHash of digits, one text at a time."""
    text = np.zeros(64, dtype=np.uint8)
    text[: len(number)] = np.frombuffer(number.encode(), np.uint8)
    return int(siphash(text, len(number), k0, k1))


def keys(values: list[str], kind: int, key: bytes = KEY) -> list[int]:
    """Return the keys of values of one kind."""
    raw = [value.encode() for value in values]
    ends = np.cumsum([len(r) for r in raw])
    starts = ends - [len(r) for r in raw]
    kinds, flags = np.full(len(raw), kind, np.uint8), np.zeros(len(raw), np.uint32)
    data = np.frombuffer(b"".join(raw) + b" ", np.uint8)
    return [
        int(k)
        for k in Tokenizer(key).keys(data, starts.astype(np.int64), ends.astype(np.int64), kinds, flags)
    ]


def test_different_values_have_different_keys() -> None:
    maker = Maker(4)
    ids = {maker.resident_id() for _ in range(2000)} | {maker.digits(15) for _ in range(500)}
    cards = {maker.card() for _ in range(2000)} | {
        "4" + maker.digits(n) for n in range(12, 19) for _ in range(50)
    }
    mobiles = {maker.mobile() for _ in range(2000)}
    for kind, values in ((f.RESIDENT_ID, ids), (f.BANK_CARD, cards), (f.MOBILE, mobiles), (f.EMAIL, mobiles)):
        assert len(set(keys(sorted(values), kind))) == len(values)


def test_writing_does_not_matter_but_kind_and_secret_do() -> None:
    forms = ["13800138000", "+86 138 0013 8000", "１３８００１３８０００", "008613800138000", "138-0013-8000"]
    assert len(set(keys(forms, f.MOBILE))) == 1
    assert (
        len(set(keys(["11010119900307123x", "11010119900307123X", "110101 19900307 123X"], f.RESIDENT_ID)))
        == 1
    )
    one = "6222021234567890123"
    assert len({*keys([one], f.BANK_CARD), *keys([one], f.EMAIL), *keys([one], f.BANK_CARD, bytes(32))}) == 3
    assert len(set(keys(["Ab@Example.com", "ab@example.COM"], f.EMAIL))) == 1


def test_an_old_identity_number_has_the_key_of_its_form_of_today() -> None:
    maker = Maker(11)
    old = [f"{maker.digits(12)}{last}" for last in ("001", "995", "996", "999") for _ in range(50)]
    for written in (old, [f"{one[:6]} {one[6:12]} {one[12:]}" for one in old]):
        assert keys(written, f.RESIDENT_ID) == keys([current(one) for one in old], f.RESIDENT_ID)


def test_plain_values_have_the_keys_of_their_written_forms() -> None:
    maker, privacy, landline = Maker(6), f.KINDS.index("privacy-number"), f.KINDS.index("landline")
    wide = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
    for kind, values in {
        f.RESIDENT_ID: [maker.resident_id() for _ in range(300)],
        f.BANK_CARD: ["6" + maker.digits(r) for r in (15, 16, 17, 18) for _ in range(50)],
        privacy: [f"950131{maker.digits(6)}转{maker.digits(4)}" for _ in range(100)],
        landline: [f"0571-8{maker.digits(7)}" for _ in range(100)],
    }.items():
        plain = keys(values, kind)
        assert keys([value.translate(wide) for value in values], kind) == plain
        assert keys([f"{value[:6]} {value[6:]}" for value in values], kind) == plain
        assert len(set(plain)) == len(set(values))


def test_the_key_does_not_depend_on_where_a_value_stands() -> None:
    maker = Maker(5)
    makers = {
        f.NAME: maker.name,
        f.ADDRESS: maker.address,
        f.MOBILE: maker.mobile,
        f.EMAIL: maker.order_number,
    }
    makers[f.KINDS.index("waybill")] = lambda: "SF" + maker.digits(13)
    for kind, make in makers.items():
        values = [make() for _ in range(200)] + ["张 三", "文三路１号", "sf12 3", "1380013800O", "a" * 1030]
        assert keys(values, kind)[: len(values)] == [keys([value], kind)[0] for value in values]


def test_masked_values_have_no_key() -> None:
    data = np.frombuffer(b"138****1234", np.uint8)
    at = np.array([0], np.int64), np.array([11], np.int64), np.array([f.MOBILE], np.uint8)
    assert Tokenizer(KEY).keys(data, *at, np.array([f.MASKED], np.uint32)).tolist() == [0]


def test_short_numbers_have_the_key_of_their_digits_whatever_stands_between() -> None:
    maker, r = Maker(9), random.Random(9)
    signs = ["", "-", " ", "转", "；", "转-", "()", "分机", "x", "\u200b", "／"]
    texts, digits = [], []
    for _ in range(4000):
        size = r.randrange(5, 27)
        number = maker.digits(size)
        parts, at = [r.choice(signs)], 0
        while at < size:
            step = r.choice((1, 3, 4, 8, size))
            parts += [number[at : at + step], r.choice(signs)]
            at += step
        texts.append("".join(parts))
        digits.append(number)
    raw = [text.encode() for text in texts]
    # Also where nothing can be read behind the value.
    for behind in (b"", b"\n" * 64):
        for kind in (f.PRIVACY_NUMBER, f.LANDLINE):
            ends = np.cumsum([len(one) for one in raw])
            starts = ends - [len(one) for one in raw]
            data = np.frombuffer(b"".join(raw) + behind, np.uint8)
            made = Tokenizer(KEY).keys(
                data, starts, ends, np.full(len(raw), kind, np.uint8), np.zeros(len(raw), np.uint32)
            )
            secret = Tokenizer(KEY)._sip[kind]
            assert made.tolist() == [hashed(number, *secret) for number in digits]


def test_mobiles_and_masked_values_among_others_have_the_keys_they_have_alone() -> None:
    maker, r = Maker(10), random.Random(10)
    makers = (
        (f.MOBILE, maker.mobile, 0), (f.MOBILE, lambda: "+86 " + maker.mobile(), 0), (f.MOBILE, maker.masked_mobile, f.MASKED),
        (f.PRIVACY_NUMBER, lambda: f"9501{maker.digits(8)}转{maker.digits(4)}", 0), (f.NAME, maker.name, 0),
        (f.NAME, lambda: maker.name()[:1] + "**", f.MASKED), (f.RESIDENT_ID, maker.resident_id, 0), (f.BANK_CARD, maker.card, 0),
        (f.MOBILE, lambda: "１" + maker.mobile()[1:9], 0),
    )  # fmt: skip
    values = [(kind, make(), flags) for kind, make, flags in (r.choice(makers) for _ in range(5000))]
    raw = [text.encode() for _, text, _ in values]
    ends = np.cumsum([len(one) for one in raw])
    made = Tokenizer(KEY).keys(
        np.frombuffer(b"".join(raw), np.uint8), ends - [len(one) for one in raw], ends,
        np.array([kind for kind, _, _ in values], np.uint8), np.array([flags for _, _, flags in values], np.uint32),
    )  # fmt: skip
    for key, (kind, text, flags) in zip(made.tolist(), values, strict=True):
        assert key == (0 if flags and kind != f.NAME else keys([text], kind)[0])
