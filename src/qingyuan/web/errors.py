"""Errors of the web room: each has the status it is answered with."""

from __future__ import annotations

from qingyuan.errors import QingyuanError


class WebError(QingyuanError):
    """A request that cannot be answered as asked.

    Attributes:
        status: HTTP status of the answer.
        retry: Seconds to wait before it is asked again (RFC 9110, ``Retry-After``); 0 when that is no question of time.
    """

    retry: int = 0

    def __init__(
        self,
        code: str,
        status: int,
        *,
        zh: str,
        en: str,
        where: str | None = None,
        remedy_zh: str = "",
        remedy_en: str = "",
    ) -> None:
        """Build the error; see :class:`QingyuanError`."""
        self.status = status
        super().__init__(code, zh=zh, en=en, where=where, remedy_zh=remedy_zh, remedy_en=remedy_en)


def not_found(where: str | None = None) -> WebError:
    """Return the error of an address, or a record, that is not there."""
    return WebError(
        "web.not-found",
        404,
        zh="没有找到这个页面或者记录",
        en="there is no such page or record",
        where=where,
        remedy_zh="请核对编号，或从首页进入",
        remedy_en="check the identifier, or begin at the home page",
    )


def forbidden(zh: str, en: str, *, where: str | None = None) -> WebError:
    """Return the error of something that this account may not do; ``zh`` and ``en`` say what it lacks, ``where`` the policies."""
    return WebError(
        "web.forbidden",
        403,
        where=where,
        zh=f"没有权限：{zh}",
        en=f"not permitted: {en}",
        remedy_zh="如工作需要，请联系本院管理员",
        remedy_en="if your work needs it, ask the administrator of your office",
    )


def bad_request(zh: str, en: str, *, code: str = "web.bad-request") -> WebError:
    """Return the error of a form or address that cannot be read."""
    return WebError(
        code, 400, zh=zh, en=en, remedy_zh="请改正后再提交", remedy_en="correct it and send it again"
    )


def not_scanned(record: str) -> WebError:
    """Return the error of a page of what a scan found when nothing of the record was scanned."""
    return WebError(
        "web.no-scan",
        400,
        zh=f"{record} 还没有扫描过的材料",
        en=f"no material of {record} was scanned yet",
        remedy_zh="在该线索或总案的页面点“添加材料”，勾选“封存后扫描个人信息”",
        remedy_en="open the lead or matter, add material there and let it be scanned",
    )


def too_large(most: int) -> WebError:
    """Return the error of a body or file of more than ``most`` bytes."""
    size = f"{most >> 20} MB" if most >= 1 << 20 else f"{most >> 10} KB"
    return WebError(
        "web.too-large",
        413,
        zh=f"内容超过 {size}，没有接收",
        en=f"more than {size}; not taken",
        remedy_zh="请减少内容或者分次提交；返回上一页，填写的内容一般还在",
        remedy_en="send less, or in several parts; what was typed is usually still there when you go back",
    )


def no_room() -> WebError:
    """Return the error of a disk that has no room for what is sent."""
    return WebError(
        "web.no-room",
        507,
        zh="服务器磁盘空间不足，没有接收；已传到的部分仍在",
        en="the disk of the server has no room for it; what came before is still there",
        remedy_zh="请管理员腾出空间，然后从中断处继续",
        remedy_en="let the administrator make room, then go on where it stopped",
    )


def too_many(seconds: int) -> WebError:
    """Return the error of somebody who tries too often."""
    error = WebError(
        "web.too-many",
        429,
        zh="尝试次数过多",
        en="too many attempts",
        remedy_zh=f"请在 {seconds} 秒后重试",
        remedy_en=f"try again in {seconds} seconds",
    )
    error.retry = seconds
    return error
