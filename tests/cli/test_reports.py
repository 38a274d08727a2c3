"""The report of a scan and the self-check, and that no command writes a planted value anywhere in clear."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.running import run

PLANTED = (
    "13800138000",
    "13912345678",
    "11010519491231002X",
    "王小明",
    "李芳芳",
    "中关村大街188号",
    "稠州北路366号",
)
LIST = (
    "学生姓名,手机号,身份证号,家庭住址,注册时间\n"
    "王小明,13800138000,11010519491231002X,北京市海淀区中关村大街188号,2019-05-01\n"
    "李芳芳,13912345678,,浙江省金华市义乌市稠州北路366号,2026-05-01\n"
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "list.csv"
    path.parent.mkdir()
    path.write_text(LIST, encoding="utf-8")
    (path.parent / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    return path


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_is_one_page_in_either_language_without_anything_from_outside(
    source: Path, tmp_path: Path, lang: str
) -> None:
    target = tmp_path / "report.html"
    done = run("scan", source.parent, "--report", target, "--lang", lang)
    assert done.code == 0, done.err
    page = target.read_text(encoding="utf-8")
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in page
    assert not re.search(r"(?:src|href)=|<script|url\(|@import", page)
    assert page.count("<figure") == page.count("<figcaption") >= 3
    assert (
        page.count("<svg")
        == page.count('<span class="l">')
        == page.count('aria-hidden="true">') - page.count('class="k ')
    )
    assert len(set(re.findall(r' id="([^"]+)"', page))) == page.count(' id="')
    assert {"zh": "未读内容", "en": "What was not read"}[lang] in page
    assert {"zh": "入罪标准", "en": "Thresholds"}[lang] in page
    assert "photo.png" in page
    assert not [value for value in PLANTED if value in page]


def test_the_report_as_pdf_says_the_same(source: Path, tmp_path: Path) -> None:
    import pypdfium2

    target = tmp_path / "report.pdf"
    assert run("scan", source.parent, "--report", target).code == 0
    document = pypdfium2.PdfDocument(target)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    assert "个人信息扫描报告" in text
    assert not [value for value in PLANTED if value in text]


def test_a_report_of_another_kind_is_refused_before_anything_is_read(source: Path, tmp_path: Path) -> None:
    done = run("scan", source, "--report", tmp_path / "report.docx", "--json")
    assert (done.code, done.json()["error"]["code"]) == (2, "cli.suffix")
    done = run("scan", source, "--profile", "nobody", "--json")
    assert (done.code, done.json()["error"]["code"]) == (2, "pii.no-profile")


def test_a_company_is_told_what_to_fix_gravest_first(source: Path) -> None:
    body = run("scan", source.parent, "--profile", "enterprise", "--json").json()
    fixes = body["fixes"]
    assert [f["gravity"] for f in fixes] == sorted(f["gravity"] for f in fixes)
    by_column = {f["column"]: f for f in fixes}
    assert by_column["学生姓名"]["rule"] == "children"
    assert by_column["手机号"]["count"] == 2
    assert (by_column["注册时间"]["rule"], by_column["注册时间"]["count"]) == ("retention", 1)
    assert all(f["provisions"] and f["fix_zh"] and f["fix_en"] and f["first_place"] for f in fixes)
    assert [u["path"].rpartition("/")[2] for u in body["unread"]] == ["photo.png"]
    text = run("scan", source.parent, "--profile", "enterprise").out
    assert "第三十一条" in text
    assert not [value for value in PLANTED if value in text + str(body)]


def _found(folder: Path, skip: Path) -> list[str]:
    """Return the files below a folder that hold a planted value in any of the encodings in use."""
    wanted = [value.encode(encoding) for value in PLANTED for encoding in ("utf-8", "gb18030", "utf-16-le")]
    wanted += [value.encode("unicode_escape") for value in PLANTED if not value.isascii()]
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and not p.is_relative_to(skip)]
    assert files
    return [str(p) for p in files if any(value in p.read_bytes() for value in wanted)]


def test_nothing_planted_is_in_clear_in_anything_that_any_command_writes(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    home = tmp_path / "home"
    clean = tmp_path / "clean.csv"
    said = []
    for words in (
        ["scan", source.parent, "--hits", tmp_path / "hits.jsonl", "--out", tmp_path / "findings.jsonl"],
        [
            "scan",
            source.parent,
            "--hits",
            tmp_path / "hits.parquet",
            "--report",
            tmp_path / "r.html",
            "--json",
        ],
        ["scan", source.parent, "--profile", "enterprise", "--report", tmp_path / "p.html"],
        ["office", "init", "--id", "test", "--name", "清州市人民检察院", "--home", home],
        ["intake", source.parent, "--home", home, "--workers", "1"],
        ["deidentify", source, "-o", clean],
        [
            "deidentify",
            source,
            "-o",
            tmp_path / "coded.csv",
            "--policy",
            "reversible",
            "--matter",
            "L2026-0001",
            "--home",
            home,
            "--json",
        ],
        ["anonymity", source, "--quasi", "家庭住址", "--json"],
        ["recheck", tmp_path / "hits.parquet", clean, "--json"],
        ["recheck", source, source, "--json"],
        ["lead", "show", "L2026-0001", "--home", home, "--json"],
        ["ledger", "fsck", "--home", home],
    ):
        done = run(*words)
        assert done.code in {0, 1, 3}, (words, done.out, done.err)
        said.append(done.out + done.err)
    assert not [value for value in PLANTED if any(value in text for text in said)]
    assert not [value for value in PLANTED if value in caplog.text]
    assert _found(tmp_path, source.parent) == []
    assert _found(source.parent, tmp_path / "none") == [str(source)], "the check finds what is there"
