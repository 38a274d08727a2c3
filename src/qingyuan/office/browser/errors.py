"""Errors of driving a browser."""

from qingyuan.office.errors import OfficeError


class BrowserError(OfficeError):
    """The browser cannot be found or started, went away, or refused what was asked of it."""


def no_browser(where: str | None = None) -> BrowserError:
    """Return the error for a machine without a usable Chromium."""
    return BrowserError(
        "browser.not-found",
        zh="本机找不到 Chromium 浏览器",
        en="there is no Chromium browser on this machine",
        where=where,
        remedy_zh="请安装（Debian/Ubuntu：apt-get install chromium），或用环境变量 QINGYUAN_CHROMIUM 指明其路径",
        remedy_en="install it (Debian/Ubuntu: apt-get install chromium) or name its path in QINGYUAN_CHROMIUM",
    )


def gone(detail: str = "") -> BrowserError:
    """Return the error for a browser that ended while it was needed."""
    return BrowserError(
        "browser.gone",
        zh="浏览器已退出" + (f"：{detail}" if detail else ""),
        en="the browser is gone" + (f": {detail}" if detail else ""),
        remedy_zh="请重试；若仍出现，请检查内存和 Chromium 的安装",
        remedy_en="try again; if it happens again check the memory and the installation of Chromium",
    )


def too_slow(what: str, seconds: float) -> BrowserError:
    """Return the error for an answer that did not come in time."""
    return BrowserError(
        "browser.timeout",
        zh=f"浏览器在 {seconds:g} 秒内没有完成：{what}",
        en=f"the browser did not finish within {seconds:g} s: {what}",
        remedy_zh="请加长时限或稍后重试",
        remedy_en="allow more time or try again later",
    )


def refused(what: str, reason: str) -> BrowserError:
    """Return the error for a command that the browser answered with an error."""
    return BrowserError(
        "browser.refused",
        zh=f"浏览器拒绝了 {what}：{reason}",
        en=f"the browser refused {what}: {reason}",
    )
