"""The few parts of the protocol's events and answers that are read, under the protocol's own names."""

# ruff: noqa: N815

from __future__ import annotations

import msgspec

from qingyuan.office.browser.errors import BrowserError


class Navigated(msgspec.Struct, frozen=True):
    """Answer of ``Page.navigate``."""

    frameId: str
    loaderId: str = ""
    errorText: str = ""


class Frame(msgspec.Struct, frozen=True):
    """A frame and the document in it."""

    id: str
    loaderId: str
    url: str = ""
    parentId: str | None = None


class FrameNavigated(msgspec.Struct, frozen=True):
    """A frame went to another document."""

    frame: Frame


class Lifecycle(msgspec.Struct, frozen=True):
    """A document came a step further."""

    frameId: str
    loaderId: str
    name: str


class DialogOpening(msgspec.Struct, frozen=True):
    """A dialog opens."""

    message: str
    type: str


class Request(msgspec.Struct, frozen=True):
    """A request."""

    url: str


class RequestSent(msgspec.Struct, frozen=True):
    """A request is about to be sent."""

    requestId: str
    request: Request


class RequestOver(msgspec.Struct, frozen=True):
    """A request ended, well or not."""

    requestId: str


class TargetInfo(msgspec.Struct, frozen=True):
    """A tab or worker."""

    targetId: str
    openerId: str = ""


class TargetCreated(msgspec.Struct, frozen=True):
    """A tab or worker was made."""

    targetInfo: TargetInfo


class Attached(msgspec.Struct, frozen=True):
    """A worker or frame can be talked to."""

    sessionId: str
    waitingForDebugger: bool


class WindowOpens(msgspec.Struct, frozen=True):
    """The page asks for a window."""

    url: str


class DownloadBegins(msgspec.Struct, frozen=True):
    """The page asks for a download."""

    frameId: str
    url: str
    suggestedFilename: str = ""


class RemoteObject(msgspec.Struct, frozen=True):
    """A value in the page."""

    type: str = ""
    value: object = None
    description: str = ""
    objectId: str = ""
    unserializableValue: str = ""

    def words(self) -> str:
        """Return the object as a person would read it."""
        if self.value is None:
            return self.description or self.unserializableValue or self.type
        return self.value if isinstance(self.value, str) else msgspec.json.encode(self.value).decode()


class ExceptionDetails(msgspec.Struct, frozen=True):
    """What a script threw."""

    text: str = ""
    exception: RemoteObject | None = None

    def words(self) -> str:
        """Return what was thrown."""
        return f"{self.text} {self.exception.words() if self.exception else ''}".strip()


class Evaluated(msgspec.Struct, frozen=True):
    """Answer of ``Runtime.evaluate``."""

    result: RemoteObject
    exceptionDetails: ExceptionDetails | None = None


class ConsoleCalled(msgspec.Struct, frozen=True):
    """A console message."""

    type: str
    args: list[RemoteObject] = []

    def words(self) -> str:
        """Return the message as one line."""
        return f"{self.type}: {' '.join(arg.words() for arg in self.args)}"


class ExceptionThrown(msgspec.Struct, frozen=True):
    """An uncaught error of a script."""

    exceptionDetails: ExceptionDetails


class Size(msgspec.Struct, frozen=True):
    """Width and height in CSS pixels."""

    width: float
    height: float


class Metrics(msgspec.Struct, frozen=True):
    """Answer of ``Page.getLayoutMetrics``."""

    cssContentSize: Size


class Data(msgspec.Struct, frozen=True):
    """An answer that is one text."""

    data: str


def navigation_failed(url: str, reason: str) -> BrowserError:
    """Return the error for an address that the browser could not go to."""
    return BrowserError(
        "browser.navigation",
        zh=f"浏览器无法打开该地址：{reason}",
        en=f"the browser cannot open the address: {reason}",
        where=url,
        remedy_zh="请检查地址和网络；下载文件请另行取得后用 qingyuan seal 封存",
        remedy_en="check the address and the network; get a download by other means and use qingyuan seal",
    )


def script_failed(words: str) -> BrowserError:
    """Return the error for a script that threw."""
    return BrowserError(
        "browser.script", zh=f"页面脚本出错：{words}", en=f"a script in the page failed: {words}"
    )
