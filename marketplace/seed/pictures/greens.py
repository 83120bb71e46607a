"""Vegetables: leaves, roots, gourds, pods and mushrooms, each about 200 across with its middle at the origin."""

import math

from marketplace.seed.pictures.canvas import Canvas, dark, light, mix, smooth
from marketplace.seed.pictures.fruit import leaf
from marketplace.seed.pictures.piles import Draw


def bunch(stem: str, green: str, *, kind: str = "oval", count: int = 14, tie: str = "#d9b765") -> Draw:
    """Return a drawer of a tied bunch that lies with its leaves to the upper right, about 420 long."""

    def draw(c: Canvas) -> None:
        for i in range(count):
            spread = (i - (count - 1) / 2) / count
            end_x, end_y = 150 + c.dice.uniform(-26, 20), spread * 190
            tone = c.vary(stem, 0.12)
            c.line(
                f"M-190 {spread * 58:.0f}C-90 {spread * 40:.0f} 0 {spread * 50:.0f} {end_x:.0f} {end_y:.0f}",
                dark(tone, 0.28),
                15 if kind == "broad" else 8,
            )
            c.line(
                f"M-190 {spread * 58 - 2:.0f}C-90 {spread * 40 - 2:.0f} 0 {spread * 50 - 2:.0f} {end_x:.0f} {end_y - 2:.0f}",
                light(tone, 0.25),
                8 if kind == "broad" else 4,
            )
        for _ in range(count * 2):
            spread = c.dice.uniform(-0.5, 0.5)
            x, y = c.dice.uniform(20, 170), spread * 190
            turn = spread * 55 + c.dice.uniform(-18, 18)
            if kind == "narrow":
                leaf(c, c.dice.uniform(80, 120), turn=turn, x=x, y=y, green=green, wide=0.15)
            elif kind == "broad":
                leaf(c, c.dice.uniform(100, 140), turn=turn, x=x - 30, y=y, green=green, wide=0.36)
            elif kind == "feather":
                _feather(c, x, y, turn, green)
            elif kind == "saw":
                _saw(c, x - 60, y, turn, green)
            else:
                leaf(c, c.dice.uniform(60, 90), turn=turn, x=x, y=y, green=green, wide=0.34)
        c.rect(-78, -34, 26, 68, c.linear(((0, dark(tie, 0.2)), (0.4, light(tie, 0.4)), (1, dark(tie, 0.4)))), corner=7)

    return draw


def _feather(c: Canvas, x: float, y: float, turn: float, green: str) -> None:
    c.push(x, y, turn=turn)
    tone = c.vary(green, 0.16)
    for i in range(5):
        size = 21 - i * 2.4
        for side in (-1, 1):
            c.ellipse(
                i * 17,
                side * size * 0.72,
                size * 0.75,
                size * 0.55,
                c.vary(tone, 0.14),
                transform=f"rotate({side * 38} {i * 17} 0)",
            )
    c.ellipse(84, 0, 15, 12, light(tone, 0.15))
    c.line("M-8 0L80 0", light(tone, 0.45), 2.6, 0.8)
    c.pop()


def _saw(c: Canvas, x: float, y: float, turn: float, green: str) -> None:
    c.push(x, y, turn=turn)
    tone = c.vary(green, 0.14)
    upper = [(i * 15.0, (-11 - 8 * math.sin(i / 10 * math.pi)) - (5 if i % 2 else 0)) for i in range(11)]
    lower = [(px, -py) for px, py in reversed(upper)]
    data = "M" + "L".join(f"{px:.0f} {py:.0f}" for px, py in [*upper, (168, 0), *lower]) + "Z"
    c.path(data, c.linear(((0, light(tone, 0.25)), (0.5, tone), (1, dark(tone, 0.4)))))
    c.line("M0 0L158 0", light(tone, 0.5), 3, 0.8)
    c.pop()


def cabbage(c: Canvas) -> None:
    """Draw a cabbage with loose outer leaves."""
    for i in range(6):
        angle = -160 + i * 64
        c.push(0, 10, turn=angle + 90)
        tone = c.vary("#8fb566", 0.1)
        c.blob([(-74, 30), (-82, -60), (-38, -122), (0, -112), (42, -124), (84, -58), (72, 34)], c.round_fill(tone))
        c.line("M0 40Q4 -30 0 -106", light(tone, 0.6), 7, 0.7)
        for side in (-1, 1):
            c.line(
                f"M0 10Q{side * 30} -30 {side * 52} -62M0 -30Q{side * 20} -60 {side * 32} -92", light(tone, 0.5), 3, 0.6
            )
        c.pop()
    c.blob(c.wobble(92, 88, share=0.02), c.round_fill("#cfe39a"))
    for i in range(5):
        bend = -60 + i * 30
        c.line(f"M{bend * 0.5:.0f} 82Q{bend * 1.7:.0f} 0 {bend * 0.35:.0f} -78", light("#cfe39a", 0.7), 3.4, 0.75)
    c.line("M-84 8Q-20 -34 70 -52M-66 50Q10 10 86 2", "#9fc070", 4, 0.6)
    c.gleam(-30, -40, 34, 22, 0.5)


def broccoli(c: Canvas) -> None:
    """Draw a head of broccoli."""
    c.path(
        "M-34 20C-30 70 -40 96 -44 112L44 112C40 96 32 70 36 20Z",
        c.linear(((0, "#d7e6a4"), (0.4, "#b9d67e"), (1, "#6f9a45")), angle=0),
    )
    for x, y, size in (
        (-66, 4, 48),
        (64, 2, 50),
        (-30, -50, 54),
        (34, -54, 52),
        (0, 0, 62),
        (-84, -34, 34),
        (82, -38, 36),
        (0, -86, 40),
    ):
        tone = c.vary("#4f8f3f", 0.08)
        c.ellipse(x, y, size, size * 0.92, c.round_fill(tone))
        for _ in range(30):
            angle, reach = c.dice.uniform(0, 2 * math.pi), math.sqrt(c.dice.random()) * size
            px, py = x + math.cos(angle) * reach, y + math.sin(angle) * reach * 0.92
            lit = max(0.0, min(0.55, 0.3 - (px + py) / 420))
            c.ellipse(px, py, 6.5, 6, c.vary(light(tone, lit) if lit > 0.1 else dark(tone, 0.22)))


def gourd(colour: str, *, length: float = 400, width: float = 62, skin: str = "plain", bend: float = 0) -> Draw:
    """Return a drawer of a long fruit along the x axis: cucumber, winter melon, bitter melon, sweet potato, chilli."""

    def draw(c: Canvas) -> None:
        tone, half = c.vary(colour), length / 2
        taper = 0.62 if skin in {"root", "bumps"} else 0.9
        points = [(-half, bend * 0.9), (-half * 0.86, -width * taper + bend * 0.7), (-half * 0.3, -width), (half * 0.4, -width * 0.98),
                  (half * 0.88, -width * taper + bend * 0.6), (half, bend), (half * 0.88, width * taper + bend * 0.6), (half * 0.4, width), (-half * 0.3, width), (-half * 0.86, width * taper + bend * 0.7)]  # fmt: skip
        if skin == "root":
            points = [(x, y * c.dice.uniform(0.85, 1.12)) for x, y in points]
        shape = smooth(points)
        c.path(shape, c.tube_fill(tone))
        for _ in range(int(length * (0.3 if skin == "bumps" else 0.1 if skin != "plain" else 0.04))):
            along, across = c.dice.uniform(-0.88, 0.88), c.dice.uniform(-0.8, 0.8)
            x, y = along * half, across * width * (1 - along**4) + bend * along**2 * 0.7
            if skin == "bumps":
                c.ellipse(x, y, 9, 6.5, dark(tone, 0.3), opacity=0.5)
                c.ellipse(x - 1, y - 3, 7, 4, light(tone, 0.45), opacity=0.75)
            elif skin == "root":
                c.line(
                    f"M{x:.0f} {y:.0f}q{c.dice.uniform(6, 16):.0f} 1 {c.dice.uniform(14, 30):.0f} 0",
                    dark(tone, 0.45),
                    2,
                    0.5,
                )
            elif skin == "spots":
                c.ellipse(x, y, 3, 2.4, light(tone, 0.6), opacity=0.7)
            else:
                c.line(f"M{x:.0f} {y:.0f}l{c.dice.uniform(20, 50):.0f} 0", light(tone, 0.4), 2.4, 0.3)
        c.gleam(-half * 0.2, -width * 0.55, half * 0.6, width * 0.16, 0.6, 0)
        if skin in {"bumps", "plain", "spots"}:
            c.line(f"M{-half:.0f} {bend * 0.9:.0f}q-18 -3 -30 -14", "#6d8a3a", max(6, width * 0.16))

    return draw


def slice_of(rim: str, flesh: str, seeds: str = "", *, squash: float = 0.62) -> Draw:
    """Return a drawer of a round slice lying flat."""

    def draw(c: Canvas) -> None:
        c.ellipse(0, 12, 100, 100 * squash, dark(rim, 0.3))
        c.ellipse(0, 0, 100, 100 * squash, rim)
        c.ellipse(0, 0, 90, 90 * squash, c.radial(((0, light(flesh, 0.5)), (1, flesh)), at=(0.4, 0.36), radius=0.7))
        if seeds:
            for i in range(12):
                angle = i * math.pi / 6
                c.ellipse(
                    math.cos(angle) * 48,
                    math.sin(angle) * 48 * squash,
                    10,
                    5,
                    seeds,
                    transform=f"rotate({i * 30} {math.cos(angle) * 48:.0f} {math.sin(angle) * 48 * squash:.0f})",
                )

    return draw


def bottle_gourd(c: Canvas) -> None:
    """Draw a bí đỏ hồ lô: a pumpkin with a waist."""
    shape = "M-22 -150C-62 -140 -70 -96 -50 -50C-110 -20 -134 60 -100 112C-60 158 60 158 100 112C134 60 110 -20 50 -50C70 -96 62 -140 22 -150C8 -154 -8 -154 -22 -150Z"
    tone = c.vary("#e0892e", 0.06)
    c.path(shape, c.round_fill(tone))
    for i in range(-3, 4):
        c.line(f"M{i * 7} -146Q{i * 16} -70 {i * 14} -46Q{i * 44} 50 {i * 30} 142", dark(tone, 0.3), 5, 0.3)
        c.line(
            f"M{i * 7 + 6} -146Q{i * 16 + 6} -70 {i * 14 + 6} -46Q{i * 44 + 10} 50 {i * 30 + 6} 142",
            light(tone, 0.5),
            5,
            0.28,
        )
    c.gleam(-50, 20, 24, 60, 0.55, 12)
    c.gleam(-26, -104, 14, 30, 0.5, 8)
    c.line("M0 -150q2 -22 22 -30", "#7a7a36", 18)
    c.line("M-1 -152q2 -20 20 -28", "#a6a258", 6)


def bulb(colour: str, *, wrapper: str = "", segments: int = 5) -> Draw:
    """Return a drawer of an onion or a head of garlic."""

    def draw(c: Canvas) -> None:
        tone = c.vary(colour)
        shape = "M0 -112C-8 -84 -30 -66 -58 -44C-104 -10 -100 62 -50 84C-20 96 20 96 50 84C100 62 104 -10 58 -44C30 -66 8 -84 0 -112Z"
        c.path(shape, c.round_fill(tone))
        for i in range(-segments + 1, segments):
            c.line(
                f"M0 -104Q{i * 24} -30 {i * 16} 86",
                dark(tone, 0.35) if i % 2 else light(tone, 0.45),
                3 if i % 2 else 4,
                0.4,
            )
        if wrapper:
            c.path("M0 -112C-14 -80 -34 -60 -58 -44C-84 -24 -92 4 -90 30C-50 -4 -20 -50 0 -112Z", wrapper, opacity=0.4)
        c.line("M0 -108q3 -14 10 -22", dark(tone, 0.3), 8)
        for i in range(6):
            c.line(f"M{i * 8 - 20} 86q{i - 3} 10 {(i - 3) * 3} 14", "#8a6a48", 3, 0.8)
        c.gleam(-36, -4, 16, 34, 0.7, 16)

    return draw


def corn(c: Canvas) -> None:
    """Draw an ear of white waxy corn in its husk, along the x axis."""
    for turn, y in ((-9, -18), (8, 20), (-2, 0)):
        c.push(-60, y, turn=turn)
        c.path("M-130 0C-90 -54 20 -62 130 -10C30 30 -80 46 -130 0Z", c.tube_fill(c.vary("#9dbb62", 0.1)))
        c.pop()
    ear = "M-90 -40C0 -58 120 -46 190 0C120 46 0 58 -90 40C-104 20 -104 -20 -90 -40Z"
    c.path(ear, c.tube_fill("#f3e3b0"))
    c.clip(ear)
    for row in range(7):
        for i in range(19):
            x, off = -88 + i * 15 + (row % 2) * 7, (row - 3) * 14.5 * (1 - (i / 30) ** 2)
            c.ellipse(x, off, 8.4, 7.6, c.round_fill(c.vary("#f7ecc4", 0.05)))
    c.path(ear, c.linear(((0, "#ffffff", 0.12), (0.5, "#ffffff", 0.0), (1, "#5b3413", 0.5))))
    c.pop()
    c.path(
        "M-200 6C-150 -20 -60 -66 70 -52C-20 -20 -90 24 -110 60C-150 56 -190 40 -200 6Z",
        c.tube_fill("#86aa4c", angle=70),
    )
    for i in range(5):
        c.line(f"M-186 {4 + i * 6}Q-90 {-30 + i * 14} {40 - i * 26} {-46 + i * 14}", "#d4e09b", 2.4, 0.6)
    c.line("M186 0q24 -8 40 4m-40 -2q26 6 36 18", "#b98a4a", 4, 0.8)


def mushroom(c: Canvas) -> None:
    """Draw a cluster of grey oyster mushrooms."""
    for x, y, size, turn in (
        (-58, -8, 0.8, -24),
        (62, -2, 0.8, 24),
        (-20, -58, 0.9, -8),
        (34, -50, 0.78, 14),
        (2, 18, 1.0, 2),
    ):
        c.push(x, y, scale=size, turn=turn)
        c.path(
            "M-18 10C-14 60 -20 90 -14 110L16 110C20 88 14 50 24 10Z",
            c.linear(((0, "#fbf3e2"), (1, "#c7b397")), angle=0),
        )
        cap = "M-92 6C-96 -40 -40 -66 6 -62C60 -60 98 -30 92 10C60 34 -56 36 -92 6Z"
        c.path(cap, c.round_fill(c.vary("#a59a92", 0.1)))
        c.path("M-92 6C-56 36 60 34 92 10C66 22 -60 24 -92 6Z", "#f1e7d4")
        for i in range(-6, 7):
            c.line(f"M{i * 13} {22 - abs(i) * 1.2:.0f}L{i * 3} 48", "#e2d3ba", 2.4, 0.7)
        c.gleam(-30, -30, 36, 14, 0.5, -12)
        c.pop()


def wood_ear(c: Canvas) -> None:
    """Draw one dried wood ear, crumpled."""
    tone = c.vary("#4a322b", 0.2)
    c.blob(c.wobble(92, 70, count=8, share=0.26), c.round_fill(tone))
    for _ in range(4):
        x, y = c.dice.uniform(-50, 50), c.dice.uniform(-36, 36)
        c.line(
            f"M{x:.0f} {y:.0f}q{c.dice.uniform(-40, 40):.0f} {c.dice.uniform(-30, 30):.0f} {c.dice.uniform(-60, 60):.0f} {c.dice.uniform(-30, 30):.0f}",
            light(tone, 0.4),
            5,
            0.45,
        )
    c.blob(
        [(x * 0.5 - 14, y * 0.5 - 12) for x, y in c.wobble(72, 52, count=7, share=0.25)], light(tone, 0.14), opacity=0.6
    )


def potato(colour: str, *, rings: bool = False) -> Draw:
    """Return a drawer of a potato, or of a taro with rings on its skin."""

    def draw(c: Canvas) -> None:
        tone = c.vary(colour)
        shape = smooth(c.wobble(104, 82, count=8, share=0.07))
        c.path(shape, c.round_fill(tone))
        if rings:
            c.clip(shape)
            for i in range(-4, 5):
                c.line(f"M{i * 25 - 8} -90Q{i * 25 + 18} 0 {i * 25 - 8} 90", dark(tone, 0.5), 5, 0.6)
                for _ in range(4):
                    y = c.dice.uniform(-70, 70)
                    c.line(f"M{i * 25 + 4} {y:.0f}l10 {c.dice.uniform(-5, 5):.0f}", light(tone, 0.5), 2.4, 0.6)
            c.pop()
        else:
            for _ in range(9):
                c.ellipse(c.dice.uniform(-76, 70), c.dice.uniform(-52, 52), 5, 3, dark(tone, 0.4), opacity=0.5)
        c.gleam(-34, -34, 36, 18, 0.5)

    return draw


def jicama(c: Canvas) -> None:
    """Draw a củ đậu: squat, pale and lobed."""
    tone = c.vary("#d9b98a", 0.06)
    c.blob(
        [(0, -74), (52, -84), (102, -40), (98, 30), (52, 78), (0, 96), (-52, 78), (-98, 30), (-102, -40), (-52, -84)],
        c.round_fill(tone),
    )
    for i in (-2, -1, 1, 2):
        c.line(f"M0 -76Q{i * 44} -20 {i * 12} 92", dark(tone, 0.35), 5, 0.4)
    c.line("M0 -74q-4 -20 6 -36m0 0", "#8f7a4a", 12)
    c.line("M0 94q3 16 -5 28", dark(tone, 0.3), 6)
    c.gleam(-44, -30, 20, 30, 0.6, 20)


def taro_stalk(c: Canvas) -> None:
    """Draw peeled stalks of dọc mùng, with their airy cut ends, along the x axis."""
    for i in range(5):
        y = (i - 2) * 30
        tone = mix("#b9d489", "#dceab4", c.dice.random())
        c.rect(-190, y - 18, 372, 36, c.tube_fill(tone), corner=16)
        c.line(f"M-160 {y - 4:.0f}L150 {y - 4:.0f}", light(tone, 0.5), 3, 0.5)
        c.ellipse(184, y, 11, 18, "#eef5d0")
        for _ in range(9):
            c.ellipse(184 + c.dice.uniform(-6, 6), y + c.dice.uniform(-11, 11), 1.8, 2.6, "#a4bd74")


def chilli(c: Canvas) -> None:
    """Draw one small red chilli."""
    tone = c.dice.choice(("#cf2318", "#d9331d", "#b81c16", "#e2571f"))
    c.path("M-84 -12C-40 -30 40 -24 108 8C40 22 -40 26 -84 14C-92 6 -92 -6 -84 -12Z", c.tube_fill(tone))
    c.gleam(-16, -8, 48, 5, 0.85, 4)
    c.path("M-78 -16C-96 -14 -98 14 -78 18C-70 6 -70 -8 -78 -16Z", "#5f9440")
    c.line("M-90 0q-20 -2 -34 -14", "#4f8436", 9)
