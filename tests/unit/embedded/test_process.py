"""Child processes that never stay behind, and never a stranger's that is hit."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from marketplace.embedded import process
from marketplace.embedded.errors import EmbeddedError

_SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")
_DEAF = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
)


@pytest.fixture
def children() -> Iterator[list[process.Process]]:
    """What a test starts; ended in any case."""
    started: list[process.Process] = []
    yield started
    for child in started:
        if child.poll() is None:
            child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()


def _start(children: list[process.Process], *command: str, output: int = subprocess.DEVNULL) -> process.Process:
    child = process.start(command, env=dict(os.environ), output=output)
    children.append(child)
    return child


def _gone(pid: int, limit_s: float = 5) -> bool:
    deadline = time.monotonic() + limit_s
    while process.birth(pid) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_child_has_a_session_of_its_own(children: list[process.Process]) -> None:
    child = _start(children, *_SLEEP)
    assert os.getsid(child.pid) == child.pid != os.getsid(0)


def test_stopping_asks_first(children: list[process.Process]) -> None:
    child = _start(children, *_SLEEP)
    assert process.stop(child) == -signal.SIGTERM
    assert process.birth(child.pid) is None


def test_stopping_insists_when_nobody_listens(children: list[process.Process]) -> None:
    child = _start(children, *_DEAF, output=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"deaf\n"
    assert process.stop(child, grace_s=0.2) == -signal.SIGKILL


def test_stopping_clears_away_what_the_child_started_itself(children: list[process.Process]) -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True)"
    child = _start(children, sys.executable, "-c", code, output=subprocess.PIPE)
    assert child.stdout is not None
    grandchild = int(child.stdout.readline())
    child.wait()
    process.stop(child)
    assert _gone(grandchild)


@pytest.mark.parametrize(
    "account",
    [
        "None",
        pytest.param(
            "Account(65534, 65534, 'nobody')",
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root turns into another account"),
        ),
    ],
)
def test_a_child_ends_with_a_parent_that_is_killed(children: list[process.Process], account: str) -> None:
    code = (
        "import os, time; from marketplace.embedded import process; from marketplace.embedded.account import Account;"
        f"child = process.start(['/bin/sleep', '60'], env=dict(os.environ), output=None, account={account});"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    children.append(parent)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    while psutil.Process(child).name() != "sleep":
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    assert _gone(child)


def test_a_birth_is_told_for_the_living_only(children: list[process.Process]) -> None:
    child = _start(children, *_SLEEP)
    born = process.birth(child.pid)
    assert born is not None
    assert process.birth(child.pid) == born
    child.kill()
    deadline = time.monotonic() + 5
    # Nobody has waited for it yet: a zombie is dead too.
    while process.birth(child.pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.birth(child.pid) is None


def test_what_an_earlier_start_left_running_is_ended(children: list[process.Process], tmp_path: Path) -> None:
    child = _start(children, *_SLEEP)
    note = tmp_path / "running.json"
    process.write_down(note, {"worker": child.pid})
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert process.clear_left_behind(note) == ["worker"]
    assert child.wait(5) == -signal.SIGTERM
    assert not note.exists()


def test_a_stranger_that_got_the_same_number_is_left_alone(children: list[process.Process], tmp_path: Path) -> None:
    child = _start(children, *_SLEEP)
    note = tmp_path / "running.json"
    note.write_text(json.dumps({"worker": [child.pid, "long ago"], "relay": [child.pid, None]}), "utf-8")
    assert process.clear_left_behind(note) == []
    time.sleep(0.1)
    assert child.poll() is None


@pytest.mark.parametrize("text", ["", "{", "\x00"])
def test_a_note_that_was_cut_short_is_no_obstacle(tmp_path: Path, text: str) -> None:
    note = tmp_path / "running.json"
    note.write_text(text, "utf-8")
    assert process.clear_left_behind(note) == []
    assert process.clear_left_behind(tmp_path / "not there") == []


def test_waiting_ends_with_the_last_words_of_what_died(children: list[process.Process], tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("\n".join([*(f"line {number}" for number in range(30)), "disk is full"]), "utf-8")
    child = _start(children, sys.executable, "-c", "raise SystemExit(3)")
    with pytest.raises(EmbeddedError, match=r"The server ended with code 3 while starting") as caught:
        process.wait_until(lambda: False, process=child, name="The server", log=log, limit_s=10)
    assert str(caught.value).endswith("disk is full")
    assert "line 5" not in str(caught.value)


def test_waiting_has_an_end(children: list[process.Process]) -> None:
    child = _start(children, *_SLEEP)
    with pytest.raises(EmbeddedError, match="was not ready after 0 s"):
        process.wait_until(lambda: False, process=child, name="The server", log=None, limit_s=0.1)
