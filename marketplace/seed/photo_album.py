"""The photos of the invented market: drawn by helping processes, stored once, and found by what they show."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

from PIL import Image
from sqlalchemy.orm import Session

from marketplace.core.db import transaction
from marketplace.core.photos import photo_path, store_photo
from marketplace.seed.dice import dice
from marketplace.seed.households import plan_households
from marketplace.seed.pictures.products import paint_product
from marketplace.seed.pictures.raster import paint
from marketplace.seed.pictures.scenes import SCENES, draw_scene

PRODUCT_WIDTH = 512
SCENE_WIDTH = 420
VIEWS = 2
_BATCH = 8
#: Pixels by which photos of one scene differ at each edge.
_EDGE = 24


@dataclass(frozen=True, slots=True)
class Album:
    """Which stored photo (by SHA-256) shows what."""

    photos: Mapping[str, str]
    media_dir: Path

    def product(self, slug: str) -> str:
        """Return the photo of a product."""
        return self.photos[f"product/{slug}"]

    def scene(self, code: str, *parts: object) -> str:
        """Return one of the views of a kind, always the same for the same parts."""
        return self.photos[f"scene/{code}/{dice('view', code, *parts).randrange(VIEWS)}"]

    def take_again(self, session: Session, sha256: str, *parts: object, now: datetime) -> str:
        """Store another photo of the same scene, from a slightly different place; always the same for the same parts.

        A diary shows a photo of its own for each thing: one that stands in two places is what officers are warned of.
        """
        d = dice("edges", sha256, *parts)
        with Image.open(photo_path(self.media_dir, sha256, "large")) as seen:
            edges = [d.randrange(_EDGE) for _ in range(4)]
            box = (edges[0], edges[1], seen.width - edges[2], seen.height - edges[3])
            taken = BytesIO()
            seen.crop(box).save(taken, "JPEG", quality=88)
        return store_photo(session, taken.getvalue(), media_dir=self.media_dir, now=now).sha256


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


def make_album(drawn: Iterator[bytes], *, media_dir: Path, now: datetime, tell: Callable[[int], None]) -> Album:
    """Store every picture as it is drawn; one that is stored already stays what it is."""
    pictures, photos = list_pictures(), dict[str, str]()
    for first in range(0, len(pictures), _BATCH):
        with transaction() as session:
            stored = {
                _name_of(words): store_photo(session, data, media_dir=media_dir, now=now).sha256
                for words, data in zip(pictures[first : first + _BATCH], drawn, strict=False)
            }
        photos |= stored
        tell(len(stored))
    return Album(photos, media_dir)


def _name_of(words: tuple[str, ...]) -> str:
    return "/".join(words if words[0] == "scene" else words[:2])
