"""A Viettel Post that answers over HTTP, and our adapter in front of it."""

from collections.abc import Iterator

import httpx
import pytest

from logistics.adapters.viettelpost.carrier import ViettelPost
from logistics.adapters.viettelpost.client import Account
from simulators.server import Simulators
from simulators.settings import Settings

SECRET = "chung-ta-biet"


@pytest.fixture(scope="session")
def simulators() -> Iterator[Simulators]:
    settings = Settings(
        port=0,
        smtp_port=0,
        viettelpost_webhook_url="http://127.0.0.1:9/nobody",
        viettelpost_webhook_secret=SECRET,
        webhook_timeout_s=0.5,
    )
    with Simulators(settings) as running:
        yield running


class Control:
    """The simulator's own surface: what it holds, and what shall go wrong."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=10)

    def post(self, path: str, **data: object) -> dict[str, object]:
        response = self.http.post(f"/__sim/{path}", json=data)
        response.raise_for_status()
        return dict(response.json())

    def parcels(self, reference: str) -> list[dict[str, object]]:
        return list(self.http.get("/__sim/parcels", params={"reference": reference}).json()["parcels"])

    def messages(self) -> list[dict[str, object]]:
        """Return the webhooks that were queued, as they would be on the wire."""
        return list(self.http.get("/__sim/webhooks").json()["deliveries"])


@pytest.fixture
def control(simulators: Simulators) -> Iterator[Control]:
    control = Control(f"{simulators.url}/viettelpost")
    control.post("reset")
    yield control
    control.http.close()


@pytest.fixture
def carrier(simulators: Simulators, control: Control) -> ViettelPost:
    """An adapter that has no token yet and knows no places."""
    account = Account(f"{simulators.url}/viettelpost", "simulator", "simulator")
    return ViettelPost(account, SECRET)
