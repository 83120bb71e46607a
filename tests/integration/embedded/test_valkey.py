"""The embedded Valkey: guarded, kept, and back after a power cut."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from marketplace.embedded import process, valkey


@pytest.fixture
def server(tmp_path: Path) -> Iterator[valkey.ValkeyServer]:
    server = valkey.start(tmp_path / "valkey")
    yield server
    server.stop()


def test_it_is_the_real_thing(server: valkey.ValkeyServer) -> None:
    with redis.Redis.from_url(server.url) as client:
        assert client.info("server")["valkey_version"].startswith("9.")
        # A full broker refuses; it never forgets what it has taken.
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"


def test_nobody_comes_in_without_the_password(server: valkey.ValkeyServer) -> None:
    with redis.Redis(port=server.port) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    with redis.Redis(port=server.port, password="guess") as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    for name in ("password", "valkey.conf"):
        assert (server.data_dir / name).stat().st_mode & 0o077 == 0


def test_a_second_start_finds_the_data_and_a_killed_one_heals(tmp_path: Path) -> None:
    folder = tmp_path / "valkey"
    first = valkey.start(folder)
    with redis.Redis.from_url(first.url) as client:
        client.rpush("default", "task 1")
    first.stop()
    second = valkey.start(folder)
    with redis.Redis.from_url(second.url) as client:
        client.rpush("default", "task 2")
        time.sleep(1.3)  # it writes once a second; the outbox holds what a crash takes within one
    os.killpg(second.process.pid, signal.SIGKILL)
    second.process.wait()
    third = valkey.start(folder)
    try:
        with redis.Redis.from_url(third.url) as client:
            assert client.lrange("default", 0, -1) == [b"task 1", b"task 2"]
    finally:
        third.stop()
        third.stop()
    assert process.birth(third.process.pid) is None
