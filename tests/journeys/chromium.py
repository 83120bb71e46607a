"""Finds a Chromium; run as a program, says by its exit code whether there is one."""

import os
import shutil
import sys

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Return the path of a Chromium: the one in CHROMIUM_PATH, else the first on the PATH."""
    chosen = os.environ.get("CHROMIUM_PATH")
    if chosen:
        return shutil.which(chosen)
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


if __name__ == "__main__":
    sys.exit(find_chromium() is None)
