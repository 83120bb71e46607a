"""The picture of each product that comes with the market, and one for goods that nobody has drawn."""

import random

from marketplace.seed.pictures import fruit_pictures, greens_pictures, meat_pictures, pantry_pictures
from marketplace.seed.pictures.canvas import Canvas
from marketplace.seed.pictures.raster import as_svg, paint
from marketplace.seed.pictures.stage import SIZE

PICTURES = {
    **fruit_pictures.PICTURES,
    **greens_pictures.PICTURES,
    **meat_pictures.PICTURES,
    **pantry_pictures.PICTURES,
}
_COLOURS = {"rau": "#7fae45", "thit": "#c9555a", "trung": "#e3b48a"}


def draw_product(slug: str, category: str, name: str) -> str:
    """Return the picture of a product as SVG, 800 by 800. The same product always looks the same."""
    return as_svg(_drawn(slug, category, name))


def paint_product(slug: str, category: str, name: str, width: int) -> bytes:
    """Return the same picture as a JPEG, sooner than by way of the SVG."""
    return paint(_drawn(slug, category, name), width)


def _drawn(slug: str, category: str, name: str) -> Canvas:
    c = Canvas(SIZE, SIZE, random.Random(f"{slug} {name}"))
    draw = PICTURES.get(slug) or fruit_pictures.fallback(_COLOURS.get(category, "#e0a23c"))
    draw(c)
    return c
