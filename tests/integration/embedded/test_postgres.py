"""The embedded PostgreSQL: real, kept, guarded, and back after a power cut."""

import os
import pwd
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from marketplace.embedded import postgres, process
from marketplace.embedded.account import Account, can_enter
from marketplace.embedded.errors import EmbeddedError

_ROOT = Path(__file__).resolve().parents[3]
_PACKAGES = Path(psycopg.__file__).parents[1]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root turns into another account")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[postgres.PostgresServer]:
    server = postgres.start(tmp_path / "postgres", fsync=False)
    yield server
    server.stop()


def _address(server: postgres.PostgresServer) -> str:
    return server.url.replace("+psycopg", "")


def test_it_is_the_real_thing_and_lower_case_knows_vietnamese(server: postgres.PostgresServer) -> None:
    assert server.sql("SHOW server_version").startswith("18.")
    assert server.sql("SELECT lower('ĐẬU PHỘNG')", database=postgres.DATABASE) == "đậu phộng"
    assert server.sql("SHOW listen_addresses") == "127.0.0.1"


def test_nobody_comes_in_without_the_password(server: postgres.PostgresServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(_address(server).replace(server.password, "guess"))
    assert (server.data_dir / "password").stat().st_mode & 0o077 == 0


def test_a_second_start_finds_the_data_and_a_killed_one_heals(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    first = postgres.start(folder)  # with fsync: what was committed is there after a power cut
    first.sql("CREATE TABLE kept (n int)", database=postgres.DATABASE)
    first.stop()
    second = postgres.start(folder)
    with psycopg.connect(_address(second), autocommit=True) as connection:
        connection.execute("INSERT INTO kept VALUES (42)")
    os.killpg(second.process.pid, signal.SIGKILL)
    second.process.wait()
    third = postgres.start(folder)
    try:
        assert third.password == first.password
        assert third.sql("SELECT n FROM kept", database=postgres.DATABASE) == "42"
    finally:
        third.stop()
    assert process.birth(third.process.pid) is None
    assert not (folder / "running.json").exists()


def test_stopping_twice_and_ending_open_connections_is_no_trouble(server: postgres.PostgresServer) -> None:
    with psycopg.connect(_address(server)):
        server.stop()
        server.stop()
    assert not server.is_running()


def test_databases_are_made_and_dropped_whoever_is_connected(server: postgres.PostgresServer) -> None:
    address = server.create_database('odd "name"').replace("+psycopg", "").replace('"', "%22").replace(" ", "%20")
    with psycopg.connect(address):
        server.drop_database('odd "name"')
    assert "odd" not in server.sql("SELECT datname FROM pg_database")


def test_what_the_server_refuses_is_said(server: postgres.PostgresServer) -> None:
    with pytest.raises(EmbeddedError, match="nowhere"):
        server.sql("SELECT * FROM nowhere")


@needs_root
def test_root_turns_into_nobody_and_opens_no_folder(server: postgres.PostgresServer) -> None:
    """The folders of a test are closed to others, so this also shows that no way to them is needed."""
    assert (server.data_dir / "cluster-18").stat().st_uid == pwd.getpwnam("nobody").pw_uid
    status = Path(f"/proc/{server.process.pid}/status").read_text("utf-8")
    uids = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
    assert set(uids) == {str(pwd.getpwnam("nobody").pw_uid)}
    assert server.data_dir.parent.parent.stat().st_mode & 0o077 == 0


@needs_root
def test_a_normal_user_starts_one_too() -> None:
    nobody = pwd.getpwnam("nobody")
    code = (
        "import sys, pathlib; from marketplace.embedded import postgres;"
        "server = postgres.start(pathlib.Path(sys.argv[1]), fsync=False);"
        "print(server.sql('SELECT 6 * 7')); server.stop()"
    )
    account = Account(nobody.pw_uid, nobody.pw_gid, nobody.pw_name)
    pythons = (Path(sys.executable), Path("/usr/bin/python3"))
    python = next((path for path in pythons if path.exists() and can_enter(path.resolve(), account)), None)
    if python is None or not can_enter(_PACKAGES, account):
        pytest.skip("Python or the project lies where other accounts may not go")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        answer = subprocess.run(
            [str(python), "-B", "-c", code, f"{folder}/postgres"],
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
            cwd=_ROOT,
            env={"PYTHONPATH": f"{_ROOT}{os.pathsep}{_PACKAGES}"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (answer.returncode, answer.stdout.strip()) == (0, "42"), answer.stderr
