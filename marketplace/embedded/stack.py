"""The whole stack: servers, simulators and our own processes, in the order in which they need one another."""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from marketplace.embedded import environment, postgres, process, valkey
from marketplace.embedded.addresses import LOCALHOST, any_free
from marketplace.embedded.errors import AlreadyRunningError, EmbeddedError
from marketplace.embedded.postgres import PostgresServer
from marketplace.embedded.valkey import ValkeyServer

_ROOT = Path(__file__).resolve().parent.parent.parent
_WEB_LIMIT_S = 60
_LOG_LIMIT_BYTES = 5_000_000
_RUN = (sys.executable, "-m", "marketplace")
#: Name -> command, in the order of starting.
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "simulators": (sys.executable, "-m", "simulators"),
    # Two workers that share their memory: the search index has one writer of its own.
    "worker": (*_RUN, "worker", "--queues", "default,outside", "--queues", "search"),
    "web": (*_RUN, "web"),
    "relay": (*_RUN, "relay"),
    "keeper": (*_RUN, "keeper"),
    "beat": (*_RUN, "beat"),
}
#: Whoever gives work stops before those who do it. Those in one row stop together.
_STOPPING = (("prepare",), ("beat", "relay"), ("web",), ("worker",), ("keeper",), ("simulators",))
#: Seconds that a process may take to finish what it is doing.
_GRACE_S: Mapping[str, float] = {"worker": 12}


class Terminal(Protocol):
    """Someone who looks on: gets what the processes print, and fills the time while the stack waits."""

    def say(self, text: str) -> None:
        """Tell the person what happens."""

    def has_started(self, name: str, child: process.Process) -> None:
        """Take over what a process prints."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""


class _NoTerminal:
    def say(self, text: str) -> None:
        pass

    def has_started(self, name: str, child: process.Process) -> None:
        pass

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(kw_only=True)
class Stack:
    """A stack on its own data folder. ``with Stack(data_dir=...) as stack:`` starts it and stops it.

    Ports that are left out are any free ones, and without a terminal each process writes to
    ``logs/<name>.log`` in the data folder: so tests use it. ``environ`` adds to and beats what the stack
    works out itself. With DATABASE_URL or BROKER_URL given, here or in our own environment, that server is
    not started.
    """

    data_dir: Path
    seed: bool = False
    web_host: str = LOCALHOST
    web_port: int = 0
    postgres_port: int = 0
    valkey_port: int = 0
    simulators_port: int = 0
    smtp_port: int = 0
    #: False is for tests: what a power cut would lose may be lost.
    fsync: bool = True
    environ: Mapping[str, str] = field(default_factory=dict)
    terminal: Terminal | None = None
    #: What every process is started with, once the servers run.
    env: dict[str, str] = field(default_factory=dict, init=False)
    postgres: PostgresServer | None = field(default=None, init=False)
    valkey: ValkeyServer | None = field(default=None, init=False)
    processes: dict[str, process.Process] = field(default_factory=dict, init=False)
    _onlooker: Terminal = field(init=False)
    _lock: IO[str] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Settle the ports."""
        self.data_dir = self.data_dir.absolute()
        self._onlooker = self.terminal or _NoTerminal()
        for name in ("web_port", "postgres_port", "valkey_port", "simulators_port", "smtp_port"):
            setattr(self, name, getattr(self, name) or any_free())

    def __enter__(self) -> Self:
        """Start everything."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self.stop()

    @property
    def web_url(self) -> str:
        """Where the shop answers on this machine."""
        return f"http://{LOCALHOST}:{self.web_port}"

    @property
    def simulators_url(self) -> str:
        """Where the simulators answer; empty when the world outside is the real one."""
        return self.env.get("SIMULATORS_URL", "")

    def start(self) -> None:
        """Start all, ready to be used. Stops again what it had started when something goes wrong."""
        try:
            self._take_data_dir()
            self._start_servers()
            self.start_process("simulators")
            self._prepare()
            for name in list(COMMANDS)[1:]:
                self.start_process(name)
            self._wait_for_web()
        except BaseException:
            self.stop()
            raise

    def start_process(self, name: str) -> None:
        """Start one of our own processes."""
        if name == "simulators" and not self.simulators_url:
            return
        self._run(name, COMMANDS[name], pipe=self.terminal is not None)
        process.write_down(self.data_dir / "running.json", {name: child.pid for name, child in self.processes.items()})

    def stop_process(self, *names: str) -> None:
        """Let processes finish what they are doing, all at once, and end them."""
        children = {name: self.processes.pop(name) for name in names if name in self.processes}
        for child in children.values():
            if child.poll() is None:
                child.terminate()
        for name, child in children.items():
            process.stop(child, grace_s=_GRACE_S.get(name, 6), meanwhile=self._onlooker.wait)

    def restart(self, name: str) -> None:
        """End one process properly and start it again."""
        self.stop_process(name)
        self.start_process(name)
        if name == "web":
            self._wait_for_web()

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to one process and all its own children at once; SIGKILL stands for a power cut."""
        child = self.processes[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        if number == signal.SIGKILL:
            child.wait()
            del self.processes[name]

    def web_answers(self) -> bool:
        """Ask the shop whether it is well."""
        try:
            with socket.create_connection((LOCALHOST, self.web_port), timeout=5) as line:
                line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return line.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def stop(self) -> None:
        """Stop everything, those who give work first and the servers last. May be called twice."""
        for names in _STOPPING:
            self.stop_process(*names)
        if self.valkey:
            self.valkey.stop()
            self.valkey = None
        if self.postgres:
            self.postgres.stop()
            self.postgres = None
        if self._lock:
            for name in ("running.json", "environment.json"):
                (self.data_dir / name).unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def _take_data_dir(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        # Held open for as long as we live; the system lets go of it however we end.
        lock = (self.data_dir / "lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            message = f"The marketplace already runs on {self.data_dir}."
            raise AlreadyRunningError(message) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        left = process.clear_left_behind(self.data_dir / "running.json")
        if left:
            self._onlooker.say(f"Stopped what an earlier start had left running: {', '.join(left)}.")

    def _start_servers(self) -> None:
        self.env = environment.complete(
            {**os.environ, **self.environ},
            data_dir=self.data_dir,
            web_port=self.web_port,
            simulators_port=self.simulators_port,
            smtp_port=self.smtp_port,
        )
        self.env |= {"HOST": self.web_host, "PORT": str(self.web_port)}
        if "DATABASE_URL" not in self.env:
            self.postgres = postgres.start(self.data_dir / "postgres", self.postgres_port, fsync=self.fsync)
            self.env["DATABASE_URL"] = self.postgres.url
            self._onlooker.say(f"PostgreSQL listens on port {self.postgres.port}.")
        if "BROKER_URL" not in self.env:
            self.valkey = valkey.start(self.data_dir / "valkey", self.valkey_port, fsync=self.fsync)
            self.env["BROKER_URL"] = self.valkey.url
            self._onlooker.say(f"Valkey listens on port {self.valkey.port}.")
        # For commands in another terminal, which find the running stack by it.
        ours = {name: value for name, value in self.env.items() if os.environ.get(name) != value}
        process.write_secret(self.data_dir / "environment.json", json.dumps(ours))

    def _prepare(self) -> None:
        """Bring the tables up to date and, where wanted, fill an empty market."""
        self._onlooker.say("Bringing the tables up to date ...")
        # Not through the pipe: a progress bar wants the terminal itself.
        child = self._run("prepare", (*_RUN, "migrate", *(["--seed"] if self.seed else [])), pipe=False)
        while child.poll() is None:
            self._onlooker.wait(0.05)
        del self.processes["prepare"]
        if child.returncode:
            log = self.data_dir / "logs" / "prepare.log"
            details = "" if self.terminal else "\n" + log.read_text("utf-8", "replace")[-4000:]
            message = f"The database could not be made ready (code {child.returncode}).{details}"
            raise EmbeddedError(message)

    def _run(self, name: str, command: tuple[str, ...], *, pipe: bool) -> process.Process:
        if self.terminal:
            child = process.start(command, env=self.env, output=subprocess.PIPE if pipe else None, cwd=_ROOT)
            if pipe:
                self.terminal.has_started(name, child)
        else:
            with self._log(name) as log:
                child = process.start(command, env=self.env, output=log, cwd=_ROOT)
        self.processes[name] = child
        return child

    def _wait_for_web(self) -> None:
        process.wait_until(
            self.web_answers,
            process=self.processes["web"],
            name="The web server",
            log=None if self.terminal else self.data_dir / "logs" / "web.log",
            limit_s=_WEB_LIMIT_S,
            meanwhile=self._onlooker.wait,
        )

    def _log(self, name: str) -> IO[bytes]:
        path = self.data_dir / "logs" / f"{name}.log"
        path.parent.mkdir(exist_ok=True)
        if path.exists() and path.stat().st_size > _LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path.open("ab")


def supervisor_of(data_dir: Path) -> int | None:
    """Return the process that runs a stack on a data folder, or None."""
    try:
        with (data_dir / "lock").open("r+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return int(lock.read())
    except FileNotFoundError:
        pass
    return None


def environment_of_running(data_dir: Path) -> dict[str, str]:
    """Return the variables of the stack that runs on a data folder; empty when none runs."""
    if supervisor_of(data_dir) is None:
        return {}
    found: dict[str, str] = json.loads((data_dir / "environment.json").read_text("utf-8"))
    return found
