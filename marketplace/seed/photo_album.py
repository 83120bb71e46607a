"""The photos of the invented market: drawn by helping processes, stored once, and found by what they show."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy.orm import Session

from marketplace.core.photos import store_photo
from marketplace.seed.dice import dice
from marketplace.seed.goods import load_goods
from marketplace.seed.pictures.products import paint_product
from marketplace.seed.pictures.raster import paint
from marketplace.seed.pictures.scenes import SCENES, draw_scene

PRODUCT_WIDTH = 600
SCENE_WIDTH = 480
VIEWS = 3
_HELPERS = 2


@dataclass(slots=True)
class Album:
    """Which stored photo (by SHA-256) shows what."""

    photos: dict[str, str] = field(default_factory=dict)

    def product(self, slug: str) -> str:
        """Return the photo of a product."""
        return self.photos[f"product/{slug}"]

    def scene(self, code: str, *parts: object) -> str:
        """Return one of the views of a kind, always the same for the same parts."""
        return self.photos[f"scene/{code}/{dice('view', code, *parts).randrange(VIEWS)}"]


def list_pictures() -> list[tuple[str, ...]]:
    """Return what is to be drawn, as plain words that cross to another process."""
    scenes = [("scene", code, str(view)) for code in SCENES for view in range(VIEWS)]
    return scenes + [("product", goods.slug, goods.category, goods.name) for goods in load_goods()]


def draw_picture(words: tuple[str, ...]) -> bytes:
    """Draw one of them as a JPEG."""
    if words[0] == "scene":
        return paint(draw_scene(words[1], words[2]), SCENE_WIDTH)
    return paint_product(words[1], words[2], words[3], PRODUCT_WIDTH)


def fill_album(
    run: Callable[[Callable[[Session], None]], None],
    media_dir: Path,
    now: datetime,
    progress: Callable[[int], None],
) -> Album:
    """Draw and store every photo; ``run`` gives a function a session in a transaction of its own."""
    album = Album()
    pictures = list_pictures()
    # Fresh processes: one that forks would take threads and database connections of this one along.
    with ProcessPoolExecutor(_HELPERS, mp_context=get_context("spawn")) as helpers:
        drawn: Iterator[bytes] = helpers.map(draw_picture, pictures, chunksize=4)

        def store(session: Session) -> None:
            for words, data in zip(pictures, drawn, strict=True):
                photo = store_photo(session, data, media_dir=media_dir, now=now)
                album.photos["/".join(words[:3] if words[0] == "scene" else words[:2])] = photo.sha256
                progress(1)

        run(store)
    return album
