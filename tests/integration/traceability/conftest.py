"""What the tests of the log share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import copy_database, drop_database
from tests.factories.log import KeptMarket


@pytest.fixture
def market(tmp_path: Path) -> Iterator[KeptMarket]:
    """A market on a database of its own, whose keeper does a round when it is told to."""
    url = copy_database()
    made = KeptMarket(url, tmp_path / "data")
    yield made
    made.close()
    drop_database(url)
