"""The worker's tasks in front of a Viettel Post that answers."""

from collections.abc import Iterator

import pytest
from flask import Flask

from logistics.adapters.viettelpost.carrier import ViettelPost
from logistics.adapters.viettelpost.client import Account
from logistics.ports import Carrier
from simulators.server import Simulators
from tests.contracts.logistics.conftest import SECRET, Control, control, simulators

__all__ = ["Control", "control", "simulators"]


@pytest.fixture
def with_carrier(in_app: Flask, simulators: Simulators, control: Control) -> Iterator[Flask]:
    """An application context whose carrier is the simulator, with a short time-out."""
    adapters = in_app.extensions["adapters"]
    before = adapters[Carrier]
    account = Account(f"{simulators.url}/viettelpost", "simulator", "simulator", read_timeout_s=1)
    adapters[Carrier] = ViettelPost(account, SECRET)
    yield in_app
    adapters[Carrier] = before
