"""The view that greets a visitor: rice terraces under Pù Luông, a river, and the sun coming up (or the moon).

Run ``python -m marketplace.seed.pictures.hero`` to write it anew.
"""

import math
import random
from io import BytesIO
from pathlib import Path

import resvg_py
from PIL import Image

from marketplace.seed.pictures import land
from marketplace.seed.pictures.canvas import Canvas, Point, dark, light, mix, smooth

WIDTH, HEIGHT = 1200, 900
#: Name of a size -> its width in pixels and what it may weigh. A phone shows the view 360 points wide.
SIZES = {"": (960, 30_000), "-small": (720, 15_500)}
_FOLDER = Path(__file__).resolve().parents[2] / "static" / "img"


def draw_hero(*, is_night: bool = False) -> str:
    """Return the view as SVG, 1200 by 900."""
    c = Canvas(WIDTH, HEIGHT, random.Random(11))
    _sky(c, is_night=is_night)
    _mountains(c, is_night=is_night)
    _valley(c)
    _terraces(c)
    _people(c)
    if is_night:
        c.rect(0, 0, WIDTH, HEIGHT, c.linear(((0, "#0f1c3a", 0.42), (0.5, "#16233f", 0.5), (1, "#0c1424", 0.62))))
        for x, y in ((322, 452), (905, 498), (238, 440), (980, 505)):
            c.ellipse(x, y, 60, 44, c.radial(((0, "#ffd98a", 0.85), (0.2, "#ffc766", 0.45), (1, "#ffc766", 0.0))))
    else:
        c.rect(
            0,
            0,
            WIDTH,
            HEIGHT,
            c.radial(((0, "#ffe7a8", 0.6), (0.5, "#ffdf9a", 0.16), (1, "#ffdf9a", 0.0)), at=(0.68, 0.26), radius=0.75),
        )
    return c.svg()


def render_hero(size: str = "", *, is_night: bool = False) -> bytes:
    """Return the view as WebP in one of the ``SIZES``."""
    width, ceiling = SIZES[size]
    png = resvg_py.svg_to_bytes(svg_string=draw_hero(is_night=is_night), width=width, skip_system_fonts=True)
    with Image.open(BytesIO(bytes(png))) as image:
        flat = image.convert("RGB")
    for quality in range(80, 20, -4):
        buffer = BytesIO()
        flat.save(buffer, "WEBP", quality=quality, method=6)
        if buffer.tell() <= ceiling:
            break
    return buffer.getvalue()


def _sky(c: Canvas, *, is_night: bool) -> None:
    if is_night:
        c.rect(0, 0, WIDTH, 460, c.linear(((0, "#14264a"), (0.7, "#3d5a86"), (1, "#7f8fae"))))
        for _ in range(60):
            size = c.dice.uniform(0.8, 2.2)
            c.ellipse(c.dice.uniform(0, WIDTH), c.dice.uniform(0, 260), size, size, "#fff6e4", opacity=0.8)
        c.ellipse(
            815,
            190,
            150,
            150,
            c.radial(((0, "#fffbe6", 1), (0.3, "#fff4cf", 1), (0.33, "#fff4cf", 0.28), (1, "#fff4cf", 0.0))),
        )
        return
    c.rect(0, 0, WIDTH, 460, c.linear(((0, "#8fcbe0"), (0.45, "#cfe6dc"), (0.8, "#fff0c4"), (1, "#ffe3a8"))))
    c.ellipse(
        815,
        235,
        330,
        330,
        c.radial(((0, "#ffffff", 1), (0.17, "#fff8d6", 1), (0.2, "#ffe9a0", 0.6), (1, "#ffe39a", 0.0))),
    )
    for x, y, size in ((180, 120, 1.0), (470, 80, 0.7), (1060, 120, 0.85)):
        for k in range(5):
            c.ellipse(
                x + k * 40 * size - 60,
                y - (12 if k in (1, 2, 3) else 0) * size,
                58 * size,
                19 * size,
                "#ffffff",
                opacity=0.55,
            )


def _mountains(c: Canvas, *, is_night: bool) -> None:
    cool = "#5f6f96" if is_night else "#a9c3bd"
    for base, lift, tone, seed in (
        (430, 220, mix(cool, "#ffe9bf", 0.25), 4),
        (445, 165, mix(cool, "#6f9f72", 0.4), 9),
        (460, 105, mix(cool, "#4f8a52", 0.75), 15),
    ):
        ridge: list[Point] = [(-30, base + 30)]
        for i in range(17):
            x = -20 + i * WIDTH / 15
            peak = abs(math.sin(i * 0.9 + seed)) ** 0.8 * 0.75 + abs(math.sin(i * 2.1 + seed * 2)) * 0.25
            ridge.append((x, base - lift * peak))
        ridge.append((WIDTH + 30, base + 30))
        c.path(smooth(ridge), c.linear(((0, tone), (1, light(tone, 0.6)))))
    for y in (405, 430):
        c.ellipse(420, y, 560, 22, c.radial(((0, "#ffffff", 0.5), (1, "#ffffff", 0.0))))


def _valley(c: Canvas) -> None:
    c.rect(0, 445, WIDTH, HEIGHT, c.linear(((0, "#a9c36a"), (0.4, "#7fa848"), (1, "#4f7f3a"))))
    river = smooth(
        [
            (640, 448),
            (560, 470),
            (690, 500),
            (820, 540),
            (700, 600),
            (520, 670),
            (640, 770),
            (760, 930),
            (1080, 930),
            (900, 770),
            (760, 680),
            (860, 610),
            (960, 545),
            (830, 495),
            (690, 468),
            (690, 448),
        ]
    )
    c.path(river, c.linear(((0, "#fff1c4"), (0.3, "#cfe6dc"), (1, "#5f9fb0"))))
    for _ in range(44):
        y = c.dice.uniform(480, 890)
        x = 700 + math.sin(y / 90) * 70 + c.dice.uniform(-40, 60) * (y / 700)
        c.line(f"M{x:.0f} {y:.0f}q{y / 40:.0f} -4 {y / 18:.0f} 0", "#ffffff", 2.4, 0.5)
    land.house(c, 250, 470, 92, stilts=True)
    land.house(c, 330, 482, 110, stilts=True)
    land.house(c, 915, 522, 110, stilts=True)
    for x, y, size in (
        (180, 480, 70),
        (400, 478, 56),
        (1000, 520, 80),
        (1060, 508, 60),
        (560, 462, 40),
        (1130, 520, 76),
    ):
        land.tree(c, x, y, size, green="#4f8645")
    land.palm(c, 445, 500, 130)
    land.palm(c, 850, 530, 140)


def _terraces(c: Canvas) -> None:
    """Steps on both banks; each catches the light on its rim."""
    for i in range(8):
        y = 535 + i * 48
        reach = 560 - abs(i - 2) * 30 + (i > 4) * (i - 4) * 26
        tone = ("#b9cf62", "#d9c455", "#9cc058", "#e3cf6a", "#8ab24f", "#cfc65a", "#7fae4c", "#a9bd52")[i]
        _step(
            c,
            [
                (-40, y - 34),
                (reach * 0.35, y - 22 + (i % 2) * 8),
                (reach * 0.75, y - 2),
                (reach, y + 40),
                (reach * 0.9, y + 130),
                (-40, y + 260),
            ],
            tone,
            y,
        )
    for i in range(7):
        y = 560 + i * 54
        reach = 900 + abs(i - 1) * 22 + (i > 3) * (i - 3) * 14
        tone = ("#d9c455", "#a3c25a", "#e0cb62", "#8fb552", "#c3c558", "#84ad4a", "#a0b850")[i]
        _step(
            c,
            [
                (WIDTH + 40, y - 40),
                (1120, y - 30 + (i % 2) * 8),
                (1010, y - 8),
                (reach, y + 44),
                (reach + 70, y + 130),
                (WIDTH + 40, y + 260),
            ],
            tone,
            y,
        )


def _step(c: Canvas, edge: list[Point], tone: str, y: float) -> None:
    rim = smooth(edge[:4], closed=False)
    c.path(smooth(edge), c.linear(((0, light(tone, 0.25)), (0.3, tone), (1, dark(tone, 0.42)))))
    c.line(rim, "#fff6cf", 4.5, 0.85)
    low, high = sorted((edge[0][0], edge[3][0]))
    size = 7 + (y - 520) / 22
    for _ in range(30):
        x = c.dice.uniform(low + 50, high - 60)
        share = (x - edge[0][0]) / (edge[3][0] - edge[0][0])
        foot = y - 12 + share * 40 + c.dice.uniform(14, 34)
        c.line(
            f"M{x:.0f} {foot:.0f}q{size * 0.1:.0f} {-size * 0.6:.0f} {size * 0.3:.0f} {-size:.0f}",
            c.vary(dark(tone, 0.14), 0.2),
            2,
            0.8,
        )


def _people(c: Canvas) -> None:
    land.farmer(c, 205, 690, 90, bent=True, shirt="#8a3f5c")
    land.farmer(c, 300, 712, 96, bent=True, shirt="#3f6f8a")
    land.farmer(c, 1085, 742, 104, shirt="#a8562e")
    c.push(735, 690)
    c.path("M-80 -6Q-40 18 70 8Q96 2 104 -16Q20 2 -80 -6Z", c.tube_fill("#8a6238"))
    c.pop()
    land.farmer(c, 738, 692, 74, shirt="#6b4a7a")


def main() -> None:
    """Write the view and its night into the static folder."""
    for size in SIZES:
        (_FOLDER / f"hero{size}.webp").write_bytes(render_hero(size))
        (_FOLDER / f"hero-dark{size}.webp").write_bytes(render_hero(size, is_night=True))


if __name__ == "__main__":
    main()
