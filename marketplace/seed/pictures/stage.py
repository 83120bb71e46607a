"""Where goods lie: a sunlit table in front of something soft, and boards, baskets, plates, leaves and bowls on it."""

import math
import random

from marketplace.seed.pictures.canvas import Canvas, Point, dark, light, mix, smooth

SIZE = 800
WOODS = {"honey": "#c98a4b", "walnut": "#8a5631", "grey": "#a08c78", "red": "#a8603a", "pale": "#e0b784"}
#: Backdrop -> colours of its wall (top, bottom) and of the blurred lights in front of it.
BACKDROPS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "garden": ("#dfe8a6", "#7fa650", ("#f6f3b0", "#a9c95f", "#5f8f3c", "#fff8cf", "#88b04b")),
    "orchard": ("#ffe9b0", "#b6b557", ("#fff3c4", "#d9c65a", "#8fae49", "#ffd98a", "#fffbe0")),
    "sea": ("#d8f0ee", "#7fbcc2", ("#ffffff", "#a8dcd9", "#5fa3b0", "#e9fbf4", "#c7ece6")),
    "kitchen": ("#8c5634", "#44261a", ("#f2b45c", "#c9772f", "#7c4526", "#ffd489", "#a85e2c")),
    "cream": ("#fff1d6", "#f0cf9c", ("#fffaf0", "#ffe2ae", "#f6d28e", "#ffffff")),
    "dawn": ("#ffe0c2", "#eea983", ("#fff1dc", "#ffc79a", "#f59f76", "#ffe9c9")),
    "mist": ("#e6efe4", "#a3bfa5", ("#f7fbf2", "#c5d9bf", "#89ab8c", "#ffffff")),
}


def set_stage(c: Canvas, backdrop: str = "cream", wood: str = "honey", horizon: float = 330) -> None:
    """Choose what lies behind the goods; ``draw_backdrop`` draws it, once for all pictures that share it."""
    c.backdrop = (backdrop, wood, horizon)


def draw_backdrop(backdrop: str, wood: str, horizon: float) -> Canvas:
    """Draw the wall, its soft lights, the table and the light that falls on it."""
    c = Canvas(SIZE, SIZE, random.Random(f"{backdrop} {wood} {horizon}"), prefix="b")
    top, bottom, lights = BACKDROPS[backdrop]
    c.rect(0, 0, SIZE, SIZE, c.linear(((0, top), (1, bottom))))
    for _ in range(16):
        x, y = c.dice.uniform(-40, SIZE + 40), c.dice.uniform(-30, horizon + 10)
        radius, colour = c.dice.uniform(34, 105), c.dice.choice(lights)
        strength = c.dice.uniform(0.22, 0.5)
        disc = c.radial(
            ((0, colour, strength * 0.75), (0.82, colour, strength), (0.94, colour, strength * 0.4), (1, colour, 0.0))
        )
        c.ellipse(x, y, radius, radius, disc)
    _table(c, WOODS[wood], horizon)
    glow = c.radial(((0, "#fff2cf", 0.62), (0.5, "#fff2cf", 0.18), (1, "#fff2cf", 0.0)), at=(0.2, 0.05), radius=0.8)
    c.rect(0, 0, SIZE, SIZE, glow)
    return c


def draw_light() -> Canvas:
    """Draw what lies over every picture: corners a little darker, and the morning from the upper left."""
    c = Canvas(SIZE, SIZE, random.Random(0), prefix="l")
    veil = c.radial(((0, "#2b120a", 0.0), (0.72, "#2b120a", 0.0), (1, "#2b120a", 0.34)), at=(0.48, 0.46), radius=0.78)
    c.rect(0, 0, SIZE, SIZE, veil)
    ray = c.linear(((0, "#fff4cf", 0.22), (0.45, "#fff4cf", 0.0)), angle=48)
    c.rect(0, 0, SIZE, SIZE, ray)
    return c


def _table(c: Canvas, wood: str, horizon: float) -> None:
    c.rect(0, horizon - 26, SIZE, 30, c.linear(((0, "#2b120a", 0.0), (1, "#2b120a", 0.28))))
    c.rect(0, horizon, SIZE, SIZE - horizon, c.linear(((0, light(wood, 0.3)), (0.35, wood), (1, dark(wood, 0.42)))))
    c.rect(0, horizon, SIZE, 5, light(wood, 0.6), opacity="0.8")
    centre = SIZE / 2
    for i in range(-7, 8):
        foot, head = centre + i * 175, centre + i * 92
        c.line(f"M{head:.0f} {horizon + 4:.0f}L{foot:.0f} {SIZE}", dark(wood, 0.6), 2.4, 0.45)
        c.line(f"M{head + 3:.0f} {horizon + 4:.0f}L{foot + 5:.0f} {SIZE}", light(wood, 0.5), 1.6, 0.35)
    for _ in range(34):
        y = horizon + 10 + (SIZE - horizon) * c.dice.random() ** 1.4
        lane = c.dice.uniform(-6.5, 6.5)
        spread = (y - horizon) / (SIZE - horizon)
        x = centre + lane * (92 + 83 * spread)
        length = c.dice.uniform(20, 90) * (0.4 + spread)
        drift = lane * 0.16 * length
        c.line(
            f"M{x:.0f} {y:.0f}q{drift * 0.3:.0f} {length * 0.5:.0f} {drift:.0f} {length:.0f}",
            dark(wood, 0.5),
            1.6,
            0.22,
        )


def board(c: Canvas, x: float, y: float, rx: float, wood: str = "#d9a566") -> None:
    """Draw a chopping board lying on the table."""
    c.shadow(x + 14, y + rx * 0.16, rx * 1.16, rx * 0.42, 0.6)
    depth, thick = rx * 0.33, rx * 0.085
    top = f"M{x - rx * 0.86:.0f} {y - depth:.0f}L{x + rx * 0.86:.0f} {y - depth:.0f}Q{x + rx * 0.93:.0f} {y - depth:.0f} {x + rx * 0.95:.0f} {y - depth * 0.8:.0f}L{x + rx * 1.05:.0f} {y + depth * 0.82:.0f}Q{x + rx * 1.06:.0f} {y + depth:.0f} {x + rx * 0.97:.0f} {y + depth:.0f}L{x - rx * 0.97:.0f} {y + depth:.0f}Q{x - rx * 1.06:.0f} {y + depth:.0f} {x - rx * 1.05:.0f} {y + depth * 0.82:.0f}L{x - rx * 0.95:.0f} {y - depth * 0.8:.0f}Q{x - rx * 0.93:.0f} {y - depth:.0f} {x - rx * 0.86:.0f} {y - depth:.0f}Z"
    c.path(top, dark(wood, 0.45), transform=f"translate(0 {thick:.1f})")
    c.path(top, c.linear(((0, light(wood, 0.4)), (0.5, wood), (1, dark(wood, 0.14))), angle=60))
    c.clip(top)
    for i in range(9):
        level = y - depth + (i + 0.5) * depth * 2 / 9 + c.dice.uniform(-3, 3)
        bend = c.dice.uniform(-9, 9)
        c.line(
            f"M{x - rx * 1.1:.0f} {level:.0f}Q{x:.0f} {level + bend:.0f} {x + rx * 1.1:.0f} {level:.0f}",
            dark(wood, 0.3),
            1.6,
            0.35,
        )
    c.pop()


def plate(c: Canvas, x: float, y: float, rx: float, colour: str = "#f3eee2", rim: str = "#5f86a6") -> None:
    """Draw a plate in the manner of Bát Tràng: pale glaze with a painted line on its rim."""
    ry = rx * 0.34
    c.shadow(x + 12, y + ry * 0.5, rx * 1.14, ry * 1.12, 0.58)
    c.ellipse(x, y + rx * 0.07, rx * 0.98, ry, dark(colour, 0.4))
    c.ellipse(x, y, rx, ry, c.linear(((0, dark(colour, 0.05)), (0.5, light(colour, 0.6)), (1, dark(colour, 0.12)))))
    c.ellipse(x, y, rx * 0.95, ry * 0.94, "none", stroke=rim, stroke_width=3.5, opacity=0.75)
    c.ellipse(
        x,
        y + ry * 0.06,
        rx * 0.72,
        ry * 0.7,
        c.radial(((0, light(colour, 0.4)), (0.8, dark(colour, 0.04)), (1, dark(colour, 0.16)))),
    )


def tray(c: Canvas, x: float, y: float, rx: float, straw: str = "#dcb56e") -> None:
    """Draw a nia: a flat round tray of woven bamboo."""
    ry = rx * 0.36
    c.shadow(x + 12, y + ry * 0.4, rx * 1.12, ry * 1.16, 0.6)
    c.ellipse(x, y + rx * 0.08, rx, ry, dark(straw, 0.5))
    c.ellipse(x, y, rx, ry, c.tube_fill(dark(straw, 0.15)))
    inner = smooth(
        [(x + math.cos(a * math.pi / 8) * rx * 0.93, y + math.sin(a * math.pi / 8) * ry * 0.9) for a in range(16)]
    )
    c.path(inner, c.radial(((0, light(straw, 0.35)), (1, dark(straw, 0.12)))))
    c.clip(inner)
    for i in range(-16, 17):
        step = i * rx / 11
        c.line(f"M{x + step - rx:.0f} {y - ry:.0f}L{x + step + rx:.0f} {y + ry:.0f}", dark(straw, 0.38), 2, 0.4)
        c.line(f"M{x + step + rx:.0f} {y - ry:.0f}L{x + step - rx:.0f} {y + ry:.0f}", light(straw, 0.6), 2.4, 0.4)
    shade = c.linear(((0, "#2b120a", 0.32), (0.25, "#2b120a", 0.0)))
    c.path(inner, shade)
    c.pop()


def basket_back(c: Canvas, x: float, y: float, rx: float, straw: str = "#cf9a52") -> None:
    """Draw the inside of a basket whose opening lies at ``y``; close with ``basket_front`` after the goods."""
    ry = rx * 0.27
    c.shadow(x + 16, y + rx * 0.56, rx * 1.12, rx * 0.26, 0.62)
    c.ellipse(x, y, rx, ry, c.linear(((0, dark(straw, 0.35)), (1, dark(straw, 0.62)))))
    c.ellipse(x, y, rx, ry, "none", stroke=light(straw, 0.1), stroke_width=13)


def basket_front(c: Canvas, x: float, y: float, rx: float, straw: str = "#cf9a52") -> None:
    """Draw the woven wall of a basket over the goods in it."""
    ry, height = rx * 0.27, rx * 0.5
    wall = (
        f"M{x - rx:.1f} {y:.1f}A{rx:.1f} {ry:.1f} 0 0 0 {x + rx:.1f} {y:.1f}"
        f"C{x + rx * 0.98:.1f} {y + height * 0.8:.1f} {x + rx * 0.8:.1f} {y + height:.1f} {x + rx * 0.72:.1f} {y + height:.1f}"
        f"A{rx * 0.72:.1f} {ry * 0.6:.1f} 0 0 1 {x - rx * 0.72:.1f} {y + height:.1f}"
        f"C{x - rx * 0.8:.1f} {y + height:.1f} {x - rx * 0.98:.1f} {y + height * 0.8:.1f} {x - rx:.1f} {y:.1f}Z"
    )
    c.path(
        wall,
        c.linear(((0, dark(straw, 0.22)), (0.26, light(straw, 0.3)), (0.6, straw), (1, dark(straw, 0.5))), angle=0),
    )
    c.clip(wall)
    columns, rows = 22, 7
    for row in range(rows):
        for column in range(columns):
            if (row + column) % 2:
                continue
            angle = math.pi * (column + 0.5) / columns
            shrink = 1 - 0.26 * (row / rows) ** 2
            cx = x - math.cos(angle) * rx * shrink
            cy = y + math.sin(angle) * ry * (1 - 0.3 * row / rows) + (row + 0.5) * height / rows
            width = math.sin(angle) * rx * 0.085 + 4
            c.ellipse(cx, cy, width, height / rows * 0.52, light(straw, 0.38), opacity=0.55)
            c.ellipse(cx + width * 1.9, cy + 2, width * 0.5, height / rows * 0.5, dark(straw, 0.55), opacity=0.4)
    c.pop()
    c.path(
        f"M{x - rx:.1f} {y:.1f}A{rx:.1f} {ry:.1f} 0 0 0 {x + rx:.1f} {y:.1f}",
        "none",
        stroke=dark(straw, 0.35),
        stroke_width=17,
    )
    c.path(
        f"M{x - rx:.1f} {y - 2:.1f}A{rx:.1f} {ry:.1f} 0 0 0 {x + rx:.1f} {y - 2:.1f}", "none",
        stroke=c.linear(((0, light(straw, 0.2)), (0.3, light(straw, 0.55)), (1, dark(straw, 0.15))), angle=0), stroke_width=12,
    )  # fmt: skip


def bowl_back(c: Canvas, x: float, y: float, rx: float, glaze: str = "#f2ead9") -> None:
    """Draw the inside of a bowl whose opening lies at ``y``; close with ``bowl_front`` after what is in it."""
    ry = rx * 0.3
    c.shadow(x + 10, y + rx * 0.78, rx * 0.95, rx * 0.24, 0.62)
    c.ellipse(x, y, rx, ry, dark(glaze, 0.2))
    c.ellipse(x, y, rx * 0.96, ry * 0.93, c.linear(((0, dark(glaze, 0.42)), (1, dark(glaze, 0.08)))))


def bowl_front(c: Canvas, x: float, y: float, rx: float, glaze: str = "#f2ead9", paint: str = "#41709b") -> None:
    """Draw the outer wall of a bowl with its painted bands."""
    ry, height = rx * 0.3, rx * 0.72
    wall = (
        f"M{x - rx:.1f} {y:.1f}A{rx:.1f} {ry:.1f} 0 0 0 {x + rx:.1f} {y:.1f}"
        f"C{x + rx * 0.94:.1f} {y + height * 0.7:.1f} {x + rx * 0.55:.1f} {y + height:.1f} {x + rx * 0.42:.1f} {y + height:.1f}"
        f"A{rx * 0.42:.1f} {ry * 0.4:.1f} 0 0 1 {x - rx * 0.42:.1f} {y + height:.1f}"
        f"C{x - rx * 0.55:.1f} {y + height:.1f} {x - rx * 0.94:.1f} {y + height * 0.7:.1f} {x - rx:.1f} {y:.1f}Z"
    )
    c.path(
        wall,
        c.linear(((0, dark(glaze, 0.1)), (0.26, light(glaze, 0.8)), (0.58, glaze), (1, dark(glaze, 0.48))), angle=0),
    )
    c.clip(wall)
    for offset, width in ((0.13, 5), (0.19, 2.5), (0.66, 4)):
        level, half = y + height * offset, rx * (1 - 0.35 * offset**2)
        c.path(
            f"M{x - half:.1f} {level:.1f}A{half:.1f} {ry:.1f} 0 0 0 {x + half:.1f} {level:.1f}",
            "none",
            stroke=paint,
            stroke_width=width,
            opacity=0.75,
        )
    for i in range(7):
        angle = math.pi * (i + 0.5) / 7
        px, py = x - math.cos(angle) * rx * 0.88, y + math.sin(angle) * ry * 0.95 + height * 0.38
        size = rx * 0.065 * (0.45 + math.sin(angle))
        for petal in range(5):
            turn = 2 * math.pi * petal / 5 + i
            c.ellipse(
                px + math.cos(turn) * size * 0.8, py + math.sin(turn) * size, size * 0.5, size * 0.5, paint, opacity=0.7
            )
    c.pop()
    c.path(
        f"M{x - rx:.1f} {y:.1f}A{rx:.1f} {ry:.1f} 0 0 0 {x + rx:.1f} {y:.1f}",
        "none",
        stroke=light(glaze, 0.8),
        stroke_width=5,
    )
    c.gleam(x - rx * 0.55, y + height * 0.42, rx * 0.13, height * 0.32, 0.75, 12)


def banana_leaf(c: Canvas, x: float, y: float, length: float, *, turn: float = 0, green: str = "#5d9440") -> None:
    """Draw a banana leaf lying flat, its rib across, torn a little."""
    c.shadow(x + 8, y + length * 0.05, length * 0.62, length * 0.24, 0.45)
    c.push(x, y, turn=turn)
    half, wide = length / 2, length * 0.2
    outline: list[Point] = [(-half, 0), (-half * 0.7, -wide * 0.72), (-half * 0.2, -wide), (half * 0.4, -wide * 0.86), (half * 0.86, -wide * 0.4), (half, 0),
                            (half * 0.8, wide * 0.56), (half * 0.3, wide), (-half * 0.25, wide * 0.96), (-half * 0.76, wide * 0.62)]  # fmt: skip
    shape = smooth(outline)
    c.path(
        shape,
        c.linear(((0, light(green, 0.28)), (0.48, green), (0.52, dark(green, 0.2)), (1, mix(green, "#2f6b39", 0.5)))),
    )
    c.clip(shape)
    for i in range(-24, 25):
        start = i * half / 22
        c.line(
            f"M{start:.0f} 0q{wide * 0.2:.0f} {-wide * 0.6:.0f} {wide * 0.5:.0f} {-wide * 1.1:.0f}",
            dark(green, 0.3),
            1.5,
            0.5,
        )
        c.line(
            f"M{start:.0f} 0q{wide * 0.2:.0f} {wide * 0.6:.0f} {wide * 0.5:.0f} {wide * 1.1:.0f}",
            light(green, 0.3),
            1.5,
            0.35,
        )
    c.line(f"M{-half:.0f} 0Q0 -5 {half:.0f} 0", light(green, 0.62), 7)
    c.line(f"M{-half:.0f} 3Q0 0 {half:.0f} 2", dark(green, 0.3), 2, 0.6)
    c.pop()
    c.pop()


def cloth(c: Canvas, x: float, y: float, rx: float, colour: str = "#c94f3d") -> None:
    """Draw a checked cloth lying under the goods."""
    c.shadow(x + 8, y + rx * 0.06, rx * 1.1, rx * 0.4, 0.35)
    edge = smooth([(x - rx, y - rx * 0.08), (x - rx * 0.6, y - rx * 0.3), (x + rx * 0.1, y - rx * 0.34), (x + rx * 0.85, y - rx * 0.24),
                   (x + rx * 1.02, y + rx * 0.1), (x + rx * 0.55, y + rx * 0.34), (x - rx * 0.2, y + rx * 0.4), (x - rx * 0.86, y + rx * 0.26)])  # fmt: skip
    c.path(edge, "#f7ecd7")
    c.clip(edge)
    for i in range(-9, 10):
        c.line(
            f"M{x + i * rx * 0.13 - rx * 0.2:.0f} {y - rx * 0.5:.0f}L{x + i * rx * 0.17 + rx * 0.12:.0f} {y + rx * 0.5:.0f}",
            colour,
            rx * 0.05,
            0.5,
        )
    for i in range(-5, 6):
        c.line(
            f"M{x - rx * 1.1:.0f} {y + i * rx * 0.085:.0f}q{rx:.0f} {rx * 0.04:.0f} {rx * 2.2:.0f} 0",
            colour,
            rx * 0.035,
            0.5,
        )
    c.path(edge, c.linear(((0, "#ffffff", 0.25), (0.5, "#ffffff", 0.0), (1, "#2b120a", 0.3)), angle=40))
    c.pop()
