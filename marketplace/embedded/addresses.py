"""Finding ports on this machine."""

import errno
import socket

LOCALHOST = "127.0.0.1"
_HIGHEST_PORT = 65_535


def is_free(port: int, host: str = LOCALHOST) -> bool:
    """Say whether a server could listen here."""
    with socket.socket() as probe:
        # As servers do, so that connections of the last run that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def next_free(port: int, host: str = LOCALHOST) -> int:
    """Return the port, or the first one above it that is free."""
    return next(number for number in range(port, _HIGHEST_PORT) if is_free(number, host))


def any_free() -> int:
    """Return a free port that the system chooses."""
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        port: int = probe.getsockname()[1]
        return port
