"""Starting and stopping child processes so that none is ever left behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from marketplace.embedded.account import Account
from marketplace.embedded.errors import EmbeddedError

_BECOME = Path(__file__).with_name("become.py")
_POLL_S = 0.02

Process = subprocess.Popen[bytes]
#: What to do for some seconds while waiting: sleep, or show what the children print.
Meanwhile = Callable[[float], None]


def start(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    output: IO[bytes] | int | None,
    cwd: Path | None = None,
    account: Account | None = None,
    end_signal: signal.Signals = signal.SIGTERM,
) -> Process:
    """Start a program in a session of its own, so that Ctrl-C reaches only us.

    ``end_signal`` is what it gets when this process dies without stopping it (kill -9). ``account`` is
    whom root turns into first. ``output`` takes what it prints; None lets it write to our terminal.
    """
    who = (str(account.uid), str(account.gid)) if account else ("", "")
    become = [sys.executable, "-I", "-S", str(_BECOME), str(int(end_signal)), str(os.getpid()), *who]
    return subprocess.Popen(
        [*become, *command],
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        start_new_session=True,
    )


def stop(
    process: Process,
    *,
    first: signal.Signals = signal.SIGTERM,
    grace_s: float = 10,
    meanwhile: Meanwhile = time.sleep,
) -> int:
    """Ask a child to end, insist after ``grace_s`` seconds, and clear away what it started itself."""
    if process.poll() is None:
        process.send_signal(first)
        deadline = time.monotonic() + grace_s
        while process.poll() is None and time.monotonic() < deadline:
            meanwhile(_POLL_S)
        if process.poll() is None:
            process.kill()
            process.wait()
    end_group(process.pid)
    return process.returncode


def end_group(leader: int) -> None:
    """Kill what is left of a dead child's own process group (pool workers that outlived it)."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def birth(pid: int) -> str | None:
    """Say when a process began, in the system's own words; None when there is no such process.

    A number alone proves nothing: the system gives it to another process later.
    """
    status = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self/stat").exists():
        answer = subprocess.run(
            ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return answer.stdout.strip() or None
    try:
        # The command's name, in brackets, may hold spaces and brackets: count fields from the last one.
        state, *fields = status.read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return None if state == "Z" else fields[18]


def write_down(path: Path, pids: Mapping[str, int]) -> None:
    """Keep who is running, for the next start to clear away what this one may leave behind."""
    known = {name: [pid, birth(pid)] for name, pid in pids.items()}
    write_secret(path, json.dumps(known))


def clear_left_behind(path: Path, *, first: signal.Signals = signal.SIGTERM, grace_s: float = 10) -> list[str]:
    """End what an earlier start wrote down and left running; return the names."""
    try:
        known: dict[str, tuple[int, str | None]] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    alive = {name: pid for name, (pid, born) in known.items() if born is not None and birth(pid) == born}
    for pid in alive.values():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, first)
    deadline = time.monotonic() + grace_s
    for pid in alive.values():
        while birth(pid) is not None and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        end_group(pid)
    path.unlink(missing_ok=True)
    return list(alive)


def write_secret(path: Path, text: str) -> None:
    """Write a file that only we may read, at once or not at all."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def wait_until(
    is_ready: Callable[[], bool],
    *,
    process: Process,
    name: str,
    log: Path | None,
    limit_s: float,
    meanwhile: Meanwhile = time.sleep,
) -> None:
    """Wait for a child to be ready.

    Raises EmbeddedError with the end of its log when it dies or takes too long.
    """
    deadline = time.monotonic() + limit_s
    while not is_ready():
        code = process.poll()
        if code is not None:
            meanwhile(0)
            message = f"{name} ended with code {code} while starting.\n{_end_of(log)}"
            raise EmbeddedError(message)
        if time.monotonic() > deadline:
            message = f"{name} was not ready after {limit_s:.0f} s.\n{_end_of(log)}"
            raise EmbeddedError(message)
        meanwhile(_POLL_S)


def _end_of(log: Path | None, lines: int = 20) -> str:
    if log is None or not log.exists():
        return ""
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])
