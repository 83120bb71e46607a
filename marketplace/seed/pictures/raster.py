"""From shapes to pixels."""

from functools import lru_cache
from io import BytesIO

import resvg_py
from PIL import Image

from marketplace.seed.pictures.canvas import Canvas, frame
from marketplace.seed.pictures.stage import draw_backdrop, draw_light

_QUALITY = 90


def rasterise(svg: str, width: int) -> bytes:
    """Return a drawing as a JPEG of that width: as a household's telephone would have sent it."""
    return _as_jpeg(_render(svg, width))


def as_svg(c: Canvas) -> str:
    """Return a picture with what lies behind it and the light on it."""
    if c.backdrop is None:
        return c.svg()
    return frame(c.width, c.height, draw_backdrop(*c.backdrop).body(), c.body(), draw_light().body())


def paint(c: Canvas, width: int) -> bytes:
    """Return the same picture as a JPEG, sooner: what many pictures share is rendered once.

    The backdrop is rendered at half the size and stretched, which puts it out of focus as a lens would.
    """
    goods = _render(c.svg(), width)
    if c.backdrop is None:
        return _as_jpeg(goods)
    picture = _backdrop(c.backdrop, width).copy()
    picture.alpha_composite(goods)
    picture.alpha_composite(_light(width))
    return _as_jpeg(picture)


@lru_cache(maxsize=64)
def _backdrop(backdrop: tuple[str, str, float], width: int) -> Image.Image:
    return _stretched(draw_backdrop(*backdrop), width)


@lru_cache(maxsize=4)
def _light(width: int) -> Image.Image:
    return _stretched(draw_light(), width)


def _stretched(c: Canvas, width: int) -> Image.Image:
    return _render(c.svg(), width // 2).resize((width, width), Image.Resampling.BICUBIC)


def _render(svg: str, width: int) -> Image.Image:
    png = resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True)
    with Image.open(BytesIO(bytes(png))) as image:
        return image.convert("RGBA")


def _as_jpeg(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
