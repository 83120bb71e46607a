"""All simulators on free ports, and somebody who takes their webhooks."""

from collections.abc import Iterator

import pytest

from tests.factories.simulators import Receiver, World, receiver, running_simulators


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_simulators(tmp_path_factory.mktemp("simulators")) as world:
        yield world


@pytest.fixture
def world(started: World) -> World:
    """Simulators that remember nothing; their webhooks wait."""
    started.reset()
    return started


@pytest.fixture
def taker(world: World) -> Iterator[Receiver]:
    """Somebody who takes every webhook."""
    with receiver() as taken:
        world.webhooks_to(taken.url)
        yield taken
        world.reset()
