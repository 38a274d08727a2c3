"""Qingyuan 清源: an internet public-interest litigation platform.

Each sub-package is a room of the house described in ``docs/architecture.md``; a room imports
only from the floors below it.
"""

__version__ = "0.1.0"
