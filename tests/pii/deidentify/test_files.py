"""Files in, files of the same format out, nothing confirmed left in them."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import zipfile
from pathlib import Path

import docx
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.styles import Font
from pyarrow import orc

from qingyuan.pii import PiiError, engine, readers
from qingyuan.pii.deidentify import Deidentified, Keys, deidentify, load_policy
from qingyuan.pii.deidentify._markup import Values, rewrite
from qingyuan.pii.model import KindCount

KEYS = Keys(bytes(range(32)))
TOKENS = bytes(32)
POLICIES = ("default", "statistics", "linkable", "reversible")
TABLE = (
    "姓名,手机号,身份证号,地址,出生日期,商品\r\n"
    '张伟,13800138000,11010519491231002X,"浙江省金华市义乌市""稠城""街道12号",1990-05-12,茶叶礼盒甲\r\n'
    "李娜,13912345678,,北京市海淀区中关村大街1号,1985-01-02,茶叶礼盒乙\r\n"
    "王芳,+86 137-1234-5678,,,,\r\n"
)
CLEAR = (
    "13800138000",
    "13912345678",
    "137-1234-5678",
    "11010519491231002X",
    "张伟",
    "李娜",
    "王芳",
    "稠城",
    "中关村",
)


def done(source: Path, policy: str = "default", **given: object) -> tuple[Deidentified, bytes]:
    target = source.with_name(f"out-{source.name}")
    result = deidentify(source, target, load_policy(policy), keys=KEYS, token_key=TOKENS, **given)  # type: ignore[arg-type]
    return result, target.read_bytes()


def identity(random_: random.Random) -> str:
    """An identity number from a seed, with a right check digit."""
    body = f"33078219{random_.randrange(50, 99)}{random_.randrange(1, 13):02d}{random_.randrange(1, 29):02d}{random_.randrange(1000):03d}"
    rest = sum((2 ** (17 - at)) * int(digit) for at, digit in enumerate(body)) % 11
    return body + "10X98765432"[rest]


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_table_keeps_its_encoding_its_quotes_and_every_byte_outside_values(
    tmp_path: Path, policy: str, encoding: str, delimiter: str
) -> None:
    name = "a.csv" if delimiter == "," else "a.tsv"
    path = written(tmp_path, name, TABLE.replace(",", delimiter).encode(encoding))
    result, data = done(path, policy)
    text = data.decode(encoding)
    assert not [value for value in CLEAR if value in text]
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    before = list(csv.reader(io.StringIO(TABLE, newline="")))
    assert rows[0] == before[0]
    assert [row[5] for row in rows] == [row[5] for row in before]
    assert [len(row) for row in rows] == [len(row) for row in before]
    assert text.count("\r\n") == 4
    assert '"' in text.splitlines()[1], "the field that was quoted still is"
    assert result.rounds == 1
    assert result.replaced["mobile"].popitem()[1] == 3


def test_json_stays_json_and_a_number_that_is_none_any_more_becomes_a_text(tmp_path: Path) -> None:
    body = (
        '{"n": 13800138000,\n "items":[{"tel":"1\\u0033800138000","name":"\\u5f20\\u4f1f"},'
        '{"in":"{\\"phone\\":\\"13912345678\\",\\"mobile\\":13712345679}","other":[1, 2.50]}]}\n'
    )
    _, data = done(written(tmp_path, "a.json", body.encode()))
    said = json.loads(data)
    assert said["n"] == "138****8000"
    assert said["items"][0] == {"tel": "138****8000", "name": "张*"}
    assert json.loads(said["items"][1]["in"]) == {"phone": "139****5678", "mobile": "137****5679"}
    assert b'"other":[1, 2.50]' in data
    _, data = done(tmp_path / "a.json", "reversible")
    assert isinstance(json.loads(data)["n"], int)


def test_json_lines_and_sql_and_text_stay_what_they_are(tmp_path: Path) -> None:
    _, data = done(written(tmp_path, "a.jsonl", b'{"tel":13800138000,"x":1}\n{"tel":"13912345678","x":2}\n'))
    assert [json.loads(line)["x"] for line in data.splitlines()] == [1, 2]
    sql = "INSERT INTO t (name,tel,m) VALUES ('张伟','13800138000',13800138000),('O''x','13912345678',1);\n"
    _, data = done(written(tmp_path, "a.sql", sql.encode()))
    assert data.decode() == (
        "INSERT INTO t (name,tel,m) VALUES ('张*','138****8000','138****8000'),('O''x','139****5678',1);\n"
    )
    _, data = done(written(tmp_path, "a.txt", "姓名：张伟\r\n电话13800138000；完\r\n".encode("utf-16")))
    assert data.decode("utf-16") == "姓名：张*\r\n电话138****8000；完\r\n"


def test_html_changes_in_text_attributes_scripts_and_comments(tmp_path: Path) -> None:
    page = (
        "<html><body><p>电话 138<b>0013</b>8000 &#49;3912345678</p><a href=\"tel:13912345678\" title='x'>拨打</a>"
        '<script>var t = "13800138000";</script><!-- 13800138000 --><p>单号 9138001380001</p></body></html>'
    )
    _, data = done(written(tmp_path, "a.html", page.encode()))
    assert data.decode() == (
        "<html><body><p>电话 138****8000<b></b> 139****5678</p><a href=\"tel:139****5678\" title='x'>拨打</a>"
        '<script>var t = "138****8000";</script><!-- 138****8000 --><p>单号 9138001380001</p></body></html>'
    )


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("名单", 0)
    for row in [
        ["姓名", "手机号", "数量"],
        ["张伟", 13800138000, 30],
        ["李娜", "13912345678", 31],
        ["王芳", "13712345678", 5],
    ]:
        sheet.append(row)
    sheet["B2"].comment = Comment("致电 13800138000", "赵六")
    sheet["B3"].font = Font(bold=True)
    sheet["D2"] = "=C2+1"
    sheet["E4"] = '=CONCATENATE("电话","13712345678")'
    sheet["D4"].hyperlink = "https://example.test/?tel=13800138000"
    book.properties.creator = "赵六"
    book.save(path)
    return path


@pytest.mark.parametrize("policy", POLICIES)
def test_a_workbook_opens_again_and_says_nothing_anywhere(tmp_path: Path, policy: str) -> None:
    result, data = done(workbook(tmp_path / "a.xlsx"), policy)
    assert result.format == "workbook"
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        everything = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith("xml"))
    assert not [value for value in (*CLEAR, "赵六", "13712345678") if value in everything]
    sheet = openpyxl.load_workbook(io.BytesIO(data))["名单"]
    assert [cell.value for cell in sheet["C"]] == ["数量", 30, 31, 5]
    assert sheet["D2"].value == "=C2+1"
    assert sheet["B3"].font.bold


@pytest.mark.parametrize("policy", POLICIES)
def test_a_document_is_rewritten_across_its_runs_and_in_its_tables(tmp_path: Path, policy: str) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("电话 138")
    paragraph.add_run("0013").bold = True
    paragraph.add_run("8000，身份证号11010519491231002X，完")
    table = document.add_table(3, 2)
    for at, row in enumerate([("姓名", "电话"), ("张伟", "13800138000"), ("李娜", "13912345678")]):
        table.cell(at, 0).text, table.cell(at, 1).text = row
    document.sections[0].header.paragraphs[0].text = "经办 13912345678"
    document.core_properties.author = "赵六"
    document.save(str(tmp_path / "a.docx"))
    _, data = done(tmp_path / "a.docx", policy)
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        everything = "".join(
            re.sub(r"<[^>]*>", "", parts.read(name).decode())
            for name in parts.namelist()
            if name.endswith("xml")
        )
    assert not [value for value in (*CLEAR, "赵六") if value in everything]
    again = docx.Document(io.BytesIO(data))
    assert again.paragraphs[0].text.startswith("电话 ")
    assert again.paragraphs[0].text.endswith("，完")
    assert again.tables[0].cell(0, 0).text == "姓名"


def test_an_archive_is_rewritten_member_by_member(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x/名单.csv", TABLE.encode())
        archive.write(tmp_path / "a.xlsx", "a.xlsx")
        archive.writestr("empty.txt", b"")
    result, data = done(tmp_path / "a.zip")
    assert [member.format for member in result.members] == ["text", "workbook", "empty"]
    assert result.replaced["mobile"] == {"mask": 10}  # of them one in a comment, a formula, a link
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["x/名单.csv", "a.xlsx", "empty.txt"]
        assert "13800138000" not in archive.read("x/名单.csv").decode()


def test_a_member_that_cannot_be_rewritten_is_named_or_left_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("名单.csv", TABLE.encode())
        archive.writestr("照片.png", b"\x89PNG\r\n\x1a\n" + bytes(64))
    with pytest.raises(PiiError, match=r"照片\.png") as error:
        done(tmp_path / "a.zip")
    assert error.value.code == "pii.deidentify-unsupported"
    assert not (tmp_path / "out-a.zip").exists()
    policy = tmp_path / "p.yaml"
    policy.write_text(
        "name: p\nzh: 一\nen: one\ndefault: {method: mask}\nunsupported: drop\n", encoding="utf-8"
    )
    result, data = done(tmp_path / "a.zip", str(policy))
    assert result.dropped == ("照片.png",)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["名单.csv"]


@pytest.mark.parametrize("form", ["parquet", "orc", "arrow", "arrows"])
def test_columns_stay_columns_of_their_types(tmp_path: Path, form: str) -> None:
    table = pa.table(
        {
            "姓名": ["张伟", "李娜", None],
            "手机号": pa.array(["13800138000", "13912345678", "13712345678"]),
            "工资": pa.array([8000, 9000, None], pa.int64()),
            "下单": pa.array([1_700_000_000_000, None, 1_700_000_100_000], pa.timestamp("ms")),
            "联系": pa.array(
                [
                    [{"tel": "13912345678", "n": 1}],
                    [],
                    [{"tel": "0571-87654321", "n": 2}, {"tel": "13800138000", "n": 3}],
                ]
            ),
        }
    )
    path = tmp_path / f"a.{form}"
    with path.open("wb") as file:
        if form == "parquet":
            pq.write_table(table.replace_schema_metadata({"sample": "13800138000"}), file)
        elif form == "orc":
            orc.write_table(table, file)
        else:
            with (pa.ipc.new_file if form == "arrow" else pa.ipc.new_stream)(file, table.schema) as writer:
                writer.write_table(table)
    result, data = done(path)
    assert (result.format, result.suspected_left) == ("columns", 0)
    assert result.replaced["mobile"] == {"mask": 5}
    for value in ("13800138000", "13912345678", "13712345678", "张伟", "李娜"):
        assert value.encode() not in data
    held = io.BytesIO(data)
    made = (
        pq.read_table(held) if form == "parquet" else orc.read_table(held) if form == "orc"
        else pa.ipc.open_file(held).read_all() if form == "arrow" else pa.ipc.open_stream(held).read_all()
    )  # fmt: skip
    assert made.column_names == table.column_names
    for name in ("工资", "下单"):
        assert made[name].to_pylist() == table[name].to_pylist()
        assert made[name].type == (table[name].type if form != "orc" else made[name].type)
    assert [[one["n"] for one in row or ()] for row in made["联系"].to_pylist()] == [[1], [], [2, 3]]
    assert made["手机号"].to_pylist()[0] == "138****8000"


def test_a_column_of_numbers_that_are_hidden_becomes_one_of_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"手机号": pa.array([13800138000, 13912345678], pa.int64())}), path)
    _, data = done(path)
    made = pq.read_table(io.BytesIO(data))
    assert made["手机号"].type == pa.string()
    assert made["手机号"].to_pylist() == ["138****8000", "139****5678"]


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.png", b"\x89PNG\r\n\x1a\n" + bytes(64)), ("a.pdf", b"%PDF-1.4\n"), ("a.bin", bytes(range(256)) * 9)],
)
def test_a_format_that_cannot_be_rewritten_is_refused_by_name(tmp_path: Path, name: str, data: bytes) -> None:
    with pytest.raises(PiiError, match=re.escape(name)) as error:
        done(written(tmp_path, name, data))
    assert error.value.code == "pii.deidentify-unsupported"
    assert list(tmp_path.iterdir()) == [tmp_path / name], "nothing is left behind"


def test_a_file_that_cannot_be_read_whole_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", "电话13800138000\n".encode() + b"\xff\xfe\xfa" + "张\n".encode() * 40)
    with pytest.raises(PiiError) as error:
        done(path)
    assert error.value.code == "pii.deidentify-unread"
    assert not (tmp_path / "out-a.txt").exists()


def test_rules_of_columns_go_before_those_of_kinds_and_what_is_kept_is_counted(tmp_path: Path) -> None:
    policy = tmp_path / "p.yaml"
    policy.write_text(
        "name: p\nzh: 一\nen: one\ndefault: {method: mask}\n"
        "kinds: {name: {method: keep}}\ncolumns: {商品: {method: drop}, 出生日期: {method: generalise, to: year}}\n",
        encoding="utf-8",
    )
    result, data = done(written(tmp_path, "a.csv", TABLE.encode()), str(policy))
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert [row[4] for row in rows] == ["出生日期", "1990", "1985", ""]
    assert [row[5] for row in rows] == ["商品", "", "", ""]
    assert [row[0] for row in rows] == ["姓名", "张伟", "李娜", "王芳"]
    assert result.kept == {"name": 3}
    assert result.replaced["column"] == {"drop": 2, "generalise": 2}


def test_a_value_whose_method_does_not_fit_is_hidden_and_counted(tmp_path: Path) -> None:
    policy = tmp_path / "p.yaml"
    policy.write_text(
        "name: p\nzh: 一\nen: one\ndefault: {method: mask}\nkinds: {address: {method: generalise, to: year}}\n",
        encoding="utf-8",
    )
    result, data = done(written(tmp_path, "a.csv", TABLE.encode()), str(policy))
    assert result.fallbacks == {"address": {"generalise": 2}}
    assert "中关村" not in data.decode()


def test_what_would_still_show_somebody_is_removed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rewriting that does not take the value away must not leave a file."""
    from qingyuan.pii.deidentify import _forms

    monkeypatch.setattr(_forms.Text, "write", lambda self, found, target: target.write(self._source.data[:]))
    monkeypatch.setattr(_forms.Text, "hide", lambda self, rows, output: None)
    with pytest.raises(PiiError, match="line 2") as error:
        done(written(tmp_path, "a.csv", TABLE.encode()))
    assert error.value.code == "pii.deidentify-remains"
    assert "13800138000" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_equal_values_have_equal_pseudonyms_in_all_files(tmp_path: Path) -> None:
    _, one = done(written(tmp_path, "a.txt", "电话13800138000\n".encode()), "linkable")
    _, other = done(
        written(tmp_path, "b.csv", "手机号,x\n13800138000,1\n13912345678,2\n".encode()), "linkable"
    )
    found = re.findall(rb"mobile_[a-z2-7]{16}", one + other)
    assert len(found) == 3
    assert len(set(found)) == 2


@pytest.mark.parametrize("policy", ["default", "reversible"])
def test_a_generated_list_has_nothing_of_its_people_left(tmp_path: Path, policy: str) -> None:
    random_ = random.Random(20260701)
    people = [(f"139{random_.randrange(10**8):08d}", identity(random_)) for _ in range(400)]
    lines = ["序号,手机,证件号码,备注", *(f"{n},{m},{i},回电{m}请备注" for n, (m, i) in enumerate(people, 1))]
    result, data = done(written(tmp_path, "a.csv", "\n".join(lines).encode("gb18030")), policy)
    text = data.decode("gb18030")
    assert not [m for m, i in people if m in text or i in text]
    scan = engine.scan(readers.read(io.BytesIO(data), "a.csv"), TOKENS, "a.csv")
    assert result.replaced["mobile"].popitem()[1] == 800
    assert scan.kinds.get("resident-id", KindCount()).confirmed == 0


@given(
    st.lists(
        st.sampled_from(
            ["<b>", "</b>", "<p>", "&amp;", "&#49;", "x", "3", "13800138000", "<!--", "-->", "张伟", "<", "&"]
        )
    ),
    st.sampled_from([True, False]),
)
def test_markup_without_a_value_is_left_as_it_is(parts: list[str], collapse: bool) -> None:
    text = "".join(parts)
    assert rewrite(text, Values({}), collapse=collapse) == text
    assert "张伟" not in rewrite(text, Values({"张伟": "张*"}), collapse=collapse)
