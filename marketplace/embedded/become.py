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


def end_with_parent(end_signal: int, kernel: Any = None) -> None:
    """Ask the system to send us this signal when our parent ends. Only Linux knows such a wish; others go without."""
    kernel = kernel or _load_kernel()
    if kernel is not None:
        with contextlib.suppress(AttributeError, OSError):
            kernel.prctl(_PR_SET_PDEATHSIG, end_signal, 0, 0, 0)


def main(arguments: list[str]) -> None:
    """Become the program. UID and GID may be empty, which keeps what we are."""
    end_signal, parent, uid, gid, *command = arguments
    # Loaded while we are root: the other account may have no way to the folders of Python.
    kernel = _load_kernel()
    if uid:
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    # After setuid, which clears the wish.
    end_with_parent(int(end_signal), kernel)
    if os.getppid() != int(parent):
        sys.exit("the supervisor ended before this process began")
    os.execv(command[0], command)  # noqa: S606 - becoming another program is the point


if __name__ == "__main__":
    main(sys.argv[1:])
