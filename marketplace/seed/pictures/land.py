"""Sky, mountains, trees, houses and people far away: what every view of the countryside is made of."""

import math

from marketplace.seed.pictures.canvas import Canvas, Point, dark, light, mix, smooth

#: Time of day -> sky (top, bottom), sun, far hills, near hills, what the light tints everything with.
HOURS: dict[str, tuple[str, str, str, str, str, str]] = {
    "dawn": ("#f7c59b", "#fff0cf", "#fff6da", "#c9a79a", "#7f9a6a", "#ffcf8f"),
    "morning": ("#9fd3e6", "#fdf3d3", "#fffbe6", "#a3bdb4", "#6f9a5a", "#fff2c2"),
    "noon": ("#7fc3e6", "#e9f5ee", "#ffffff", "#93b5b0", "#5f9150", "#ffffff"),
    "evening": ("#e59a6b", "#ffdca0", "#ffe9b0", "#a8807f", "#6d7f4f", "#ffb26b"),
    "mist": ("#cfdcd9", "#f3f3e6", "#ffffff", "#b5c5bd", "#86a083", "#f4f1de"),
}


def sky(c: Canvas, hour: str, horizon: float) -> None:
    """Draw the sky with its sun and two rows of mountains down to the horizon."""
    top, bottom, sun, far, near, _ = HOURS[hour]
    c.rect(0, 0, c.width, horizon + 20, c.linear(((0, top), (1, bottom))))
    x, y = c.dice.uniform(0.15, 0.85) * c.width, horizon * c.dice.uniform(0.28, 0.6)
    c.ellipse(x, y, 150, 150, c.radial(((0, sun, 0.95), (0.2, sun, 0.85), (0.24, sun, 0.35), (1, sun, 0.0))))
    for _ in range(3):
        cx, cy = c.dice.uniform(0, c.width), c.dice.uniform(0.08, 0.5) * horizon
        for k in range(4):
            c.ellipse(cx + k * 34 - 50, cy + (k % 2) * 8, 52 - k * 4, 15, "#ffffff", opacity=0.3)
    for tone, height, rough in ((far, 0.62, 5), (mix(far, near, 0.5), 0.42, 7), (near, 0.22, 9)):
        ridge: list[Point] = [(-20, horizon + 10)]
        for i in range(rough + 1):
            lift = c.dice.uniform(0.35, 1) * height * horizon
            ridge.append((i * c.width / rough, horizon - lift))
        ridge.append((c.width + 20, horizon + 10))
        c.path(smooth(ridge), c.linear(((0, light(tone, 0.1)), (1, light(tone, 0.38)))))


def ground(c: Canvas, horizon: float, colour: str) -> None:
    """Draw the ground from the horizon to the foot of the picture."""
    c.rect(0, horizon, c.width, c.height - horizon, c.linear(((0, light(colour, 0.3)), (1, dark(colour, 0.3)))))


def tree(c: Canvas, x: float, y: float, size: float, *, green: str = "#4f8040", fruits: str = "") -> None:
    """Draw a round tree that stands at ``x, y``."""
    c.shadow(x + size * 0.2, y, size * 0.75, size * 0.16, 0.4)
    c.path(
        f"M{x - size * 0.07:.0f} {y:.0f}L{x - size * 0.04:.0f} {y - size * 0.6:.0f}L{x + size * 0.05:.0f} {y - size * 0.6:.0f}L{x + size * 0.09:.0f} {y:.0f}Z",
        "#6d4c34",
    )
    for dx, dy, share in (
        (-0.34, -0.62, 0.34),
        (0.34, -0.6, 0.36),
        (0, -0.9, 0.42),
        (-0.1, -0.56, 0.36),
        (0.16, -0.76, 0.3),
    ):
        c.ellipse(x + dx * size, y + dy * size, share * size, share * size * 0.9, c.round_fill(c.vary(green, 0.12)))
    if fruits:
        for _ in range(16):
            angle, reach = c.dice.uniform(0, 2 * math.pi), math.sqrt(c.dice.random())
            c.ellipse(
                x + math.cos(angle) * reach * size * 0.56,
                y - size * 0.7 + math.sin(angle) * reach * size * 0.44,
                size * 0.055,
                size * 0.055,
                c.round_fill(fruits),
            )


def palm(c: Canvas, x: float, y: float, size: float) -> None:
    """Draw an areca palm."""
    lean = c.dice.uniform(-0.1, 0.1) * size
    c.line(
        f"M{x:.0f} {y:.0f}Q{x + lean:.0f} {y - size * 0.5:.0f} {x + lean:.0f} {y - size:.0f}", "#8a735a", size * 0.05
    )
    for i in range(9):
        angle = math.pi + i * math.pi / 8
        reach = size * 0.36
        tip = (x + lean + math.cos(angle) * reach, y - size + math.sin(angle) * reach * 0.5 + size * 0.13)
        c.line(
            f"M{x + lean:.0f} {y - size:.0f}Q{(x + lean + tip[0]) / 2:.0f} {y - size * 1.15:.0f} {tip[0]:.0f} {tip[1]:.0f}",
            c.vary("#4f8a45", 0.15),
            size * 0.05,
        )


def bamboo(c: Canvas, x: float, y: float, size: float) -> None:
    """Draw a clump of bamboo."""
    for i in range(7):
        lean = (i - 3) * size * 0.08
        c.line(
            f"M{x + i * 5 - 15:.0f} {y:.0f}Q{x + lean:.0f} {y - size * 0.6:.0f} {x + lean * 2.4:.0f} {y - size:.0f}",
            c.vary("#7f9a4a", 0.15),
            4,
        )
        for k in range(5):
            px, py = x + lean * (1 + k * 0.34), y - size * (0.5 + k * 0.11)
            c.ellipse(
                px,
                py,
                size * 0.1,
                size * 0.024,
                c.vary("#6f9a45", 0.2),
                transform=f"rotate({c.dice.uniform(10, 70):.0f} {px:.0f} {py:.0f})",
            )


def house(c: Canvas, x: float, y: float, size: float, *, stilts: bool = False, roof: str = "#a8482f") -> None:
    """Draw a house with a tiled roof, or one of the Mường and Thái on stilts, its foot in the middle at ``x, y``."""
    c.shadow(x + size * 0.1, y, size * 0.8, size * 0.13, 0.5)
    lift = size * 0.26 if stilts else 0.0
    wall = "#8f6238" if stilts else "#f3e2bd"
    roof = "#8a6f4a" if stilts else roof
    if stilts:
        for i in range(6):
            c.rect(x - size * 0.52 + i * size * 0.2, y - lift, size * 0.03, lift, "#5b3d25")
        for i in range(5):
            c.line(f"M{x + size * 0.34:.0f} {y - lift * i / 5:.0f}l{size * 0.14:.0f} 0", "#5b3d25", size * 0.02)
    c.rect(
        x - size * 0.55,
        y - lift - size * 0.34,
        size * 1.1,
        size * 0.35,
        c.linear(((0, dark(wall, 0.3)), (0.3, wall), (1, light(wall, 0.2)))),
    )
    if stilts:
        for i in range(16):
            c.line(
                f"M{x - size * 0.53 + i * size * 0.07:.0f} {y - lift - size * 0.32:.0f}v{size * 0.31:.0f}",
                dark(wall, 0.35),
                2,
                0.5,
            )
    for dx in (-0.34, 0.2):
        c.rect(x + dx * size, y - lift - size * 0.25, size * 0.15, size * 0.16, "#3f5f5a", corner=3)
        c.rect(x + dx * size, y - lift - size * 0.25, size * 0.07, size * 0.16, "#ffd98a", opacity=0.6)
    c.rect(x - size * 0.09, y - lift - size * 0.27, size * 0.18, size * 0.28, "#6b3f25", corner=3)
    c.path(
        f"M{x - size * 0.68:.0f} {y - lift - size * 0.31:.0f}L{x - size * 0.5:.0f} {y - lift - size * 0.66:.0f}L{x + size * 0.5:.0f} {y - lift - size * 0.66:.0f}L{x + size * 0.68:.0f} {y - lift - size * 0.31:.0f}Z",
        c.linear(((0, light(roof, 0.25)), (1, dark(roof, 0.2)))),
    )
    for i in range(1, 6):
        level = y - lift - size * (0.66 - i * 0.058)
        half = size * (0.5 + i * 0.03)
        c.line(f"M{x - half:.0f} {level:.0f}L{x + half:.0f} {level:.0f}", dark(roof, 0.3), 2, 0.5)


def farmer(c: Canvas, x: float, y: float, size: float, *, shirt: str = "#7a4a6b", bent: bool = False) -> None:
    """Draw someone in a conical hat, far enough away to be anyone."""
    c.shadow(x, y, size * 0.4, size * 0.1, 0.45)
    if bent:
        c.line(
            f"M{x - size * 0.1:.0f} {y:.0f}L{x - size * 0.08:.0f} {y - size * 0.42:.0f}M{x + size * 0.05:.0f} {y:.0f}L{x:.0f} {y - size * 0.42:.0f}",
            "#3a3440",
            size * 0.12,
        )
        c.line(
            f"M{x - size * 0.04:.0f} {y - size * 0.46:.0f}L{x + size * 0.32:.0f} {y - size * 0.56:.0f}",
            shirt,
            size * 0.24,
        )
        c.line(
            f"M{x + size * 0.26:.0f} {y - size * 0.5:.0f}L{x + size * 0.38:.0f} {y - size * 0.16:.0f}",
            "#d9a07a",
            size * 0.08,
        )
        c.path(
            f"M{x + size * 0.2:.0f} {y - size * 0.5:.0f}L{x + size * 0.56:.0f} {y - size * 0.86:.0f}L{x + size * 0.68:.0f} {y - size * 0.4:.0f}Z",
            c.linear(((0, "#f6e3b0"), (1, "#c9a763"))),
        )
        return
    c.line(
        f"M{x - size * 0.09:.0f} {y:.0f}V{y - size * 0.4:.0f}M{x + size * 0.09:.0f} {y:.0f}V{y - size * 0.4:.0f}",
        "#3a3440",
        size * 0.13,
    )
    c.path(
        f"M{x - size * 0.22:.0f} {y - size * 0.34:.0f}L{x - size * 0.16:.0f} {y - size * 0.78:.0f}L{x + size * 0.16:.0f} {y - size * 0.78:.0f}L{x + size * 0.22:.0f} {y - size * 0.34:.0f}Z",
        c.tube_fill(shirt, angle=0),
    )
    c.line(
        f"M{x - size * 0.18:.0f} {y - size * 0.7:.0f}L{x - size * 0.32:.0f} {y - size * 0.42:.0f}M{x + size * 0.18:.0f} {y - size * 0.7:.0f}L{x + size * 0.34:.0f} {y - size * 0.5:.0f}",
        shirt,
        size * 0.1,
    )
    c.ellipse(x, y - size * 0.86, size * 0.12, size * 0.13, "#d9a07a")
    c.path(
        f"M{x - size * 0.32:.0f} {y - size * 0.86:.0f}L{x:.0f} {y - size * 1.12:.0f}L{x + size * 0.32:.0f} {y - size * 0.86:.0f}Q{x:.0f} {y - size * 0.78:.0f} {x - size * 0.32:.0f} {y - size * 0.86:.0f}Z",
        c.linear(((0, "#f9e8b8"), (1, "#c9a45f")), angle=20),
    )
