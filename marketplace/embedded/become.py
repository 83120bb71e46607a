"""Turns this process into a server: drops root, asks to end with its parent, then becomes the program.

Run as a file by ``process.start``: ``python -I -S become.py SIGNAL PARENT UID GID PROGRAM ARGUMENT...``.
It is a program of its own, and not code between fork and exec, because threads of the parent could hold a
lock there.
"""

import contextlib
import os
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1


def _load_kernel() -> Any:
    try:
        import ctypes  # some slim interpreters come without it

        return ctypes.CDLL(None)
    except (ImportError, OSError):
        return None


def main(arguments: list[str]) -> None:
    """Become the program. UID and GID may be empty, which keeps what we are."""
    end_signal, parent, uid, gid, *command = arguments
    # Loaded while we are root: the other account may have no way to the folders of Python.
    kernel = _load_kernel()
    if uid:
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    # After setuid, which clears the wish. Other systems than Linux have no such wish, and go without.
    if kernel is not None:
        with contextlib.suppress(AttributeError, OSError):
            kernel.prctl(_PR_SET_PDEATHSIG, int(end_signal), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the supervisor ended before this process began")
    os.execv(command[0], command)  # noqa: S606 - becoming another program is the point


if __name__ == "__main__":
    main(sys.argv[1:])
