"""The photos of the invented market: drawn by helping processes, stored once, and found by what they show."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

from flask import Flask

from marketplace.core.db import transaction
from marketplace.core.photos import store_photo
from marketplace.seed.dice import dice
from marketplace.seed.goods import Goods
from marketplace.seed.households import plan_households
from marketplace.seed.pictures.products import paint_product
from marketplace.seed.pictures.raster import paint
from marketplace.seed.pictures.scenes import SCENES, draw_scene

PRODUCT_WIDTH = 512
SCENE_WIDTH = 420
VIEWS = 2
_HELPERS = 2
_BATCH = 4


@dataclass(slots=True)
class Album:
    """Which stored photo (by SHA-256) shows what. It fills in the background, in the order of ``list_pictures``."""

    photos: dict[str, str] = field(default_factory=dict)
    news: threading.Condition = field(default_factory=threading.Condition)
    failure: BaseException | None = None

    def wait_for(self, goods: Iterable[Goods]) -> None:
        """Wait until the pictures of ``goods`` are stored (scenes come first). Raises what kept them from it."""
        wanted = {f"product/{one.slug}" for one in goods}
        with self.news:
            self.news.wait_for(lambda: self.failure is not None or wanted <= self.photos.keys())
        if self.failure is not None:
            raise self.failure

    def add(self, photos: dict[str, str]) -> None:
        """Take in photos that are stored for good."""
        with self.news:
            self.photos |= photos
            self.news.notify_all()

    def fail(self, failure: BaseException) -> None:
        """Tell those who wait that no more photos come."""
        with self.news:
            self.failure = failure
            self.news.notify_all()

    def product(self, slug: str) -> str:
        """Return the photo of a product."""
        return self.photos[f"product/{slug}"]

    def scene(self, code: str, *parts: object) -> str:
        """Return one of the views of a kind, always the same for the same parts."""
        return self.photos[f"scene/{code}/{dice('view', code, *parts).randrange(VIEWS)}"]


def list_pictures() -> list[tuple[str, ...]]:
    """Return what is to be drawn, as plain words that cross to another process."""
    scenes = [("scene", code, str(view)) for code in SCENES for view in range(VIEWS)]
    return scenes + [
        ("product", goods.slug, goods.category, goods.name) for plan in plan_households() for goods in plan.goods
    ]


def draw_picture(words: tuple[str, ...]) -> bytes:
    """Draw one of them as a JPEG."""
    if words[0] == "scene":
        return paint(draw_scene(words[1], words[2]), SCENE_WIDTH)
    return paint_product(words[1], words[2], words[3], PRODUCT_WIDTH)


@contextmanager
def open_album(app: Flask, now: datetime, tell: Callable[[int], None]) -> Iterator[Album]:
    """Have every picture drawn by helping processes and stored by a thread, and open the album that takes them in."""
    album, stop = Album(), threading.Event()
    keeper = threading.Thread(target=_keep_filling, args=(app, album, now, tell, stop), name="album")
    keeper.start()
    try:
        yield album
    finally:
        stop.set()
        keeper.join()


def _keep_filling(app: Flask, album: Album, now: datetime, tell: Callable[[int], None], stop: threading.Event) -> None:
    pictures = list_pictures()
    media_dir = Path(app.config["MEDIA_DIR"])
    try:
        # Fresh processes: one that forks would take threads and database connections of this one along.
        with ProcessPoolExecutor(_HELPERS, mp_context=get_context("spawn")) as helpers, app.app_context():
            drawn = helpers.map(draw_picture, pictures, chunksize=2)
            for first in range(0, len(pictures), _BATCH):
                if stop.is_set():
                    helpers.shutdown(cancel_futures=True)
                    return
                stored = {}
                with transaction() as session:
                    for words, data in zip(pictures[first : first + _BATCH], drawn, strict=False):
                        stored[_name_of(words)] = store_photo(session, data, media_dir=media_dir, now=now).sha256
                album.add(stored)
                tell(len(stored))
    except BaseException as failure:  # noqa: BLE001 - whatever it was, those who wait must hear of it
        album.fail(failure)


def _name_of(words: tuple[str, ...]) -> str:
    return "/".join(words if words[0] == "scene" else words[:2])
