"""``marketplace up``: the stack in a terminal. Prefixed logs, restarts, a clean end at Ctrl-C."""

import os
import selectors
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from marketplace.embedded.addresses import LOCALHOST, is_free, next_free
from marketplace.embedded.errors import EmbeddedError
from marketplace.embedded.process import Process
from marketplace.embedded.stack import COMMANDS, Stack

_TICK_S = 0.25
#: A process that lived this long has earned a quick restart again.
_GOOD_LIFE_S = 60
_LONGEST_PAUSE_S = 30
#: Make and the terminal may both tell us of one Ctrl-C; a second one that is meant comes later.
_SECOND_THOUGHT_S = 1.0
_COLOURS = {"simulators": 90, "worker": 32, "web": 36, "relay": 33, "keeper": 34, "beat": 35}
_OWN_NAME = "marketplace"
_WIDTH = max(map(len, (*COMMANDS, _OWN_NAME)))


class StopRequestedError(Exception):
    """SIGINT, SIGTERM or SIGHUP came."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the stack would like to listen."""

    web: int = 8000
    postgres: int = 8432
    valkey: int = 8379
    simulators: int = 8700
    smtp: int = 8725


def run(*, data_dir: Path, ports: Ports, host: str, seed: bool, announce: Callable[[Stack], None]) -> int:
    """Start a stack, watch it, stop it. Returns the exit code.

    ``announce`` is called once the shop answers.
    """
    screen = Screen()
    stopping = Stopping()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stopping.on_signal)
    stack = None
    try:
        stack = _make_stack(data_dir, ports, host, screen, seed=seed)
        stopping.stack = stack
        begin = time.monotonic()
        screen.say(f"Data is kept in {stack.data_dir}")
        stack.start()
        screen.say(f"Everything runs after {time.monotonic() - begin:.1f} s.")
        announce(stack)
        watch = Watch(stack, screen)
        while True:
            screen.wait(_TICK_S)
            watch.look_after_all()
    except StopRequestedError:
        code = 0
    except EmbeddedError as error:
        screen.wait(0)
        print(f"\n{error}\n", file=sys.stderr, flush=True)
        code = 1
    finally:
        stopping.has_begun()
        if stack is not None:
            screen.say("Stopping ...")
            stack.stop()
            screen.drain()
            screen.say("Everything has stopped.")
    return code


def _make_stack(data_dir: Path, ports: Ports, host: str, screen: "Screen", *, seed: bool) -> Stack:
    def choose(label: str, wanted: int, listen_on: str = LOCALHOST) -> int:
        if is_free(wanted, listen_on):
            return wanted
        port = next_free(wanted + 1, listen_on)
        screen.say(f"Port {wanted} ({label}) is in use by another program; taking {port} instead.")
        return port

    return Stack(
        data_dir=data_dir,
        seed=seed,
        web_host=host,
        web_port=choose("shop", ports.web, host),
        postgres_port=choose("PostgreSQL", ports.postgres),
        valkey_port=choose("Valkey", ports.valkey),
        simulators_port=choose("simulators", ports.simulators),
        smtp_port=choose("simulated mail server", ports.smtp),
        terminal=screen,
    )


@dataclass
class Stopping:
    """Turns the first signal into an exception, and an impatient later one into haste."""

    stack: Stack | None = None
    _since: float = 0

    def has_begun(self) -> None:
        """From now on, no exception."""
        self._since = self._since or time.monotonic()

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        if not self._since:
            self.has_begun()
            raise StopRequestedError
        if time.monotonic() - self._since > _SECOND_THOUGHT_S and self.stack is not None:
            # No more grace for our own processes; PostgreSQL and Valkey still close cleanly.
            for child in self.stack.processes.values():
                if child.poll() is None:
                    child.kill()


@dataclass
class Watch:
    """Starts again what dies, after a pause that grows while it keeps dying."""

    stack: Stack
    screen: "Screen"
    _pauses_s: dict[str, float] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)
    _since: dict[str, float] = field(default_factory=dict)

    def look_after_all(self) -> None:
        """Look at every process once. Raises EmbeddedError when a server has ended by itself."""
        now = time.monotonic()
        for name, child in list(self.stack.processes.items()):
            self._since.setdefault(name, now)
            if child.poll() is not None:
                self._bury(name, child, now)
        for name in [name for name, due in self._due.items() if now >= due]:
            del self._due[name]
            self.stack.start_process(name)
            self._since[name] = now
        for label, server in (("PostgreSQL", self.stack.postgres), ("Valkey", self.stack.valkey)):
            if server is not None and not server.is_running():
                message = f"{label} ended by itself; its last words are in {server.data_dir / 'server.log'}."
                raise EmbeddedError(message)

    def _bury(self, name: str, child: Process, now: float) -> None:
        self.stack.stop_process(name)
        has_lived_well = now - self._since[name] > _GOOD_LIFE_S
        pause_s = 1.0 if has_lived_well else self._pauses_s.get(name, 1.0)
        self._pauses_s[name] = min(pause_s * 2, _LONGEST_PAUSE_S)
        self._due[name] = now + pause_s
        self.screen.say(f"{name} ended with code {child.returncode}; starting it again in {pause_s:.0f} s.")


class Screen:
    """Shows what the processes print, each line with the name of its process."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def say(self, text: str) -> None:
        """Print a line of our own."""
        print(f"{_OWN_NAME:>{_WIDTH}} | {text}", flush=True)

    def has_started(self, name: str, child: Process) -> None:
        """Show what this process prints from now on."""
        if child.stdout is not None:
            self._selector.register(child.stdout, selectors.EVENT_READ, _Prefixer(name))

    def wait(self, seconds: float) -> None:
        """Wait for something to show, at most this long."""
        if not self._selector.get_map():
            time.sleep(seconds)
            return
        for key, _ in self._selector.select(seconds):
            stream: IO[bytes] = key.fileobj  # type: ignore[assignment]  # only pipes are registered
            data = os.read(stream.fileno(), 65_536)
            key.data.write(data)
            if not data:
                self._selector.unregister(stream)
                stream.close()

    def drain(self) -> None:
        """Show the last words of processes that have ended."""
        deadline = time.monotonic() + 1
        while self._selector.get_map() and time.monotonic() < deadline:
            self.wait(_TICK_S)


class _Prefixer:
    """Puts the name of its process before each line."""

    def __init__(self, name: str) -> None:
        label = f"{name:>{_WIDTH}} |"
        self._label = f"\x1b[{_COLOURS[name]}m{label}\x1b[0m " if sys.stdout.isatty() else f"{label} "
        self._rest = b""

    def write(self, data: bytes) -> None:
        """Print the whole lines among what has come; the end of the stream prints the rest."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if not data and self._rest:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            print(self._label + line.decode("utf-8", "replace").rstrip("\r"), flush=True)
