"""``python -m simulators``: start all simulators and run until a signal comes."""

import logging
import os
import signal
import sys
import threading

from simulators.server import Simulators
from simulators.settings import from_environment


def main() -> int:
    """Run until SIGINT or SIGTERM. Returns 1 when a port is taken."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    settings = from_environment(os.environ)
    try:
        simulators = Simulators(settings)
    except OSError as error:
        print(f"simulators: {error}", file=sys.stderr)
        return 1
    with simulators:
        print(f"simulators: {simulators.url}/ (SMTP {settings.host}:{simulators.smtp_port})", flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
