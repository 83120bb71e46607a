"""Several workers in processes forked from one: they live and end together."""

import os
import signal
import subprocess
import sys
import time

_PARENT = r"""
import os, signal, sys, time
from marketplace.worker import _fork_each

def last():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.write(1, f"lasts {os.getpid()}\n".encode())
    time.sleep(60)
    return 9

def end():
    try:
        last()
    except SystemExit:
        os.write(1, f"ended {os.getpid()}\n".encode())
    return 0

def fall():
    time.sleep(0.5)
    return 3

works = {"last": end, "fall": fall}
code = _fork_each([works[name] for name in sys.argv[1:]])
print("code", code, flush=True)
"""


def _start(*works: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", _PARENT, *works], stdout=subprocess.PIPE, text=True)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _pids(said: str, word: str) -> list[int]:
    return [int(line.split()[1]) for line in said.splitlines() if line.startswith(word)]


def test_when_one_falls_the_other_is_asked_to_end() -> None:
    parent = _start("last", "fall")
    said, _ = parent.communicate(timeout=40)
    (pid,) = _pids(said, "lasts")
    assert _pids(said, "ended") == [pid]
    assert said.splitlines()[-1] == "code 3"
    assert not _is_there(pid)


def test_a_request_to_end_reaches_all() -> None:
    parent = _start("last", "last")
    assert parent.stdout is not None
    begun = [parent.stdout.readline(), parent.stdout.readline()]
    parent.send_signal(signal.SIGTERM)
    said, _ = parent.communicate(timeout=40)
    assert sorted(_pids(said, "ended")) == sorted(_pids("".join(begun), "lasts"))
    assert said.splitlines()[-1] == "code 0"


def test_a_killed_parent_leaves_nobody_behind() -> None:
    parent = _start("last", "last")
    assert parent.stdout is not None
    pids = _pids(parent.stdout.readline() + parent.stdout.readline(), "lasts")
    parent.kill()
    parent.communicate(timeout=40)
    deadline = time.monotonic() + 20
    while any(map(_is_there, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(_is_there, pids))
