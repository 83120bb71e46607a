"""The web server: a parent that has loaded the application, and processes that share its memory."""

import gc

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from marketplace.app import create_app

app = create_app()


def serve(host: str, port: int, workers: int) -> None:
    """Serve the pages in so many processes until SIGTERM or SIGINT.

    They are forked from here, after everything was imported once, and find the application in memory.
    """
    gc.collect()
    gc.freeze()
    Granian(
        "marketplace.wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        # One thread each: measured faster than two, and a page never waits for another one's Python.
        blocking_threads=1,
        http=HTTPModes.http1,
        websockets=False,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
    ).serve()
