"""Finding ports, and naming one that is taken."""

import socket
from collections.abc import Iterator

import pytest

from marketplace.embedded.addresses import LOCALHOST, any_free, is_free, next_free


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind((LOCALHOST, 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_with_a_listener_is_not_free(taken: int) -> None:
    assert not is_free(taken)


def test_the_next_port_is_never_the_taken_one(taken: int) -> None:
    assert next_free(taken) > taken


def test_a_free_port_is_taken_as_it_is() -> None:
    port = any_free()
    assert is_free(port)
    assert next_free(port) == port


def test_a_port_whose_last_connection_is_still_closing_counts_as_free() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as every server does
        server.bind((LOCALHOST, 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection((LOCALHOST, port)):
            accepted, _ = server.accept()
            accepted.close()  # we hang up first, so the wait is on our side
    assert is_free(port)


def test_an_address_of_another_machine_is_an_error_and_no_busy_port() -> None:
    with pytest.raises(OSError, match="assign"):
        is_free(any_free(), "192.0.2.1")
