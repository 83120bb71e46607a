"""Meat, poultry, eggs, fish and shellfish, each about 200 across with its middle at the origin."""

import math

from marketplace.seed.pictures.canvas import Canvas, dark, light, smooth
from marketplace.seed.pictures.piles import Draw


def belly(c: Canvas) -> None:
    """Draw a slab of pork belly: skin, fat and lean in layers, about 360 wide."""
    top = "M-170 -60L120 -78C150 -78 178 -52 182 -40L-116 -8C-150 -10 -172 -36 -170 -60Z"
    c.path(
        "M-170 -60C-172 -36 -150 -10 -116 -8L182 -40L176 74C160 92 -100 124 -124 112C-150 96 -172 60 -170 -60Z",
        "#f2c9b0",
    )
    for i, (tone, height) in enumerate(
        (("#f6dcc4", 22), ("#c9555a", 26), ("#f7e0cc", 18), ("#d2666a", 30), ("#f3d2ba", 12), ("#bd4a52", 20))
    ):
        y = -4 + sum((22, 26, 18, 30, 12, 20)[:i])
        lean = [(-120, y), (-40, y - 8 + c.dice.uniform(-5, 5)), (60, y - 16 + c.dice.uniform(-5, 5)), (180, y - 34),
                (178, y - 34 + height), (60, y - 16 + height + c.dice.uniform(-5, 5)), (-40, y - 8 + height + c.dice.uniform(-5, 5)), (-122, y + height)]  # fmt: skip
        c.path(smooth(lean), c.vary(tone, 0.05))
    c.path(top, c.linear(((0, "#fbe3c9"), (0.5, "#f1c6a2"), (1, "#dda47e"))))
    c.path(
        "M-170 -60C-172 -36 -150 -10 -116 -8L-124 112C-150 96 -172 60 -170 -60Z",
        c.linear(((0, "#e9b692"), (1, "#c78764"))),
    )
    for _ in range(16):
        x, deep = c.dice.uniform(-110, 150), c.dice.uniform(0, 96)
        c.line(f"M{x:.0f} {deep - x * 0.1:.0f}l{c.dice.uniform(12, 30):.0f} -4", "#fbe9db", 3, 0.4)
    c.gleam(-20, -46, 90, 10, 0.7, -5)


def chunk(lean: str, fat: str, *, marbled: int = 12, rim: bool = False) -> Draw:
    """Return a drawer of a piece of lean meat, about 260 wide."""

    def draw(c: Canvas) -> None:
        tone = c.vary(lean, 0.06)
        outline = c.wobble(128, 82, count=9, share=0.09)
        shape = smooth(outline)
        c.path(smooth([(x, y + 26) for x, y in outline]), dark(tone, 0.35))
        c.path(shape, c.linear(((0, light(tone, 0.32)), (0.45, tone), (1, dark(tone, 0.3))), angle=60))
        c.clip(shape)
        for _ in range(marbled):
            x, y = c.dice.uniform(-120, 90), c.dice.uniform(-76, 70)
            c.line(
                f"M{x:.0f} {y:.0f}q{c.dice.uniform(6, 30):.0f} {c.dice.uniform(-14, 14):.0f} {c.dice.uniform(24, 66):.0f} {c.dice.uniform(-12, 12):.0f}",
                fat,
                c.dice.uniform(2, 6),
                0.6,
            )
        for i in range(11):
            c.line(f"M{-130 + i * 25} -84q16 80 -8 170", dark(tone, 0.4), 2, 0.25)
        c.pop()
        if rim:
            c.path(
                smooth([(x * 1.02, y * 1.02) for x, y in outline[4:9]], closed=False),
                "none",
                stroke=fat,
                stroke_width=20,
                stroke_linecap="round",
            )
        c.gleam(-46, -40, 50, 16, 0.5, -16)

    return draw


def dressed_bird(skin: str, foot: str, *, duck: bool = False) -> Draw:
    """Return a drawer of a dressed chicken or duck lying on its back, about 420 wide."""

    def draw(c: Canvas) -> None:
        for side in (0, 1):
            c.line(f"M{-150 - side * 14} {20 + side * 34}l-84 {-18 + side * 22}", foot, 20)
            for toe in (-1, 0, 1):
                c.line(f"M{-230 - side * 14} {4 + side * 54}l-30 {toe * 20 - 6}", dark(foot, 0.12), 10)
        neck = "M120 -20C170 -70 206 -92 232 -78C252 -62 238 -30 214 -20C190 -12 170 22 140 50Z"
        c.path(neck, c.tube_fill(skin, angle=70))
        c.ellipse(232, -66, 34, 28, c.round_fill(light(skin, 0.1)))
        if duck:
            c.path("M252 -78C284 -84 304 -70 312 -58C294 -48 268 -48 250 -52Z", c.tube_fill("#d9a03a"))
        else:
            c.path("M256 -74L282 -62L254 -54Z", "#d8a23c")
            c.blob([(214, -92), (222, -112), (232, -98), (242, -112), (250, -92), (232, -84)], "#c9342c")
        c.ellipse(236, -70, 4, 4, "#3a2a20")
        body = (
            "M-190 14C-200 -40 -120 -104 -10 -108C90 -110 160 -60 164 6C164 70 80 104 -20 102C-120 100 -180 70 -190 14Z"
        )
        c.path(body, c.round_fill(skin))
        c.clip(body)
        for _ in range(90):
            c.ellipse(c.dice.uniform(-180, 156), c.dice.uniform(-100, 96), 2.6, 1.8, dark(skin, 0.22), opacity=0.35)
        c.pop()
        c.path("M-40 30C0 -30 110 -40 150 10C120 46 20 70 -40 30Z", c.round_fill(light(skin, 0.14)))
        c.path(
            "M-190 14C-196 -26 -140 -60 -96 -30C-56 0 -70 66 -110 84C-150 82 -184 60 -190 14Z",
            c.round_fill(light(skin, 0.08)),
        )
        c.line("M-30 34C10 60 90 54 140 16M-100 -28C-64 4 -76 58 -108 82", dark(skin, 0.3), 4, 0.45)
        c.ellipse(10, 86, 130, 14, c.radial(((0, light(skin, 0.6), 0.5), (1, light(skin, 0.6), 0.0))))
        c.gleam(0, -70, 90, 20, 0.55, -3)

    return draw


def egg(colour: str, *, spots: bool = False) -> Draw:
    """Return a drawer of an egg."""

    def draw(c: Canvas) -> None:
        tone = c.vary(colour, 0.07)
        c.path(
            "M0 -112C52 -112 88 -34 88 18C88 70 48 100 0 100C-48 100 -88 70 -88 18C-88 -34 -52 -112 0 -112Z",
            c.round_fill(tone),
        )
        for _ in range(26 if spots else 8):
            c.ellipse(c.dice.uniform(-54, 54), c.dice.uniform(-64, 78), 2.6, 2.6, dark(tone, 0.3), opacity=0.4)
        c.ellipse(6, 74, 52, 18, c.radial(((0, "#fff6e4", 0.4), (1, "#fff6e4", 0.0))))
        c.gleam(-30, -44, 24, 36, 0.8, 18)

    return draw


def fish(
    back: str,
    belly_colour: str,
    *,
    length: float = 500,
    depth: float = 84,
    scales: bool = True,
    spots: str = "",
    fin: str = "",
) -> Draw:
    """Return a drawer of a whole fish that looks to the left."""

    def draw(c: Canvas) -> None:
        half, fin_colour = length / 2, fin or dark(back, 0.2)
        tail = f"M{half * 0.72:.0f} 0L{half * 1.12:.0f} {-depth * 0.95:.0f}Q{half:.0f} 0 {half * 1.14:.0f} {depth * 0.9:.0f}Z"
        c.path(tail, c.linear(((0, light(fin_colour, 0.2)), (1, fin_colour)), angle=0))
        c.path(
            f"M{-half * 0.25:.0f} {-depth * 0.9:.0f}C{-half * 0.1:.0f} {-depth * 1.55:.0f} {half * 0.3:.0f} {-depth * 1.3:.0f} {half * 0.5:.0f} {-depth * 0.55:.0f}Z",
            fin_colour,
        )
        for x in (-0.3, 0.1, 0.42):
            c.path(
                f"M{half * x:.0f} {depth * 0.7:.0f}L{half * (x + 0.16):.0f} {depth * 1.35:.0f}L{half * (x + 0.2):.0f} {depth * 0.6:.0f}Z",
                light(fin_colour, 0.12),
            )
        body = smooth([(-half, depth * 0.1), (-half * 0.72, -depth * 0.66), (-half * 0.2, -depth), (half * 0.4, -depth * 0.66), (half * 0.8, -depth * 0.22),
                       (half * 0.8, depth * 0.22), (half * 0.4, depth * 0.62), (-half * 0.2, depth * 0.92), (-half * 0.74, depth * 0.62)])  # fmt: skip
        c.path(
            body,
            c.linear(
                (
                    (0, dark(back, 0.12)),
                    (0.2, light(back, 0.25)),
                    (0.45, back),
                    (0.72, belly_colour),
                    (1, dark(belly_colour, 0.25)),
                )
            ),
        )
        c.clip(body)
        if scales:
            for row in range(9):
                for i in range(17):
                    x, y = -half * 0.5 + i * half * 0.085 + (row % 2) * half * 0.042, -depth * 0.9 + row * depth * 0.22
                    c.line(
                        f"M{x:.0f} {y - depth * 0.12:.0f}q{half * 0.06:.0f} {depth * 0.12:.0f} 0 {depth * 0.24:.0f}",
                        light(back, 0.55),
                        2.6,
                        0.4,
                    )
        if spots:
            for _ in range(26):
                x, y = c.dice.uniform(-half * 0.5, half * 0.7), c.dice.uniform(-depth * 0.6, depth * 0.3)
                c.ellipse(x, y, c.dice.uniform(8, 19), c.dice.uniform(7, 14), spots, opacity=0.5)
        c.pop()
        c.line(
            f"M{-half * 0.56:.0f} {-depth * 0.62:.0f}Q{-half * 0.44:.0f} 0 {-half * 0.58:.0f} {depth * 0.62:.0f}",
            dark(back, 0.4),
            5,
            0.6,
        )
        c.line(f"M{-half * 0.98:.0f} {depth * 0.16:.0f}q26 8 44 2", dark(back, 0.5), 5, 0.7)
        c.ellipse(-half * 0.76, -depth * 0.16, 15, 15, "#f7efd8")
        c.ellipse(-half * 0.765, -depth * 0.16, 9, 9, "#20180f")
        c.ellipse(-half * 0.775, -depth * 0.2, 3, 3, "#ffffff")
        c.path(
            f"M{-half * 0.44:.0f} {depth * 0.14:.0f}q{half * 0.18:.0f} {depth * 0.08:.0f} {half * 0.2:.0f} {depth * 0.46:.0f}q{-half * 0.2:.0f} {-depth * 0.06:.0f} {-half * 0.2:.0f} {-depth * 0.46:.0f}Z",
            light(fin_colour, 0.25),
        )
        c.gleam(-half * 0.1, -depth * 0.5, half * 0.55, depth * 0.16, 0.65, 2)

    return draw


def steak(c: Canvas) -> None:
    """Draw a steak of mackerel cut across, dried for one day."""
    c.ellipse(4, 22, 104, 78, "#4f5f6a")
    c.blob(c.wobble(104, 80, share=0.04), c.linear(((0, "#7f93a0"), (0.5, "#c9d2d2"), (1, "#8a9aa2"))))
    c.blob(c.wobble(94, 70, share=0.03), c.radial(((0, "#f9e5d0"), (0.7, "#edc6a4"), (1, "#d7a682"))))
    for side in (-1, 1):
        for i in range(4):
            c.line(
                f"M{side * 12} {-46 + i * 10}Q{side * (46 + i * 12)} {-40 + i * 22} {side * 30} {40 + i * 5}",
                "#c98f6c",
                3,
                0.5,
            )
    c.ellipse(0, -4, 12, 11, "#fbf1e2")
    c.ellipse(0, -4, 5, 5, "#b98a6c")
    c.path("M-16 66Q0 16 16 66Z", "#9a6a58", opacity=0.7)
    c.gleam(-30, -34, 36, 12, 0.6)


def squid(c: Canvas) -> None:
    """Draw a dried squid, flat and amber, about 440 high."""
    for i in range(9):
        turn = (i - 4) * 9
        c.push(0, 96, turn=-turn)
        wave = c.dice.uniform(-26, 26)
        c.line(f"M0 0Q{wave:.0f} 60 {wave * 0.6:.0f} {c.dice.uniform(96, 150):.0f}", c.vary("#b97a48", 0.1), 11)
        c.pop()
    c.path(
        "M0 -222C-44 -170 -84 -150 -122 -160C-112 -118 -84 -92 -80 -60L80 -60C84 -92 112 -118 122 -160C84 -150 44 -170 0 -222Z",
        c.round_fill("#d39a62"),
    )
    c.path(
        "M0 -214C-52 -150 -92 -30 -84 50C-60 76 60 76 84 50C92 -30 52 -150 0 -214Z",
        c.linear(((0, "#c98a52"), (0.3, "#f2c78c"), (0.6, "#e3ab6c"), (1, "#a8683a")), angle=0),
    )
    for i in range(-2, 3):
        c.line(f"M{i * 5} -196Q{i * 34} -60 {i * 28} 58", "#fbe3b8", 4, 0.4)
    for _ in range(40):
        c.ellipse(c.dice.uniform(-66, 66), c.dice.uniform(-80, 50), 3, 3, "#9a5634", opacity=0.4)
    c.path("M-44 58C-52 96 -40 116 0 118C40 116 52 96 44 58Z", c.round_fill("#c98a56"))
    for side in (-1, 1):
        c.ellipse(side * 26, 88, 10, 10, "#3a2018")


def shrimp(c: Canvas) -> None:
    """Draw a shrimp curled as fresh ones are, about 220 across."""
    for i in range(6):
        angle = math.radians(150 + i * 26)
        c.line(
            f"M{math.cos(angle) * -52:.0f} {math.sin(angle) * -52 + 10:.0f}q{c.dice.uniform(-8, 8):.0f} 22 {-math.cos(angle) * 12:.0f} 34",
            "#e9a884",
            5,
            0.8,
        )
    for i in range(8):
        angle = math.radians(-170 + i * 27)
        x, y, size = math.cos(angle) * 72, math.sin(angle) * 62, 39 - i * 2.7
        c.ellipse(
            x,
            y,
            size,
            size * 0.86,
            c.round_fill(c.vary("#e79a7c" if i % 2 else "#eeb298", 0.04)),
            transform=f"rotate({math.degrees(angle):.0f} {x:.0f} {y:.0f})",
        )
        c.line(
            f"M{math.cos(angle) * 42:.0f} {math.sin(angle) * 36:.0f}L{math.cos(angle) * 104:.0f} {math.sin(angle) * 90:.0f}",
            "#f9dccb",
            3,
            0.6,
        )
    c.path("M50 54L92 88L60 98L40 116L30 78Z", c.round_fill("#d97a5e"))
    c.path("M-100 -18C-116 10 -110 44 -92 62L-150 40Z", c.round_fill("#e28f70"))
    c.line("M-100 34Q-170 40 -190 100M-96 44Q-140 80 -140 130", "#cf6f52", 3.4, 0.9)
    c.ellipse(-96, 16, 9, 9, "#1f1512")
    c.ellipse(-99, 13, 3, 3, "#ffffff")
    c.gleam(-40, -52, 46, 12, 0.7, -22)


def clam(c: Canvas) -> None:
    """Draw a clam with its growth rings."""
    tone = c.dice.choice(("#c9b394", "#d9c8a8", "#a8937a", "#e2d4b8", "#b8a48a"))
    shape = "M-96 30C-104 -30 -54 -76 -2 -78C52 -78 104 -30 96 30C70 66 -70 66 -96 30Z"
    c.path("M-94 34C-70 78 70 78 94 34Q0 60 -94 34Z", dark(tone, 0.4))
    c.path(shape, c.round_fill(tone))
    for i in range(1, 6):
        w, h = 92 - i * 14, 98 - i * 16
        c.path(
            f"M{-w} {26 - i * 3}C{-w} {-h * 0.5:.0f} {w} {-h * 0.5:.0f} {w} {26 - i * 3}",
            "none",
            stroke=dark(tone, 0.35),
            stroke_width=3.4,
            opacity=0.5,
        )
    for i in range(-3, 4):
        c.line(f"M{i * 4} -72Q{i * 22} -20 {i * 26} 44", c.dice.choice((dark(tone, 0.45), light(tone, 0.4))), 3, 0.3)
    c.gleam(-34, -34, 30, 14, 0.65)
