"""The text formats of the leak: CSV, JSON lines and a MySQL dump."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qingyuan.demo._layout import Rows, Segment, Slot, write_rows
from qingyuan.demo._strings import Text, concat, pick, strings
from qingyuan.demo._waybills import Batch

#: Column heads and fields of the export in GB18030.
GB_COLUMNS = (
    ("运单号", "tracking"),
    ("订单号", "order"),
    ("快递公司", "carrier"),
    ("寄件人", "s_name"),
    ("寄件人电话", "s_phone"),
    ("寄件人地址", "s_addr"),
    ("寄件人身份证号", "s_id"),
    ("收件人", "r_name"),
    ("收件人电话", "r_phone"),
    ("收件人地址", "r_addr"),
    ("物品", "goods"),
    ("重量kg", "weight"),
    ("揽收时间", "picked"),
    ("签收时间戳", "signed"),
    ("寄件人收款卡号", "s_card"),
    ("备注", "remark"),
)
#: Column heads and fields of the export in UTF-8 with a byte order mark.
BOM_COLUMNS = (
    ("快递单号", "tracking"),
    ("网点", "site"),
    ("承运商", "carrier"),
    ("寄方姓名", "s_name"),
    ("寄方手机", "s_phone"),
    ("寄方证件号码", "s_id"),
    ("寄方收款账号", "s_card"),
    ("收方姓名", "r_name"),
    ("收方手机", "r_phone"),
    ("收方详细地址", "r_addr"),
    ("品名", "goods"),
    ("订单编号", "order"),
    ("面单图片校验", "sha1"),
    ("下单时间", "picked"),
    ("留言", "remark"),
)
TABLE = "t_waybill"
#: Rows of one INSERT statement.
INSERT_ROWS = 500


def _replace(column: Text, pattern: str, replacement: str) -> Text:
    return pc.replace_substring(column, pattern, replacement)


def csv_head(columns: Sequence[tuple[str, str]], newline: str) -> str:
    """Return the header line."""
    return ",".join(head for head, _ in columns) + newline


def csv_rows(batch: Batch, columns: Sequence[tuple[str, str]], newline: str) -> Rows:
    """Return the records as CSV lines (RFC 4180); a remark is quoted only where it must be."""
    segments: list[Segment] = []
    for head, name in columns:
        field = batch[name]
        slot = Slot(field, head, "line ")
        if name == "remark":
            doubled = concat('"', _replace(field.text, '"', '""'), '"')
            quote = pc.or_(pc.match_substring(field.text, ","), pc.match_substring(field.text, '"'))
            written = cast("Text", pc.if_else(quote, doubled, field.text))
            lead = quote.to_numpy(zero_copy_only=False).astype(np.int64)
            slot = Slot(field, head, "line ", written=written, lead=lead)
        segments += [slot, ","]
    segments[-1] = newline
    return write_rows(segments)


def jsonl_rows(batch: Batch) -> Rows:
    """Return the records as JSON lines with nested sender, recipient and items."""

    def at(name: str, path: str) -> Slot:
        written = _replace(batch[name].text, '"', '\\"') if name == "remark" else None
        return Slot(batch[name], path, "line ", f" {path}", written=written)

    def person(side: str, path: str) -> list[Segment]:
        return [
            '"name":"',
            at(f"{side}_name", f"{path}.name"),
            '","contact":{"mobile":"',
            at(f"{side}_phone", f"{path}.contact.mobile"),
            '"},"address":"',
            at(f"{side}_addr", f"{path}.address"),
            '"',
        ]

    return write_rows(
        [
            '{"waybillNo":"',
            batch["tracking"].text,
            '","orderNo":"',
            at("order", "$.orderNo"),
            '","carrier":{"name":"',
            batch["carrier"].text,
            '","site":"',
            batch["site"].text,
            '"},"signedAt":',
            at("signed", "$.signedAt"),
            ',"sender":{',
            *person("s", "$.sender"),
            ',"realName":{"idNo":"',
            at("s_id", "$.sender.realName.idNo"),
            '"},"payout":{"bankCard":"',
            at("s_card", "$.sender.payout.bankCard"),
            '"}},"recipient":{',
            *person("r", "$.recipient"),
            '},"items":[{"goods":"',
            batch["goods"].text,
            '","weight":',
            batch["weight"].text,
            '}],"batch":{"no":"',
            at("batch_no", "$.batch.no"),
            '"},"remark":"',
            at("remark", "$.remark"),
            '"}\n',
        ]
    )


_SQL_TEXT = (
    ("order_no", "order", "订单号"),
    ("sender_name", "s_name", "寄件人姓名"),
    ("sender_mobile", "s_phone", "寄件人手机"),
    ("sender_id_no", "s_id", "寄件人身份证号"),
    ("sender_bank_card", "s_card", "寄件人收款卡号"),
    ("recv_name", "r_name", "收件人姓名"),
    ("recv_mobile", "r_phone", "收件人手机"),
    ("recv_addr", "r_addr", "收件人地址"),
    ("batch_no", "batch_no", "批次号"),
    ("remark", "remark", "备注"),
)


def sql_head() -> str:
    """Return what stands before the first row: comments, settings and the table."""
    columns = "".join(
        f"  `{name}` varchar(128) DEFAULT NULL COMMENT '{words}',\n" for name, _, words in _SQL_TEXT
    )
    return (
        "-- MySQL dump 10.13  Distrib 8.0.36\n"
        "-- Host: localhost    Database: waybill_center\n"
        "/*!40101 SET NAMES utf8mb4 */;\n"
        f"DROP TABLE IF EXISTS `{TABLE}`;\n"
        f"CREATE TABLE `{TABLE}` (\n"
        "  `waybill_no` varchar(32) NOT NULL COMMENT '运单号; 主键',\n"
        "  `carrier` varchar(32) DEFAULT NULL COMMENT '快递公司 (承运商)',\n"
        "  `signed_ms` bigint DEFAULT NULL COMMENT '签收时间(毫秒)',\n"
        "  `weight` decimal(8,2) DEFAULT NULL,\n"
        f"{columns}"
        "  `face_sha1` char(40) DEFAULT NULL,\n"
        "  PRIMARY KEY (`waybill_no`)\n"
        ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='电子面单';\n"
        f"LOCK TABLES `{TABLE}` WRITE;\n"
    )


_INSERT = "INSERT INTO `t_waybill` VALUES ("
SQL_TAIL = "UNLOCK TABLES;\n-- Dump completed\n"


def sql_rows(batch: Batch) -> Rows:
    """Return the records as multi-row INSERT statements; an empty value is written as NULL."""
    count = len(batch["tracking"].text)
    every = np.arange(count)
    opening = strings(("(", _INSERT))
    closing = strings(("),\n", ");\n"))
    last = ((every % INSERT_ROWS == INSERT_ROWS - 1) | (every == count - 1)).astype(np.int64)
    segments: list[Segment] = [
        pick(opening, (every % INSERT_ROWS == 0).astype(np.int64)),
        "'",
        batch["tracking"].text,
        "','",
        batch["carrier"].text,
        "',",
        Slot(batch["signed"], "signed_ms", f"{TABLE}.signed_ms#"),
        ",",
        batch["weight"].text,
    ]
    for name, key, _ in _SQL_TEXT:
        field = batch[key]
        quoted = concat("'", _replace(field.text, '"', '\\"'), "'")
        empty = pc.equal(field.text, pa.scalar(""))
        written = cast("Text", pc.if_else(empty, pa.scalar("NULL"), quoted))
        one = np.ones(count, dtype=np.int64)
        segments += [",", Slot(field, name, f"{TABLE}.{name}#", written=written, lead=one)]
    segments += [",'", batch["sha1"].text, "'", pick(closing, last)]
    return write_rows(segments)
