"""What the supervisor prints and when it starts something again."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from marketplace.embedded import process
from marketplace.embedded.addresses import LOCALHOST
from marketplace.embedded.stack import COMMANDS, Stack
from marketplace.embedded.supervisor import (
    _COLOURS,
    Ports,
    Screen,
    Stopping,
    StopRequestedError,
    Watch,
    _make_stack,
    _Prefixer,
)


def test_each_line_carries_the_name_of_its_process(capsys: pytest.CaptureFixture[str]) -> None:
    prefixer = _Prefixer("web")
    prefixer.write("một\nh".encode())
    prefixer.write(b"ai\r\n")
    prefixer.write("dở".encode()[:2])
    prefixer.write("dở".encode()[2:])
    prefixer.write(b"")
    assert capsys.readouterr().out == "        web | một\n        web | hai\n        web | dở\n"


def test_the_last_words_of_a_process_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    child = process.start(
        [sys.executable, "-c", "print('last words', end='')"], env=dict(os.environ), output=subprocess.PIPE
    )
    screen.has_started("relay", child)
    child.wait()
    screen.drain()
    assert "      relay | last words\n" in capsys.readouterr().out


def test_the_first_signal_stops_and_the_same_keystroke_from_make_does_not_hurry() -> None:
    stopping = Stopping()
    with pytest.raises(StopRequestedError):
        stopping.on_signal(2, None)
    stopping.on_signal(2, None)


def test_a_busy_port_is_named_and_the_next_one_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind((LOCALHOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        stack = _make_stack(tmp_path / "data", Ports(web=taken), LOCALHOST, Screen(), seed=False)
    assert stack.web_port > taken
    said = capsys.readouterr().out
    assert f"Port {taken} (shop) is in use by another program; taking {stack.web_port} instead." in said


def test_what_keeps_dying_is_started_again_ever_more_slowly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stack = Stack(data_dir=tmp_path / "data")
    stack.data_dir.mkdir()
    stack.env = dict(os.environ)
    watch = Watch(stack, Screen())
    for wanted in ("1 s", "2 s", "4 s"):
        child = process.start([sys.executable, "-c", "raise SystemExit(7)"], env=stack.env, output=subprocess.DEVNULL)
        stack.processes["relay"] = child
        child.wait()
        watch.look_after_all()
        assert f"relay ended with code 7; starting it again in {wanted}." in capsys.readouterr().out
        assert stack.processes == {}
        watch._due.clear()  # the real relay is not started here


def test_commands_start_in_the_order_in_which_they_need_one_another() -> None:
    assert list(COMMANDS) == ["simulators", "worker", "web", "relay", "keeper", "beat"]


def test_every_process_has_a_colour_of_its_own() -> None:
    assert set(_COLOURS) == set(COMMANDS)
    assert len(set(_COLOURS.values())) == len(COMMANDS)


def test_the_supervisor_loads_no_framework_before_it_starts_them() -> None:
    code = "import sys, marketplace.cli, marketplace.embedded.supervisor; print(*sorted(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    heavy = {"flask", "sqlalchemy", "celery", "redis", "psycopg", "granian", "jinja2", "werkzeug"}
    assert heavy & set(answer.stdout.split()) == set()
