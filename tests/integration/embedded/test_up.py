"""`marketplace up` as a person uses it: Ctrl-C, a kill -9, a busy port, a second start, `reset`."""

import contextlib
import json
import os
import pty
import random
import re
import shelve
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from marketplace.beat import SCHEDULE
from marketplace.embedded.addresses import next_free

_LIMIT_S = 120
_CLI = (sys.executable, "-m", "marketplace")


class Terminal:
    """`marketplace up --no-seed` in a process group of its own, and what it prints: on a screen, or into a pipe."""

    def __init__(self, data_dir: Path, port: int, *, is_screen: bool = False) -> None:
        self.data_dir = data_dir
        ours, theirs = pty.openpty() if is_screen else os.pipe()
        self.process = subprocess.Popen(
            [*_CLI, "up", "--no-seed", "--port", str(port)],
            env=_environ(data_dir),
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        os.close(theirs)
        self._output = open(ours, encoding="utf-8", errors="replace")  # noqa: SIM115, PTH123 - a descriptor; close() closes it
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        # A screen that nobody writes to any more ends with an error.
        with contextlib.suppress(OSError):
            self.lines.extend(iter(self._output.readline, ""))

    @property
    def said(self) -> str:
        return "".join(self.lines)

    @property
    def url(self) -> str:
        found = re.search(r"Shop: +(http://[^/]+)/", self.said)
        assert found, self.said
        return found[1]

    def wait_for(self, look: Callable[[], object]) -> None:
        deadline = time.monotonic() + _LIMIT_S
        while not look():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    def wait_until_it_runs(self) -> None:
        self.wait_for(lambda: "Ctrl-C stops everything." in self.said)

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal to the process group, as a terminal does at Ctrl-C; return the exit code."""
        os.killpg(self.process.pid, number)
        code = self.process.wait(_LIMIT_S)
        # A grandchild that was left behind would hold the pipe open.
        self._reader.join(20)
        assert not self._reader.is_alive(), "somebody still prints"
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGTERM)
        self._output.close()


def _environ(data_dir: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.endswith(("_URL", "SECRET_KEY"))}
    return {**ours, "MARKETPLACE_DATA_DIR": str(data_dir)}


def _status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - an address of ours
        return int(answer.status)


def _free_port() -> int:
    """Return a port below those that the system hands out by itself, where no other test listens by chance."""
    return next_free(random.randrange(20_000, 30_000))


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def _database(data_dir: Path) -> str:
    env = json.loads((data_dir / "environment.json").read_text("utf-8"))
    return str(env["DATABASE_URL"]).replace("+psycopg", "")


@pytest.mark.slow
def test_a_whole_life(tmp_path: Path, terminals: list[Terminal]) -> None:
    data_dir = tmp_path / "var"

    # --- a first start, and a power cut
    first = Terminal(data_dir, _free_port())
    terminals.append(first)
    first.wait_until_it_runs()
    assert _status(f"{first.url}/healthz") == 200
    assert _status(f"{first.url}/") == 200
    names = {" ".join(child.cmdline()) for child in first.family()}
    for part in (
        "postgres",
        "valkey-server",
        "simulators",
        "marketplace web",
        "marketplace relay",
        "marketplace keeper",
        "marketplace beat",
    ):
        assert any(part in name for name in names), part
    with psycopg.connect(_database(data_dir), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")

    second = subprocess.run(
        [*_CLI, "up", "--no-seed"], env=_environ(data_dir), check=False, capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 1
    assert f"The marketplace already runs on {data_dir}." in second.stderr
    assert _status(f"{first.url}/healthz") == 200, "the running one was not touched"

    family = first.family()
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    _, left = psutil.wait_procs(family, timeout=20)
    assert left == [], "the kernel ends the children of a killed supervisor"

    # --- the next start heals, names the busy port, and ends at Ctrl-C
    with socket.socket() as other:
        busy = _free_port()
        other.bind(("127.0.0.1", busy))
        other.listen()
        again = Terminal(data_dir, busy, is_screen=True)
        terminals.append(again)
        again.wait_until_it_runs()
    assert (
        f"Port {busy} (shop) is in use by another program; taking {again.url.rsplit(':', 1)[1]} instead." in again.said
    )
    assert _status(f"{again.url}/healthz") == 200
    with psycopg.connect(_database(data_dir)) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(42,)]

    assert "\x1b[34m     keeper |\x1b[0m " in again.said, "each process has a colour on a screen"

    # --- a worker that dies is started again
    relay = next(child for child in again.family() if child.cmdline()[-1:] == ["relay"])
    relay.kill()
    again.wait_for(lambda: "relay ended with code -9; starting it again in 1 s." in again.said)
    again.wait_for(lambda: any(child.cmdline()[-1:] == ["relay"] for child in again.family() if child.is_running()))

    family = again.family()
    assert again.end() == 0, again.said
    assert "Everything has stopped." in again.said
    assert "Traceback" not in again.said
    assert [child for child in family if child.is_running()] == []
    assert not (data_dir / "running.json").exists()

    with shelve.open(str(data_dir / "beat"), "r") as diary:  # noqa: S301 - written by our own beat a moment ago
        assert set(SCHEDULE) <= set(diary["entries"]), "beat asks for all periodic work"

    # --- and `reset` empties it, and only it
    gone = subprocess.run(
        [*_CLI, "reset", "--yes"], env=_environ(data_dir), check=False, capture_output=True, text=True, timeout=60
    )
    assert gone.returncode == 0, gone.stderr
    assert not data_dir.exists()


def test_reset_deletes_no_folder_that_is_not_ours(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "wedding.jpg").write_bytes(b"dear")
    answer = subprocess.run(
        [*_CLI, "reset", "--yes"], env=_environ(photos), check=False, capture_output=True, text=True, timeout=60
    )
    assert answer.returncode == 1
    assert "was not made by the marketplace; nothing was deleted" in answer.stderr
    assert (photos / "wedding.jpg").read_bytes() == b"dear"


def test_a_command_without_a_market_says_what_is_missing(tmp_path: Path) -> None:
    answer = subprocess.run(
        [*_CLI, "web"], env=_environ(tmp_path), check=False, capture_output=True, text=True, timeout=60
    )
    assert answer.returncode == 1
    assert "DATABASE_URL, BROKER_URL, SECRET_KEY not set" in answer.stderr
    assert "start one: marketplace up" in answer.stderr
