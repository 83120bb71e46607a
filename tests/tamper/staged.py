"""Makes the stage on the tests' own PostgreSQL, and clears it away."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import copy_database, drop_database
from tests.tamper.stage import Stage, build_stage


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """A market at rest; every copy of it goes with it."""
    made: list[str] = []

    def copy(source: str | None) -> str:
        made.append(copy_database() if source is None else copy_database(source.rsplit("/", 1)[1]))
        return made[-1]

    stage = build_stage(folder, copy)
    try:
        yield stage
    finally:
        stage.market.close()
        for url in made:
            drop_database(url)
