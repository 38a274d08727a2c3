"""Reading a small file whole, and never more of it than it may have.

It stands on the ground below all rooms. A trust file, a policy, a list or a key is read at once; whoever gives the file also decides how
long it is, or that it has no end (a device, a pipe). So every such file has a bound, and what lies beyond it is refused by name.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

#: Longest settings, lists, policies, trust files and particulars that are read, in bytes, unless a caller says otherwise.
MOST = 16 << 20
_MIB = 1 << 20


def read_whole(path: Path, most: int = MOST) -> bytes:
    """Return the content of a file of at most ``most`` bytes.

    Args:
        path: The file; it may be a pipe.
        most: Longest content, in bytes.

    Raises:
        OSError: It cannot be read; ``EFBIG`` when it is longer, ``EINVAL`` when it is a device.
    """
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        if stat.S_ISCHR(found.st_mode) or stat.S_ISBLK(found.st_mode):
            raise OSError(errno.EINVAL, "this is a device, not a file", str(path))
        data = b"" if stat.S_ISREG(found.st_mode) and found.st_size > most else file.read(most + 1)
    if len(data) > most or (not data and found.st_size > most):
        size = f"{most // _MIB} MiB" if most >= _MIB else f"{most} bytes"
        raise OSError(errno.EFBIG, f"longer than {size}", str(path))
    return data


def read_text(path: Path, most: int = MOST, *, encoding: str = "utf-8", errors: str = "strict") -> str:
    """Return the text of a file of at most ``most`` bytes, with every line end as one newline.

    Args:
        path: The file.
        most: Longest content, in bytes.
        encoding: How it is written.
        errors: What is done about bytes that are no text, as for ``bytes.decode``.

    Raises:
        OSError: As for :func:`read_whole`.
        UnicodeDecodeError: It is no such text.
    """
    text = read_whole(path, most).decode(encoding, errors)
    return text.replace("\r\n", "\n").replace("\r", "\n")
