"""``python -m qingyuan``."""

from qingyuan.cli import main

if __name__ == "__main__":
    main()
