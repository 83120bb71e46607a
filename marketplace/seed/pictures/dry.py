"""What is dried, smoked, wrapped, baked or woven, each about 200 across with its middle at the origin."""

import math

from marketplace.seed.pictures.canvas import Canvas, dark, light, smooth
from marketplace.seed.pictures.piles import Draw


def grain(colour: str, *, long: float = 30, thick: float = 12) -> Draw:
    """Return a drawer of one grain, bean or seed."""

    def draw(c: Canvas) -> None:
        tone = c.vary(colour, 0.14)
        c.ellipse(2, 3, long, thick, dark(tone, 0.4))
        c.ellipse(0, 0, long, thick, tone)
        c.ellipse(-long * 0.25, -thick * 0.3, long * 0.5, thick * 0.36, light(tone, 0.6), opacity=0.7)

    return draw


def leaf_parcel(*, cut: bool = False) -> Draw:
    """Return a drawer of a nem chua: a small parcel in banana leaf, tied; or unwrapped to its pink meat."""

    def draw(c: Canvas) -> None:
        if cut:
            c.path("M-120 10L-40 -56L110 -44L128 24L20 70Z", c.linear(((0, "#8fb35a"), (1, "#4f7f36")), angle=40))
            for x in (-52, 12, 72):
                c.path(f"M{x - 34} 16A34 38 0 0 1 {x + 34} 16L{x + 30} 44L{x - 30} 44Z", "#c9606a")
                c.ellipse(
                    x,
                    6,
                    36,
                    36,
                    c.radial(((0, "#f6a9a4"), (0.8, "#e5797c"), (1, "#c4565e")), at=(0.38, 0.34), radius=0.7),
                )
                for _ in range(7):
                    c.line(
                        f"M{x + c.dice.uniform(-22, 16):.0f} {6 + c.dice.uniform(-24, 22):.0f}l{c.dice.uniform(6, 14):.0f} {c.dice.uniform(-5, 5):.0f}",
                        "#fdeee0",
                        3,
                        0.8,
                    )
                c.ellipse(x + 8, -2, 8, 6, "#d9301f")
                c.ellipse(x - 12, 14, 10, 6, "#f7efdc")
            return
        tone = c.vary("#5f8f3f", 0.14)
        c.rect(-112, -42, 224, 84, c.tube_fill(tone), corner=24)
        for i in range(9):
            c.line(f"M{-100 + i * 22} -40q12 40 -4 80", dark(tone, 0.35) if i % 2 else light(tone, 0.4), 2.4, 0.45)
        c.path("M-112 -18L-60 -42L-60 42L-112 18Z", light(tone, 0.16), opacity=0.7)
        for x in (-44, 44):
            c.rect(x - 6, -44, 12, 88, c.tube_fill("#e0c06a", angle=0), corner=4)

    return draw


def skewer(meat: str, *, char: str = "#5b2614", pieces: int = 5) -> Draw:
    """Return a drawer of a skewer of grilled meat along the x axis."""

    def draw(c: Canvas) -> None:
        c.rect(-250, -5, 500, 10, c.tube_fill("#d9b272"), corner=4)
        step = 330 / pieces
        for i in range(pieces):
            x, tone = -150 + i * step, c.vary(meat, 0.1)
            c.rect(x - step * 0.46, -37, step * 0.92, 74, c.tube_fill(tone), corner=28)
            for _ in range(4):
                c.ellipse(
                    x + c.dice.uniform(-step * 0.3, step * 0.3),
                    c.dice.uniform(-22, 24),
                    c.dice.uniform(6, 15),
                    c.dice.uniform(4, 8),
                    char,
                    opacity=0.45,
                )
            c.gleam(x - 8, -20, 16, 7, 0.85, -8)

    return draw


def sausages(c: Canvas) -> None:
    """Draw two linked sausages, smoked and glossy."""
    for side in (-1, 1):
        tone = c.vary("#a3352c", 0.1)
        shape = f"M{side * 12} -4C{side * 60} -44 {side * 190} -40 {side * 214} 6C{side * 216} 40 {side * 170} 44 {side * 130} 34C{side * 90} 24 {side * 40} 34 {side * 12} 10Z"
        c.path(shape, c.linear(((0, light(tone, 0.3)), (0.4, tone), (1, dark(tone, 0.5)))))
        c.clip(shape)
        for _ in range(20):
            c.ellipse(
                side * c.dice.uniform(20, 205),
                c.dice.uniform(-30, 36),
                c.dice.uniform(4, 9),
                c.dice.uniform(3, 6),
                "#e9b49c",
                opacity=0.5,
            )
        c.pop()
        c.gleam(side * 110, -16, 60, 8, 0.65, side * 3)
        c.line(f"M{side * 214} 6q{side * 20} -6 {side * 26} -18", "#caa06a", 6)
    c.line("M-14 2Q0 -10 14 2", "#e3c592", 10)


def jerky(c: Canvas) -> None:
    """Draw a strip of smoked buffalo, torn into fibres at its end."""
    tone = c.vary("#6b2c1f", 0.16)
    shape = smooth(
        [(-180, -26), (-60, -38), (80, -30), (176, -20), (186, 10), (120, 34), (-40, 40), (-170, 30), (-194, 2)]
    )
    c.path(shape, c.linear(((0, light(tone, 0.3)), (0.5, tone), (1, dark(tone, 0.45)))))
    c.clip(shape)
    for _ in range(30):
        y = c.dice.uniform(-34, 36)
        c.line(
            f"M{c.dice.uniform(-190, 40):.0f} {y:.0f}q60 {c.dice.uniform(-8, 8):.0f} {c.dice.uniform(70, 160):.0f} {c.dice.uniform(-4, 4):.0f}",
            c.dice.choice((light(tone, 0.35), dark(tone, 0.4), "#a84a30")),
            3,
            0.6,
        )
    for _ in range(12):
        c.ellipse(c.dice.uniform(-170, 170), c.dice.uniform(-24, 28), 4, 3, "#2a1a14", opacity=0.8)
    c.pop()
    for i in range(6):
        c.line(f"M176 {-16 + i * 7}q24 {i - 3} {30 + i % 3 * 12} {-8 + i * 4}", c.vary("#8a3d28", 0.15), 4)


def wrapped_roll(c: Canvas) -> None:
    """Draw a giò lụa standing: a thick roll in banana leaf, tied all round."""
    c.path(
        "M-84 -210L84 -210L84 200C60 224 -60 224 -84 200Z",
        c.linear(((0, "#3f6f2f"), (0.25, "#8fb862"), (0.55, "#5f9040"), (1, "#2f5a2b")), angle=0),
    )
    for i in range(-3, 4):
        c.line(f"M{i * 24} -206Q{i * 26 + 8} 0 {i * 24} 212", "#2f5a2b", 3, 0.4)
    for y in (-150, -70, 10, 90, 160):
        c.path(f"M-86 {y}Q0 {y + 34} 86 {y}L86 {y + 11}Q0 {y + 45} -86 {y + 11}Z", c.tube_fill("#e0c26c", angle=0))
    c.ellipse(0, -210, 84, 30, "#7fa850")
    c.path("M-84 -210Q-20 -250 30 -222Q60 -240 84 -210Q20 -186 -84 -210Z", "#98bd68")
    c.gleam(-46, -20, 10, 120, 0.4, 0)


def ham_slice(c: Canvas) -> None:
    """Draw a round slice of giò lụa."""
    c.ellipse(0, 16, 100, 62, "#d3a58c")
    c.ellipse(0, 0, 100, 62, c.radial(((0, "#fbe6d6"), (0.8, "#f3cdb6"), (1, "#d9a58a")), at=(0.4, 0.35), radius=0.7))
    for _ in range(14):
        c.ellipse(c.dice.uniform(-70, 70), c.dice.uniform(-38, 38), 3.6, 2.4, "#d8a78e", opacity=0.8)


def noodles(colour: str, *, fine: float = 3.4) -> Draw:
    """Return a drawer of a folded skein of dry noodles, about 360 wide."""

    def draw(c: Canvas) -> None:
        c.rect(-180, -42, 360, 84, c.tube_fill(dark(colour, 0.12)), corner=36)
        for i in range(46):
            y = -40 + i * 80 / 46 + c.dice.uniform(-2, 2)
            bend = c.dice.uniform(-10, 10)
            c.line(
                f"M{-176 + abs(y) * 0.4:.0f} {y:.0f}Q0 {y + bend:.0f} {176 - abs(y) * 0.4:.0f} {y:.0f}",
                c.vary(light(colour, 0.3 - i / 90), 0.12),
                fine,
                0.9,
            )
        c.rect(-24, -46, 48, 92, c.linear(((0, "#c9493a"), (0.4, "#ee8a72"), (1, "#9a2f28"))), corner=6)

    return draw


def rice_paper(c: Canvas) -> None:
    """Draw a sheet of rice paper, thin enough for the light."""
    c.ellipse(0, 7, 190, 62, "#b79a70", opacity=0.5)
    c.ellipse(0, 0, 190, 62, c.linear(((0, "#fffaf0"), (0.5, "#f3e6cc"), (1, "#dcc6a0"))))
    for i in range(-7, 8):
        c.line(f"M{i * 24 - 30} -56L{i * 24 + 30} 56M{i * 24 + 30} -56L{i * 24 - 30} 56", "#cdb48a", 1.2, 0.2)
    c.ellipse(0, 0, 190, 62, "none", stroke="#fffdf6", stroke_width=3)


def square_cake(c: Canvas) -> None:
    """Draw a bánh gai in its dry banana leaf, one corner open on the black cake."""
    tone = c.vary("#a3763f", 0.12)
    c.path("M-104 30L-10 78L112 34L112 -4L14 36L-104 -8Z", dark(tone, 0.4))
    c.path("M-104 -8L4 -52L112 -4L14 36Z", c.linear(((0, light(tone, 0.4)), (1, tone)), angle=30))
    for i in range(6):
        c.line(f"M{-90 + i * 20} {-12 - i * 8}L{12 + i * 17} {32 - i * 6}", dark(tone, 0.3), 2, 0.5)
    c.line("M-50 -31L64 14M-56 12L58 -26", "#ead09a", 7)


def black_cake(c: Canvas) -> None:
    """Draw an unwrapped bánh gai, cut to its yellow filling, with sesame."""
    c.blob(
        [(-86, -10), (-40, -48), (50, -50), (90, -12), (84, 34), (30, 58), (-48, 54), (-88, 28)],
        c.round_fill("#2d2826"),
    )
    c.path("M-10 -6L88 -14L84 34L30 58L-4 56Z", "#1f1a18")
    c.path("M8 8L74 2L70 28L28 44L10 40Z", c.radial(((0, "#f6d57a"), (1, "#d9a63c"))))
    for _ in range(26):
        c.ellipse(c.dice.uniform(-70, 40), c.dice.uniform(-40, -4), 4, 2.4, "#efe0c0", opacity=0.9)
    c.gleam(-44, -30, 30, 9, 0.7, -18)


def bar(colour: str, nut: str, *, count: int = 14, powder: bool = False) -> Draw:
    """Return a drawer of a sweet bar: chè lam dusted with flour, or kẹo lạc full of nuts."""

    def draw(c: Canvas) -> None:
        tone = c.vary(colour, 0.08)
        c.path("M-130 10L-30 52L136 8L136 40L-30 88L-130 42Z", dark(tone, 0.35))
        c.path("M-130 10L34 -36L136 8L-30 52Z", c.linear(((0, light(tone, 0.4)), (1, tone)), angle=30))
        for _ in range(count):
            u, v = c.dice.uniform(0.08, 0.92), c.dice.uniform(0.1, 0.9)
            x, y = -130 + 164 * u + 100 * v, 10 - 46 * u + 43 * v
            c.ellipse(x, y + 2, 12, 8, dark(nut, 0.35))
            c.ellipse(x, y, 12, 8, c.vary(nut, 0.12))
            c.ellipse(x - 3, y - 3, 5, 2.6, light(nut, 0.6), opacity=0.8)
        if powder:
            for _ in range(60):
                u, v = c.dice.random(), c.dice.random()
                c.ellipse(-130 + 164 * u + 100 * v, 10 - 46 * u + 43 * v, 3, 2, "#fffaf0", opacity=0.7)
        else:
            c.gleam(0, 4, 70, 9, 0.5, -15)

    return draw


def root(colour: str) -> Draw:
    """Return a drawer of a dried forked root: sâm báo."""

    def draw(c: Canvas) -> None:
        tone = c.vary(colour, 0.1)
        c.path(
            "M-40 -120C-20 -136 24 -136 42 -118C62 -60 40 0 46 40C60 90 40 130 66 178C30 160 14 110 8 60C-4 110 -10 150 -36 184C-30 140 -40 90 -34 40C-56 0 -64 -60 -40 -120Z",
            c.linear(((0, dark(tone, 0.2)), (0.35, light(tone, 0.4)), (0.7, tone), (1, dark(tone, 0.4))), angle=0),
        )
        for i in range(13):
            y = -104 + i * 15
            c.line(f"M-36 {y}q36 {c.dice.uniform(4, 14):.0f} 70 0", dark(tone, 0.4), 2.4, 0.4)
        for _ in range(7):
            low, side = c.dice.uniform(-20, 110), c.dice.choice((-1, 1))
            c.line(
                f"M{side * 36} {low:.0f}q{side * 20} 16 {side * c.dice.uniform(26, 54):.0f} {c.dice.uniform(20, 54):.0f}",
                dark(tone, 0.1),
                4,
            )
        c.rect(-20, -146, 40, 26, c.round_fill(dark(tone, 0.3)), corner=9)

    return draw


def bamboo_shoot(c: Canvas) -> None:
    """Draw a strip of dried bamboo shoot, ribbed and curled."""
    tone = c.vary("#c9923f", 0.18)
    shape = smooth([(-160, 6), (-70, -30), (60, -34), (160, -8), (150, 26), (40, 16), (-60, 26), (-150, 38)])
    c.path(shape, c.linear(((0, light(tone, 0.4)), (0.5, tone), (1, dark(tone, 0.45)))))
    for i in range(11):
        x = -136 + i * 27
        c.line(f"M{x} {-22 + abs(i - 5) * 5}q8 24 -4 44", dark(tone, 0.4), 3, 0.45)


def curl(colour: str) -> Draw:
    """Return a drawer of one rolled tea leaf."""

    def draw(c: Canvas) -> None:
        tone = c.vary(colour, 0.25)
        c.line(
            f"M-44 8Q{c.dice.uniform(-20, 20):.0f} {c.dice.uniform(-36, 36):.0f} 44 {c.dice.uniform(-12, 12):.0f}",
            dark(tone, 0.3),
            17,
        )
        c.line(f"M-40 4Q{c.dice.uniform(-10, 10):.0f} {c.dice.uniform(-24, 4):.0f} 36 -4", light(tone, 0.25), 7)

    return draw


def floss(c: Canvas) -> None:
    """Draw a tuft of pork floss."""
    for _ in range(12):
        c.line(
            f"M{c.dice.uniform(-50, 30):.0f} {c.dice.uniform(-26, 26):.0f}q{c.dice.uniform(-30, 40):.0f} {c.dice.uniform(-40, 40):.0f} {c.dice.uniform(10, 70):.0f} {c.dice.uniform(-20, 20):.0f}",
            c.vary("#d99a4c", 0.3),
            5,
        )


def rolled_mat(c: Canvas) -> None:
    """Draw a sedge mat, rolled, with its dyed stripes, about 520 wide."""
    c.rect(-260, -78, 520, 156, c.tube_fill("#e0c586"), corner=10)
    for i in range(60):
        c.line(f"M{-256 + i * 8.8:.0f} -76q4 76 0 152", c.vary("#b9935a", 0.2), 2, 0.4)
    for x, tone, width in (
        (-210, "#b5302a", 26),
        (-172, "#2f7a55", 12),
        (200, "#b5302a", 26),
        (164, "#2f7a55", 12),
        (0, "#b5302a", 18),
        (-30, "#d9982f", 10),
        (30, "#d9982f", 10),
    ):
        c.rect(x - width / 2, -78, width, 156, c.tube_fill(tone), opacity=0.88)
    c.ellipse(260, 0, 26, 78, "#cfae6c")
    for i in range(6):
        c.ellipse(260, 0, 24 - i * 4, 72 - i * 12, "none", stroke=("#8f6a35", "#f3e0ac")[i % 2], stroke_width=4)
    angle = [math.sin(i) * 3 for i in range(2)]
    for x, lean in ((-110, angle[0]), (112, angle[1])):
        c.line(f"M{x} -78q{6 + lean:.0f} 78 0 156", "#a8542e", 9)
