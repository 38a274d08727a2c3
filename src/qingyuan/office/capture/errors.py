"""Errors of capturing web pages."""

from qingyuan.office.errors import OfficeError


class CaptureError(OfficeError):
    """A page that cannot be captured, or an address that must not be reached."""


def refused_address(where: str, zh: str, en: str) -> CaptureError:
    """Return the error for an address that the guard does not let through."""
    return CaptureError(
        "capture.refused-address",
        zh=f"拒绝访问该地址：{zh}",
        en=f"the address is refused: {en}",
        where=where,
        remedy_zh="请改用公开网络上的地址；确需访问内网页面的，须先允许内网地址，并在笔录中说明",
        remedy_en="give an address on the open network; for one of an internal network, allow private addresses first and say so in the record",
    )


def unreachable(where: str, zh: str, en: str) -> CaptureError:
    """Return the error for a server that cannot be reached."""
    return CaptureError(
        "capture.unreachable",
        zh=f"无法连接：{zh}",
        en=f"cannot be reached: {en}",
        where=where,
        remedy_zh="请检查网址和网络，稍后重试",
        remedy_en="check the address and the network, and try again later",
    )


def bad_certificate(where: str, reason: str) -> CaptureError:
    """Return the error for a server whose certificate does not verify."""
    return CaptureError(
        "capture.bad-certificate",
        zh=f"对方证书未通过验证：{reason}",
        en=f"the certificate of the server does not verify: {reason}",
        where=where,
        remedy_zh="请核实网站身份；确需固定的，须先允许未通过验证的证书，证书链和错误会一并记录",
        remedy_en="make sure whose site it is; to capture it all the same, allow its certificate first: chain and error are recorded",
    )


def bad_url(url: str, zh: str, en: str) -> CaptureError:
    """Return the error for what is no address of a web page."""
    return CaptureError(
        "capture.bad-url",
        zh=f"不是可固定的网址：{zh}",
        en=f"is no address that can be captured: {en}",
        where=url,
        remedy_zh="请写完整网址，如 https://example.com/page",
        remedy_en="write the whole address, such as https://example.com/page",
    )
