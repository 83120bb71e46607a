"""What a phone downloads until the first view of a page stands: at most 100 KB, on a line that is slow and paid for."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.conftest import Market

_CEILING = 100_000


def _weigh(person: Any, path: str) -> dict[str, int]:
    """Open a page with an empty cache, without scrolling; return what came over the line, in bytes by address."""
    addresses: dict[str, str] = {}
    weights: dict[str, int] = {}
    line = person.context.new_cdp_session(person.page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    line.on("Network.responseReceived", lambda told: addresses.update({told["requestId"]: told["response"]["url"]}))

    def note(told: dict[str, Any]) -> None:
        address = addresses.get(told["requestId"], "")
        weights[address] = weights.get(address, 0) + int(told["encodedDataLength"])

    line.on("Network.loadingFinished", note)
    person.open(path)
    person.page.wait_for_load_state("networkidle")
    line.detach()
    return weights


@pytest.mark.parametrize("page", ["home", "listing", "product", "passport"])
def test_the_first_view_weighs_little(market: Market, someone: Callable[..., Any], page: str) -> None:
    finder = someone()
    paths = {"home": "/", "listing": "/tim"}
    if page not in paths:
        finder.open("/tim")
        paths["product"] = str(finder.page.locator(".product-name a").first.get_attribute("href"))
        finder.open(paths["product"])
        found = re.search(r'href="(/lo/[^"]+)"', finder.page.content())
        assert found is not None
        paths["passport"] = found[1]
    weights = _weigh(someone(), paths[page])
    assert any(address.endswith(paths[page]) for address in weights)
    heaviest = sorted(weights.items(), key=lambda one: -one[1])[:8]
    assert 10_000 < sum(weights.values()) <= _CEILING, heaviest
