"""How browsers reach us, as it is typed: checked before anything is opened."""

from __future__ import annotations

from urllib.parse import urlsplit

import click


def origin(_: click.Context, parameter: click.Parameter, value: str) -> str:
    """Return the address of an option; blank is none.

    Raises:
        click.BadParameter: It is no address of http or https with a host and nothing behind it.
    """
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    more = good and (parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment)
    if value and (not good or more or not value.isascii() or not value.isprintable()):
        raise click.BadParameter(value, param=parameter)
    return value
