"""Fruit, each about 200 across with its middle at the origin."""

import math

from marketplace.seed.pictures.canvas import Canvas, dark, light, mix, smooth
from marketplace.seed.pictures.piles import Draw


def leaf(
    c: Canvas, length: float, *, turn: float = 0, x: float = 0, y: float = 0, green: str = "#4f8a3a", wide: float = 0.32
) -> None:
    """Draw one pointed leaf that starts at ``x, y``."""
    c.push(x, y, turn=turn)
    w = length * wide
    tone = c.vary(green, 0.14)
    c.path(f"M0 0C{length * 0.25:.1f} {-w:.1f} {length * 0.7:.1f} {-w:.1f} {length:.1f} 0C{length * 0.7:.1f} {w * 0.8:.1f} {length * 0.25:.1f} {w * 0.8:.1f} 0 0Z",
           c.linear(((0, light(tone, 0.3)), (0.5, tone), (1, dark(tone, 0.35)))))  # fmt: skip
    c.line(
        f"M0 0Q{length * 0.5:.1f} {-w * 0.1:.1f} {length * 0.95:.1f} 0", light(tone, 0.5), max(1.5, length * 0.022), 0.8
    )
    for i in range(1, 5):
        at = length * i / 5.5
        c.line(
            f"M{at:.1f} 0l{length * 0.1:.1f} {-w * 0.5:.1f}M{at:.1f} 0l{length * 0.1:.1f} {w * 0.42:.1f}",
            light(tone, 0.4),
            max(1, length * 0.011),
            0.5,
        )
    c.pop()


def orb(
    colour: str, *, skin: str = "smooth", leaves: int = 0, blush: str = "", tall: float = 1.0, cap: str = "stem"
) -> Draw:
    """Return a drawer of a round fruit: its skin smooth, with pores or with bumps, and leaves at its stem."""

    def draw(c: Canvas) -> None:
        tone = c.vary(colour)
        c.blob(c.wobble(100, 100 * tall, share=0.018), c.round_fill(tone))
        if blush:
            c.ellipse(24, 14, 72, 70 * tall, c.radial(((0, blush, 0.75), (1, blush, 0.0))))
        if skin != "smooth":
            _speckle(c, tone, tall, bumps=skin == "bumps")
        c.ellipse(8, 66 * tall, 62, 22, c.radial(((0, light(tone, 0.45), 0.4), (1, light(tone, 0.45), 0.0))))
        c.gleam(-36, -42 * tall, 34, 22, 0.75)
        if cap == "stem":
            c.ellipse(14, -84 * tall, 17, 7, dark(tone, 0.4), opacity=0.6)
            c.line(f"M14 {-84 * tall:.0f}q3 -9 9 -15", "#5b6b2c", 7)
        elif cap == "star":
            star = [
                (
                    14 + math.cos(i * math.pi / 5) * (34 if i % 2 else 12),
                    -82 * tall + math.sin(i * math.pi / 5) * (13 if i % 2 else 5),
                )
                for i in range(10)
            ]
            c.blob(star, "#4d8a35")
            c.line(f"M14 {-84 * tall:.0f}q2 -10 10 -18", "#3f6f2b", 7)
        for i in range(leaves):
            leaf(c, c.dice.uniform(72, 92), turn=c.dice.uniform(-60, -30) + i * 75, x=16, y=-88 * tall)

    return draw


def _speckle(c: Canvas, tone: str, tall: float, *, bumps: bool) -> None:
    for _ in range(70 if bumps else 46):
        angle, reach = c.dice.uniform(0, 2 * math.pi), math.sqrt(c.dice.random()) * 92
        x, y, size = math.cos(angle) * reach, math.sin(angle) * reach * tall, c.dice.uniform(1.6, 3.2)
        if bumps:
            c.ellipse(x, y, 8, 7, dark(tone, 0.3), opacity=0.45)
            c.ellipse(x - 2, y - 2.5, 5, 4, light(tone, 0.4), opacity=0.6)
        else:
            c.ellipse(x, y, size, size, dark(tone, 0.28), opacity=0.4)


def citrus_half(rind: str, flesh: str, *, pith: float = 0.1) -> Draw:
    """Return a drawer of a cut citrus fruit that faces the buyer; ``pith`` is the white's share of the radius."""

    def draw(c: Canvas) -> None:
        c.ellipse(4, 8, 100, 96, dark(rind, 0.3))
        c.ellipse(0, 0, 100, 95, c.round_fill(rind))
        c.ellipse(0, 0, 94, 89, "#fff3d8")
        inner = 94 * (1 - pith)
        for i in range(10):
            start, end = 2 * math.pi * i / 10 + 0.05, 2 * math.pi * (i + 1) / 10 - 0.05
            middle = (start + end) / 2
            a, b = (
                (math.cos(start) * inner, math.sin(start) * inner * 0.95),
                (math.cos(end) * inner, math.sin(end) * inner * 0.95),
            )
            m = (math.cos(middle) * inner * 1.06, math.sin(middle) * inner)
            seg = f"M{math.cos(middle) * 9:.1f} {math.sin(middle) * 9:.1f}L{a[0]:.1f} {a[1]:.1f}Q{m[0]:.1f} {m[1]:.1f} {b[0]:.1f} {b[1]:.1f}Z"
            c.path(seg, c.vary(flesh, 0.07), stroke=c.vary(flesh, 0.05), stroke_width=5, stroke_linejoin="round")
            for _ in range(7):
                near, far, swing = (
                    c.dice.uniform(0.25, 0.6) * inner,
                    c.dice.uniform(0.65, 0.95) * inner,
                    middle + c.dice.uniform(-0.2, 0.2),
                )
                c.line(
                    f"M{math.cos(swing) * near:.1f} {math.sin(swing) * near * 0.95:.1f}L{math.cos(swing) * far:.1f} {math.sin(swing) * far * 0.95:.1f}",
                    light(flesh, 0.5),
                    2.2,
                    0.45,
                )
        c.gleam(-30, -38, 44, 24, 0.5)

    return draw


def banana_hand(skin: str, *, count: int = 8, thick: float = 1.0) -> Draw:
    """Return a drawer of a hand of bananas, about 360 wide."""

    def draw(c: Canvas) -> None:
        for tier in (0, 1):
            for i in range(count // 2):
                share = (i - (count / 2 - 1) / 2) / (count / 4)
                tone = c.vary(dark(skin, 0.14) if tier == 0 else skin, 0.06)
                reach, w = 175 - tier * 22 + c.dice.uniform(-8, 8), 29 * thick
                c.push(0, -88 + tier * 16, turn=-share * 43 + (5 if tier else 0))
                shape = f"M-13 0C{-w * 1.55:.0f} {reach * 0.28:.0f} {-w * 1.5:.0f} {reach * 0.75:.0f} {-6:.0f} {reach:.0f}L6 {reach + 2:.0f}C{w * 0.95:.0f} {reach * 0.8:.0f} {w * 1.15:.0f} {reach * 0.3:.0f} 13 0Z"
                c.path(
                    shape,
                    c.linear(
                        ((0, dark(tone, 0.2)), (0.3, light(tone, 0.42)), (0.62, tone), (1, dark(tone, 0.4))), angle=0
                    ),
                )
                c.line(
                    f"M{w * 0.3:.0f} 12Q{w * 0.55:.0f} {reach * 0.5:.0f} 4 {reach - 6:.0f}", dark(tone, 0.3), 2.4, 0.5
                )
                c.ellipse(0, reach + 2, 8, 7, "#4a3a22")
                for _ in range(5):
                    c.ellipse(
                        c.dice.uniform(-w * 0.7, w * 0.5),
                        c.dice.uniform(40, reach - 30),
                        2.2,
                        3.6,
                        "#6d4a1e",
                        opacity=0.5,
                    )
                c.pop()
        c.path(
            "M-34 -84C-30 -112 -14 -126 -12 -146L14 -148C16 -124 32 -108 36 -82C20 -66 -20 -66 -34 -84Z",
            c.tube_fill("#97983f", angle=0),
        )
        c.ellipse(1, -147, 13, 5, "#6d6430")

    return draw


def pineapple(c: Canvas) -> None:
    """Draw a pineapple, about 200 wide and 400 high with its crown."""
    for i in range(15):
        turn = -90 + (i - 7) * 10 + c.dice.uniform(-4, 4)
        leaf(c, 150 - abs(i - 7) * 9, turn=turn, x=(i - 7) * 4, y=-92, green="#5c8f4a", wide=0.11)
    body = "M-78 -80C-112 -20 -106 80 -66 118C-30 142 30 142 66 118C106 80 112 -20 78 -80C40 -108 -40 -108 -78 -80Z"
    c.path(body, c.round_fill("#dd9a2d"))
    c.clip(body)
    for row in range(11):
        for column in range(9):
            x, y = (column - 4 + (row % 2) / 2) * 27, -108 + row * 24
            squeeze = math.sqrt(max(0.05, 1 - (x / 118) ** 2))
            tone = mix("#e0a136", "#8f9a3c", max(0, (y + 100) / 420) if row % 3 else 0.3)
            c.path(
                f"M{x:.0f} {y - 14:.0f}L{x + 14 * squeeze:.0f} {y:.0f}L{x:.0f} {y + 14:.0f}L{x - 14 * squeeze:.0f} {y:.0f}Z",
                c.round_fill(c.vary(tone)),
                stroke="#8f5a1c",
                stroke_width=2,
                stroke_opacity=0.5,
            )
            c.line(f"M{x:.0f} {y + 3:.0f}l{3 * squeeze:.0f} 7", "#6d431c", 2.4, 0.7)
    c.path(
        body,
        c.linear(((0, "#fff6e4", 0.28), (0.35, "#fff6e4", 0.0), (0.6, "#2b120a", 0.0), (1, "#2b120a", 0.46)), angle=15),
    )
    c.pop()


def cane(colour: str, length: float = 560) -> Draw:
    """Return a drawer of a stick of sugar cane lying along the x axis."""

    def draw(c: Canvas) -> None:
        tone = c.vary(colour)
        c.rect(-length / 2, -17, length, 34, c.tube_fill(tone), corner=4)
        for i in range(7):
            x = -length / 2 + (i + 0.6) * length / 7 + c.dice.uniform(-6, 6)
            c.rect(x, -18.5, 9, 37, c.tube_fill(light(tone, 0.4)), corner=3)
            c.rect(x + 9, -17, 4, 34, dark(tone, 0.5), opacity=0.5)
        c.ellipse(length / 2, 0, 9, 17, c.round_fill("#efe6b4"))
        c.ellipse(length / 2, 0, 5, 11, "#d9cd8e")

    return draw


def custard_apple(c: Canvas) -> None:
    """Draw a na: green scales with pale seams."""
    c.blob(c.wobble(100, 96, share=0.03), c.round_fill("#7d8f45"))
    for ring in range(5):
        count = (1, 6, 10, 13, 15)[ring]
        for i in range(count):
            angle, reach = 2 * math.pi * (i + ring * 0.37) / count, ring * 23.5
            x, y = math.cos(angle) * reach, math.sin(angle) * reach * 0.95
            size = 17 - ring * 1.4
            squeeze = 1 - 0.5 * (ring / 5) ** 2
            c.ellipse(
                x,
                y,
                size * (squeeze if abs(x) > abs(y) else 1),
                size * (1 if abs(x) > abs(y) else squeeze),
                c.round_fill(c.vary("#9fb457", 0.1)),
                stroke="#dfe3a8",
                stroke_width=3,
            )
    c.ellipse(
        0,
        0,
        104,
        100,
        c.radial(((0, "#2b120a", 0.0), (0.6, "#2b120a", 0.0), (1, "#2b120a", 0.42)), at=(0.38, 0.32), radius=0.72),
    )
    c.gleam(-38, -40, 32, 20, 0.5)
    c.line("M2 -92q4 -14 14 -20", "#5b4a2c", 9)


def watermelon(c: Canvas) -> None:
    """Draw a striped water melon."""
    body = smooth(c.wobble(128, 108, share=0.01))
    c.path(body, c.round_fill("#4f9147"))
    c.clip(body)
    for i in range(-4, 5):
        x = i * 32
        points = [
            (x * (1 - (step / 6 - 0.5) ** 2 * 1.6) + c.dice.uniform(-7, 7), -112 + step * 37) for step in range(7)
        ]
        c.line(smooth(points, closed=False), "#1f4d2b", 15, 0.8)
        c.line(smooth([(px + c.dice.uniform(-9, 9), py) for px, py in points], closed=False), "#1f4d2b", 6, 0.7)
    c.path(
        body,
        c.radial(
            ((0, "#ffffff", 0.3), (0.4, "#ffffff", 0.0), (0.6, "#2b120a", 0.0), (1, "#2b120a", 0.5)),
            at=(0.34, 0.28),
            radius=0.8,
        ),
    )
    c.pop()
    c.gleam(-48, -50, 38, 20, 0.65)
    c.line("M8 -104q4 -16 22 -20", "#6d7a35", 9)


def melon_slice(rind: str, flesh: str, seeds: str, *, pale: str = "#e9f0c4") -> Draw:
    """Return a drawer of a wedge of melon standing on its rind, about 260 wide."""

    def draw(c: Canvas) -> None:
        c.path("M-130 -20A130 130 0 0 0 130 -20Q0 8 -130 -20Z", c.linear(((0, rind), (1, dark(rind, 0.35)))))
        c.path("M-120 -22A120 118 0 0 0 120 -22Q0 4 -120 -22Z", pale)
        c.path(
            "M-112 -24A112 106 0 0 0 112 -24Q0 0 -112 -24Z",
            c.linear(((0, light(flesh, 0.25)), (0.6, flesh), (1, mix(flesh, pale, 0.35)))),
        )
        for i in range(11):
            angle = math.pi * (i + 0.5) / 11
            reach = c.dice.choice((50, 68, 60))
            x, y = math.cos(angle) * reach, -16 + math.sin(angle) * reach * 0.85
            c.ellipse(x, y, 5, 8.5, seeds, transform=f"rotate({90 - math.degrees(angle):.0f} {x:.0f} {y:.0f})")
        c.path("M-130 -20Q0 8 130 -20Q0 -34 -130 -20Z", light(flesh, 0.3))
        c.gleam(-40, 20, 40, 16, 0.35)

    return draw


def muskmelon(c: Canvas) -> None:
    """Draw a golden melon, smooth and oblong."""
    c.blob(c.wobble(132, 96, share=0.01), c.round_fill("#f2b824"))
    for i in range(-3, 4):
        c.line(f"M-118 {i * 8}Q0 {i * 36} 118 {i * 8}", "#c98812", 3, 0.35)
    c.ellipse(10, 62, 80, 22, c.radial(((0, "#ffe89a", 0.5), (1, "#ffe89a", 0.0))))
    c.gleam(-46, -42, 46, 20, 0.8)
    c.line("M-126 -8q-16 -4 -22 -18", "#7f8a3e", 9)


def rose_apple(c: Canvas) -> None:
    """Draw a roi: a red bell."""
    tone = c.vary("#d23a46")
    shape = "M-16 -92C-58 -64 -88 12 -84 62C-78 98 -30 100 0 88C30 100 78 98 84 62C88 12 58 -64 16 -92C6 -98 -6 -98 -16 -92Z"
    c.path(shape, c.round_fill(tone))
    for i in range(-3, 4):
        c.line(f"M{i * 5} -84Q{i * 24} -8 {i * 22} 84", light(tone, 0.5), 3, 0.28)
    c.ellipse(0, 86, 36, 12, dark(tone, 0.45))
    for i in range(5):
        c.ellipse((i - 2) * 14, 88 + (i % 2) * 4, 10, 7, c.vary("#e88f86"))
    c.gleam(-32, -10, 17, 50, 0.7, 14)
    c.line("M0 -92q2 -12 8 -18", "#6b5a2c", 7)


def dragon_fruit(c: Canvas) -> None:
    """Draw a dragon fruit with its green-tipped scales."""
    c.blob(c.wobble(92, 106, share=0.02), c.round_fill("#d8326f"))
    for row in range(5):
        for i in range(4):
            x, y = (i - 1.5 + (row % 2) * 0.5) * 44, -86 + row * 38
            if abs(x) > 84:
                continue
            lean = x * 0.35
            c.path(f"M{x - 17:.0f} {y + 10:.0f}Q{x - 13:.0f} {y - 22:.0f} {x + lean:.0f} {y - 44:.0f}Q{x + 15:.0f} {y - 16:.0f} {x + 17:.0f} {y + 10:.0f}Q{x:.0f} {y + 22:.0f} {x - 17:.0f} {y + 10:.0f}Z",
                   c.linear(((0, "#8fb450"), (0.45, "#d9628a"), (1, "#c92b66"))), opacity=0.96)  # fmt: skip
    for i in range(5):
        leaf(c, 62, turn=-90 + (i - 2) * 22, y=-92, green="#8fb450", wide=0.2)
    c.gleam(-38, -20, 18, 46, 0.45, 10)


def speckled_half(rind: str, flesh: str, seeds: str, *, count: int = 70, rim: str = "#fff1f4") -> Draw:
    """Return a drawer of a cut fruit with its seeds strewn in the flesh: dragon fruit, guava, passion fruit."""

    def draw(c: Canvas) -> None:
        c.ellipse(4, 8, 96, 92, dark(rind, 0.4))
        c.ellipse(0, 0, 96, 91, c.round_fill(rind))
        c.ellipse(0, 0, 87, 82, rim)
        c.ellipse(0, 0, 80, 75, c.radial(((0, light(flesh, 0.18)), (0.7, flesh), (1, dark(flesh, 0.16)))))
        for _ in range(count):
            angle, reach = c.dice.uniform(0, 2 * math.pi), math.sqrt(c.dice.random()) * 70
            c.ellipse(math.cos(angle) * reach, math.sin(angle) * reach * 0.93, 2.8, 3.8, seeds)
        c.gleam(-26, -32, 40, 20, 0.45)

    return draw


def lychee_flesh(c: Canvas) -> None:
    """Draw a lychee half peeled: white flesh rising from its red shell."""
    c.ellipse(0, 0, 92, 92, c.radial(((0, "#ffffff"), (0.6, "#f3ead9"), (1, "#cdb9a0")), at=(0.36, 0.3), radius=0.8))
    c.gleam(-32, -38, 30, 18, 0.95)
    c.path(
        "M-96 14Q-60 -6 -38 20Q-10 -4 16 22Q46 -2 64 18Q84 4 96 12C96 70 50 98 0 98C-50 98 -96 70 -96 14Z",
        c.round_fill("#c2393f"),
    )
    for _ in range(34):
        x, y = c.dice.uniform(-76, 76), c.dice.uniform(32, 82)
        if (x / 92) ** 2 + (y / 96) ** 2 < 1:
            c.ellipse(x, y, 7, 6, "#8a2230", opacity=0.5)
            c.ellipse(x - 2, y - 2, 4, 3.4, "#e5767a", opacity=0.6)
