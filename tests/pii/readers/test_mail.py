"""E-mail: headers, bodies and attachments, in the encodings of Chinese mail programs."""

from __future__ import annotations

import email.message
import email.policy
import io
import mailbox
import zipfile
from email.header import Header
from email.message import EmailMessage
from pathlib import Path

import pytest

from qingyuan.pii.readers._mail import heading
from tests.pii.readers.fuzz import survives
from tests.pii.readers.reading import codes, read


def message() -> EmailMessage:
    made = EmailMessage()
    made["From"] = "张三 <zhang.san@example.test>"
    made["To"] = "li.si@example.test"
    made["Subject"] = "名单13800138000"
    made.set_content("您好，电话13900139000\n" * 3, charset="gb2312", cte="base64")
    made.add_alternative(
        "<html><body><p>电话<b>137</b>00137000</p></body></html>",
        subtype="html",
        charset="utf-8",
        cte="quoted-printable",
    )
    made.add_attachment(
        "姓名,电话\n王五,13600136000\n".encode("gb18030"), "application", "octet-stream", filename="名单.csv"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("b.txt", "13500135000")
    made.add_attachment(packed.getvalue(), "application", "zip", filename="b.zip")
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "b@example.test", "转发13400134000"
    inner.set_content("里面13300133000")
    made.add_attachment(inner)
    return made


def test_headers_bodies_attachments_and_attached_messages_are_read() -> None:
    cells, unread = read(message().as_bytes(), "a.eml")
    assert codes(unread) == []
    at = {c.text.strip(): (c.member, c.place, c.column) for c in cells}
    assert at["名单13800138000"] == (None, "header Subject", "Subject")
    assert at["张三 <zhang.san@example.test>"][2] == "From"
    assert at["您好，电话13900139000"][0] == "part 1.1"
    assert at["电话13700137000"][:2] == ("part 1.2", "text 1")
    assert at["13600136000"] == ("名单.csv", "line 2", "电话")
    assert at["13500135000"][0] == "b.zip/b.txt"
    assert any(text == "转发13400134000" for text in at)
    assert any("13300133000" in text for text in at)


def test_a_mailbox_is_read_message_by_message(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "m.mbox")
    for k in range(40):
        one = email.message.Message()
        one["From"], one["To"], one["Subject"] = "a@example.test", "b@example.test", f"第{k}封"
        one.set_payload(f"From here on\n电话138{k:08d}\n".encode(), "utf-8")
        box.add(one)
    box.close()
    cells, unread = read((tmp_path / "m.mbox").read_bytes(), "m.mbox")
    assert codes(unread) == []
    tels = [(c.member, c.place, c.text) for c in cells if c.text.startswith("电话")]
    assert tels == [(f"message {k + 1}/part 1", "line 2", f"电话138{k:08d}") for k in range(40)]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (Header("名单138", "gb2312").encode(), "名单138"),
        (Header("名单138", "utf-8").encode(), "名单138"),
        ("=?unknown-8bit?B?w/u1pQ==?=", "名单"),
        ("名单".encode("gbk").decode("ascii", "surrogateescape"), "名单"),
        ("=?utf-8?B?broken", "=?utf-8?B?broken"),
        ("plain", "plain"),
    ],
)
def test_headings_are_decoded_whatever_was_declared(raw: str, said: str) -> None:
    assert heading(raw) == said


def test_a_body_whose_charset_is_wrong_is_still_read() -> None:
    raw = (
        b"From: a@b.test\nTo: c@d.test\nContent-Type: text/plain; charset=us-ascii\n\n"
        + "电话13800138000，请联系张三".encode("gbk")
    )
    cells, _ = read(raw, "a.eml")
    assert "电话13800138000，请联系张三" in {c.text for c in cells}


def test_messages_nested_without_end_are_bounded() -> None:
    raw = b"From: a@b.test\nTo: c@d.test\nSubject: x\n\n13800138000\n"
    for _ in range(300):
        raw = b"From: a@b.test\nTo: c@d.test\nContent-Type: message/rfc822\n\n" + raw
    cells, unread = read(raw, "a.eml")
    assert cells
    assert set(codes(unread)) <= {"archive-too-deep", "reader-failed"}


def test_damaged_messages_end_in_cells_or_sentences() -> None:
    survives(message().as_bytes(policy=email.policy.SMTP), "a.eml")


def test_a_part_of_a_page_in_a_letter_is_read_as_a_page() -> None:
    made = EmailMessage()
    made["From"], made["Subject"] = "a@example.test", "x"
    made.set_content("text")
    made.add_alternative("<p>电话 <b>1380</b>0138000</p>", subtype="html", charset="gb18030")
    cells, unread = read(made.as_bytes(), "a.eml")
    assert codes(unread) == []
    assert "电话 13800138000" in [c.text for c in cells]


def test_a_character_set_that_is_no_word_takes_nothing_from_the_letters_behind_it() -> None:
    letter = (
        "From x\nFrom: a@b.test\nTo: c@d.test\nContent-Type: text/plain; charset={}\n\n电话138001380{}\n\n"
    )
    box = "".join(letter.format("utf\0-8" if n == 1 else "utf-8", f"{n:02}") for n in range(4))
    cells, unread = read(box.encode(), "a.mbox")
    assert "reader-failed" not in codes(unread)
    assert [c.text for c in cells if c.text.startswith("电话")] == [f"电话138001380{n:02}" for n in range(4)]
