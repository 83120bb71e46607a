"""``python -m marketplace``: the same as the command ``marketplace``."""

from marketplace.cli import main

if __name__ == "__main__":
    main()
