"""The command line: parse, call, print. It decides nothing."""

from qingyuan.cli._app import main

__all__ = ["main"]
