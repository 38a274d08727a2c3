"""Waybills: every column of the leaked records, with what is planted in each cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from qingyuan.demo import _digits as d
from qingyuan.demo import _lists as lists
from qingyuan.demo._fields import Field, Part, assemble
from qingyuan.demo._pool import Pool
from qingyuan.demo._strings import Text, concat, from_ints, from_matrix, pick, strings

Rng: TypeAlias = np.random.Generator
Choice: TypeAlias = npt.NDArray[np.int64]
Batch: TypeAlias = Mapping[str, Field]

CLEAR, MASKED, PRIVACY = 0, 1, 2

#: Share of the waybills of each carrier, and how it prints recipients: clear, masked, privacy number.
_CARRIER_SHARE = (0.30, 0.20, 0.18, 0.14, 0.10, 0.08)
_CARRIER_LEVELS = (
    (0.15, 0.25, 0.60),
    (0.55, 0.35, 0.10),
    (0.75, 0.20, 0.05),
    (0.40, 0.30, 0.30),
    (0.65, 0.30, 0.05),
    (0.95, 0.05, 0.00),
)
_SENDER_LEVELS = (0.60, 0.32, 0.08)
#: Plain, ``+86 138 0000 0000``, ``138-0000-0000``, full width, landline.
_PHONE_FORMS = (0.955, 0.01, 0.01, 0.005, 0.02)
#: Absent, clear, masked after three, masked after six, wrong check character.
_ID_FORMS = (0.70, 0.14, 0.08, 0.06, 0.02)
#: Absent, clear, masked.
_CARD_FORMS = (0.94, 0.033, 0.027)
#: None, plain words, words with quotes, e-mail, e-mail behind a comma, landline, mobile.
_REMARK_FORMS = (0.85, 0.09, 0.015, 0.015, 0.005, 0.01, 0.015)
_FIRST_MS = 1_780_243_200_000  # 2026-06-01T00:00:00+08:00
_DAYS = 30


def _choose(rng: Rng, shares: tuple[float, ...], count: int) -> Choice:
    return np.searchsorted(np.cumsum(shares)[:-1], rng.random(count), side="right").astype(np.int64)


def _where(condition: npt.NDArray[np.bool_]) -> d.Ints:
    return np.flatnonzero(condition).astype(np.int64)


def _plain(text: Text) -> Field:
    return Field(text)


def _landlines(rng: Rng, count: int) -> Text:
    area = pick(strings(lists.AREA_CODES), rng.integers(0, len(lists.AREA_CODES), count))
    return concat(area, "-8", from_matrix(d.digits(rng.integers(0, 10**7, count), 7)))


def _mails(rng: Rng, count: int) -> Text:
    letters = rng.integers(ord("a"), ord("z") + 1, (count, 6)).astype(np.uint8)
    local = from_matrix(d.join(letters, d.digits(rng.integers(0, 100, count), 2)))
    return concat(local, "@", pick(strings(lists.MAIL_HOSTS), rng.integers(0, len(lists.MAIL_HOSTS), count)))


def _privacy_numbers(rng: Rng, count: int) -> Text:
    number = d.join(d.constant("95013", count), d.digits(rng.integers(0, 10**7, count), 7))
    return concat(from_matrix(number), "转", from_matrix(d.digits(rng.integers(0, 10**4, count), 4)))


def phones(rng: Rng, pool: Pool, person: d.Ints, level: Choice, role: str) -> Field:
    """Return a telephone column: mobiles in several forms, masked, privacy numbers and landlines."""
    form = _choose(rng, _PHONE_FORMS, person.size)
    key = pool.mobile_of[person]
    parts: list[Part] = []

    def mobile(rows: d.Ints, text: Text, *, masked: bool = False) -> None:
        parts.append(Part(rows, text, "mobile", person[rows], key[rows], masked))

    clear = level == CLEAR
    rows = _where(clear & (form == 0))
    mobile(rows, from_matrix(pool.mobile[key[rows]]))
    for number, (lead, gap) in enumerate((("+86 ", " "), ("", "-")), start=1):
        rows = _where(clear & (form == number))
        m = pool.mobile[key[rows]]
        mobile(rows, concat(lead, *_grouped(m, gap)))
    rows = _where(clear & (form == 3))  # noqa: PLR2004  the form after the two grouped ones
    mobile(rows, from_matrix(d.full_width(pool.mobile[key[rows]])))
    rows = _where(level == MASKED)
    mobile(rows, from_matrix(d.masked(pool.mobile[key[rows]], 3, 4)), masked=True)
    rows = _where(clear & (form == 4))  # noqa: PLR2004  the last form
    parts.append(Part(rows, _landlines(rng, rows.size), "landline", person[rows]))
    rows = _where(level == PRIVACY)
    parts.append(Part(rows, _privacy_numbers(rng, rows.size), "privacy-number", person[rows]))
    return assemble(person.size, parts, role)


def _grouped(mobile: d.Matrix, gap: str) -> tuple[Text | str, ...]:
    return (
        from_matrix(mobile[:, :3]),
        gap,
        from_matrix(mobile[:, 3:7]),
        gap,
        from_matrix(mobile[:, 7:]),
    )


def resident_ids(pool: Pool, person: d.Ints, form: Choice, role: str) -> Field:
    """Return an identity number column; ``form`` indexes absent, clear, two masks, wrong check."""
    at = [_where(form == f) for f in range(5)]
    ids = [pool.resident_id[person[rows]] for rows in at]
    kind = "resident-id"
    parts = [
        Part(at[1], from_matrix(ids[1]), kind, person[at[1]]),
        Part(at[2], from_matrix(d.masked(ids[2], 3, 4)), kind, person[at[2]], masked=True),
        Part(at[3], from_matrix(d.masked(ids[3], 6, 4)), kind, person[at[3]], masked=True),
        Part(
            at[4], from_matrix(d.with_wrong_id_check(ids[4])), kind, person[at[4]], decoy="wrong-check-digit"
        ),
    ]
    return assemble(person.size, parts, role)


def cards(pool: Pool, person: d.Ints, form: Choice, role: str) -> Field:
    """Return a bank card column; ``form`` indexes absent, clear, masked."""
    clear, masked = _where(form == 1), _where(form == 2)  # noqa: PLR2004  the masked form
    parts = [
        Part(clear, pick(pool.card, person[clear]), "bank-card", person[clear]),
        Part(masked, pick(pool.card_masked, person[masked]), "bank-card", person[masked], masked=True),
    ]
    return assemble(person.size, parts, role)


def words(
    clear: Text, starred: Text, kind: str, person: d.Ints, hide: npt.NDArray[np.bool_], role: str
) -> Field:
    """Return a name or address column, starred where ``hide`` says so."""
    shown, hidden = _where(~hide), _where(hide)
    parts = [
        Part(shown, pick(clear, person[shown]), kind, person[shown]),
        Part(hidden, pick(starred, person[hidden]), kind, person[hidden], masked=True),
    ]
    return assemble(person.size, parts, role)


def _orders(rng: Rng, count: int) -> Field:
    decoy = rng.random(count) < 0.10  # noqa: PLR2004  the share the presentation promises
    rows, others = _where(decoy), _where(~decoy)
    body = d.join(d.constant("62", rows.size), d.digits(rng.integers(0, 10**16, rows.size), 16))
    day = rng.integers(0, _DAYS, others.size) + 20_260_601
    usual = d.join(d.digits(day, 8), d.digits(rng.integers(0, 10**11, others.size), 11))
    return assemble(
        count,
        [
            Part(rows, from_matrix(d.with_luhn(body)), "bank-card", decoy="order-number-luhn"),
            Part(others, from_matrix(usual)),
        ],
    )


def _remarks(rng: Rng, pool: Pool, person: d.Ints) -> Field:
    form = _choose(rng, _REMARK_FORMS, person.size)
    at = [_where(form == f) for f in range(len(_REMARK_FORMS))]
    plain = strings(("易碎品，轻拿轻放", "工作日送货", "放驿站", "代收货款", "送前联系"))
    quoted = strings(('加固,"勿压"', '外箱写"样品",勿拆'))
    other = rng.integers(0, len(pool), at[6].size)
    parts = [
        Part(at[1], pick(plain, rng.integers(0, len(plain), at[1].size))),
        Part(at[2], pick(quoted, rng.integers(0, len(quoted), at[2].size))),
        Part(at[3], _mails(rng, at[3].size), "email", person[at[3]], before="发票寄邮箱"),
        Part(at[4], _mails(rng, at[4].size), "email", person[at[4]], before="要发票,邮箱:", after=",谢谢"),
        Part(at[5], _landlines(rng, at[5].size), "landline", person[at[5]], before="前台电话"),
        Part(
            at[6],
            from_matrix(pool.mobile[pool.mobile_of[other]]),
            "mobile",
            other,
            pool.mobile_of[other],
            before="不在家请拨",
            after="，放门卫处",
        ),
    ]
    return assemble(person.size, parts)


def _moments(rng: Rng, count: int) -> tuple[Text, Field]:
    """Return the collection time in words and the signing time in epoch milliseconds (a decoy)."""
    second = rng.integers(0, _DAYS * 86_400, count)
    day, rest = np.divmod(second, 86_400)
    hour, rest = np.divmod(rest, 3_600)
    minute, rest = np.divmod(rest, 60)
    stamp = d.join(
        d.constant("2026-06-", count),
        d.digits(day + 1, 2),
        d.constant(" ", count),
        d.digits(hour, 2),
        d.constant(":", count),
        d.digits(minute, 2),
        d.constant(":", count),
        d.digits(rest, 2),
    )
    signed = _FIRST_MS + second * 1_000 + rng.integers(86_400_000, 5 * 86_400_000, count)
    every = np.arange(count, dtype=np.int64)
    return from_matrix(stamp), assemble(
        count, [Part(every, from_ints(signed), "mobile", decoy="timestamp-ms")]
    )


def make_waybills(rng: Rng, pool: Pool, count: int) -> Batch:
    """Return all columns of ``count`` waybills; a file uses the columns and rows it wants.

    Senders are mostly merchants (the first 15 % of the pool, the first of them most often); recipients
    are anybody. The identity number and the bank card are the sender's: real-name sending, and the
    account that cash on delivery is paid to.
    """
    merchants = max(1, len(pool) * 15 // 100)
    draw = rng.random(count)
    sender = (draw * draw * merchants).astype(np.int64)
    recipient = rng.integers(0, len(pool), count)
    carrier = _choose(rng, _CARRIER_SHARE, count)
    bounds = np.cumsum(np.array(_CARRIER_LEVELS), axis=1)[carrier]
    draw = rng.random(count)
    r_level = (draw >= bounds[:, 0]).astype(np.int64) + (draw >= bounds[:, 1])
    s_level = _choose(rng, _SENDER_LEVELS, count)
    picked, signed = _moments(rng, count)
    batch_no = d.join(d.constant("9", count), d.digits(rng.integers(0, 10**14, count), 14))
    every = np.arange(count, dtype=np.int64)
    columns = {
        "tracking": _plain(
            concat(
                pick(strings(lists.CARRIER_CODES), carrier),
                from_matrix(d.digits(rng.integers(0, 10**13, count), 13)),
            )
        ),
        "order": _orders(rng, count),
        "carrier": _plain(pick(strings(lists.CARRIERS), carrier)),
        "picked": _plain(picked),
        "signed": signed,
        "goods": _plain(pick(strings(lists.GOODS), rng.integers(0, len(lists.GOODS), count))),
        "weight": _plain(_weights(rng, count)),
        "sha1": _plain(from_matrix(d.hexadecimal(rng.bytes(count * 20), 40))),
        "site": _plain(pick(strings(lists.SITES), rng.integers(0, len(lists.SITES), count))),
        "batch_no": assemble(
            count, [Part(every, from_matrix(batch_no), "resident-id", decoy="batch-number-15")]
        ),
        "remark": _remarks(rng, pool, recipient),
        "s_id": resident_ids(pool, sender, _choose(rng, _ID_FORMS, count), "sender"),
        "s_card": cards(pool, sender, _choose(rng, _CARD_FORMS, count), "sender"),
    }
    for side, person, level in (("s", sender, s_level), ("r", recipient, r_level)):
        role = {"s": "sender", "r": "recipient"}[side]
        hidden = level != CLEAR
        star_name = hidden & (rng.random(count) < 0.8)  # noqa: PLR2004  the rest forgot the name
        star_place = hidden & (rng.random(count) < 0.5)  # noqa: PLR2004  the rest forgot the address
        columns[f"{side}_name"] = words(pool.name, pool.name_masked, "name", person, star_name, role)
        columns[f"{side}_phone"] = phones(rng, pool, person, level, role)
        columns[f"{side}_addr"] = words(
            pool.address, pool.address_masked, "address", person, star_place, role
        )
    return columns


def _weights(rng: Rng, count: int) -> Text:
    grams = rng.integers(10, 2_000, count)
    return concat(from_ints(grams // 100), ".", from_matrix(d.digits(grams % 100, 2)))


def make_registry(rng: Rng, pool: Pool, count: int, *, id_shares: tuple[float, ...]) -> Batch:
    """Return rows of one person each: name, identity number, mobile, card, tracking number, amount.

    Args:
        rng: Source of the choices.
        pool: The persons to draw from.
        count: Number of rows.
        id_shares: Shares of identity numbers absent, clear, masked twice, with a wrong check character.
    """
    person = rng.integers(0, len(pool), count)
    level = _choose(rng, (0.7, 0.3), count)
    nothing_hidden = np.zeros(count, dtype=np.bool_)
    code = pick(strings(lists.CARRIER_CODES), rng.integers(0, len(lists.CARRIER_CODES), count))
    return {
        "serial": _plain(from_ints(np.arange(1, count + 1))),
        "name": words(pool.name, pool.name_masked, "name", person, nothing_hidden, "holder"),
        "id": resident_ids(pool, person, _choose(rng, id_shares, count), "holder"),
        "phone": phones(rng, pool, person, level, "holder"),
        "card": cards(pool, person, _choose(rng, (0.0, 0.6, 0.4), count), "holder"),
        "tracking": _plain(concat(code, from_matrix(d.digits(rng.integers(0, 10**13, count), 13)))),
        "amount": _plain(_weights(rng, count)),
    }
