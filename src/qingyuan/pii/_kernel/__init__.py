"""Compiled loops over bytes; nothing here knows a file format's meaning or a law."""
