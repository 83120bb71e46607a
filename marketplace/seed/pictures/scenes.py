"""Photos of a diary: fields, orchards, ponds, barns, boats, kitchens and packing, in many lights."""

import random
from collections.abc import Callable
from typing import TypeAlias

from marketplace.seed.pictures import land
from marketplace.seed.pictures.canvas import Canvas, dark, light, mix, smooth

WIDTH, HEIGHT = 800, 600
Scene: TypeAlias = Callable[[Canvas, str], None]


def draw_scene(code: str, seed: int | str) -> Canvas:
    """Draw a view of a kind (``SCENES``); another seed gives other weather and another corner of it."""
    dice = random.Random(f"{code} {seed}")
    c = Canvas(WIDTH, HEIGHT, dice)
    hour = dice.choice(sorted(land.HOURS))
    SCENES[code](c, hour)
    c.rect(0, 0, WIDTH, HEIGHT, c.linear(((0, land.HOURS[hour][5], 0.26), (1, land.HOURS[hour][5], 0.0)), angle=60))
    return c


def _rows(
    c: Canvas, horizon: float, soil: str, plant: Callable[[float, float, float], None], *, lanes: int = 9
) -> None:
    land.ground(c, horizon, soil)
    vanish = WIDTH * c.dice.uniform(0.3, 0.7)
    for i in range(-lanes, lanes + 1):
        near = vanish + i * WIDTH / lanes * 1.1
        far = vanish + i * 26
        c.path(
            f"M{far - 5:.0f} {horizon:.0f}L{far + 5:.0f} {horizon:.0f}L{near + 44:.0f} {HEIGHT}L{near - 44:.0f} {HEIGHT}Z",
            dark(soil, 0.25),
            opacity=0.5,
        )
    for step in range(13):
        share = (step / 12) ** 1.9
        y = horizon + 8 + share * (HEIGHT - horizon)
        for i in range(-lanes, lanes + 1):
            x = vanish + i * (26 + share * (WIDTH / lanes * 1.1 - 26))
            if -40 < x < WIDTH + 40:
                plant(x + c.dice.uniform(-3, 3), y, 9 + share * 46)


def rice_field(c: Canvas, hour: str) -> None:
    """A paddy, green or ripe, with someone at work."""
    land.sky(c, hour, 240)
    ripe = c.dice.random() < 0.45
    tone = "#c9a83a" if ripe else c.dice.choice(("#7fae45", "#8fbb4f", "#5f9a4a"))

    def tuft(x: float, y: float, size: float) -> None:
        for k in range(4):
            lean = (k - 1.5) * size * 0.22
            c.line(
                f"M{x:.0f} {y:.0f}q{lean * 0.4:.0f} {-size * 0.5:.0f} {lean:.0f} {-size * 0.8:.0f}",
                c.vary(tone, 0.25),
                max(1.4, size * 0.09),
            )

    land.bamboo(c, c.dice.uniform(60, 200), 250, 120)
    land.house(c, c.dice.uniform(480, 680), 252, 100, stilts=c.dice.random() < 0.5)
    _rows(c, 245, "#8fa552" if not ripe else "#b99a45", tuft, lanes=11)
    for i in range(2):
        land.farmer(
            c,
            c.dice.uniform(120, 660),
            380 + i * 60,
            74 + i * 22,
            bent=True,
            shirt=c.dice.choice(("#7a4a6b", "#3f6f8a", "#8a5a3a")),
        )


def terraces(c: Canvas, hour: str) -> None:
    """Rice terraces stepping down a hill."""
    land.sky(c, hour, 190)
    for i in range(9):
        y = 190 + i * 48
        tone = c.dice.choice(("#8fb54a", "#a9c35a", "#c9b545", "#7fa848", "#b9cdb0"))
        edge = [
            (-30, y + c.dice.uniform(-14, 22)),
            (180, y + c.dice.uniform(-18, 24)),
            (400, y + c.dice.uniform(-26, 14)),
            (620, y + c.dice.uniform(-14, 24)),
            (830, y + c.dice.uniform(-20, 20)),
        ]
        top = smooth(edge, closed=False)
        c.path(
            top + f"L830 {HEIGHT + 30}L-30 {HEIGHT + 30}Z",
            c.linear(((0, light(tone, 0.35)), (0.2, tone), (1, dark(tone, 0.4)))),
        )
        c.line(top, light(tone, 0.65), 5, 0.9)
        for _ in range(34):
            x = c.dice.uniform(0, WIDTH)
            c.line(
                f"M{x:.0f} {y + c.dice.uniform(20, 44):.0f}l{c.dice.uniform(-3, 3):.0f} -12",
                light(tone, 0.25),
                2.6,
                0.7,
            )
    land.house(c, c.dice.uniform(120, 300), 270, 100, stilts=True)
    land.farmer(c, c.dice.uniform(400, 640), 420, 80, bent=True)


def vegetable_beds(c: Canvas, hour: str) -> None:
    """Beds of greens, watered."""
    land.sky(c, hour, 210)
    land.house(c, c.dice.uniform(120, 620), 222, 110)
    tone = c.dice.choice(("#5f9a45", "#7fb552", "#4f8a4a", "#8fbf5a"))

    def plant(x: float, y: float, size: float) -> None:
        for k in range(5):
            c.ellipse(
                x + (k - 2) * size * 0.2,
                y - size * 0.2 - (size * 0.16 if k % 2 else 0),
                size * 0.2,
                size * 0.26,
                c.vary(tone, 0.2),
            )

    _rows(c, 215, "#8a6443", plant, lanes=6)
    land.farmer(c, c.dice.uniform(140, 660), 420, 120, shirt="#4f7a8a")


def orchard(c: Canvas, hour: str) -> None:
    """Fruit trees in rows."""
    land.sky(c, hour, 220)
    land.ground(c, 215, "#8fb05a")
    fruit = c.dice.choice(("#f2952a", "#f2952a", "#e0c23a", "#c9353f", "#d9622e"))
    for y, size, step in ((265, 74, 100), (350, 124, 170), (500, 210, 270)):
        shift = c.dice.uniform(0, step)
        for i in range(-1, 9):
            x = shift + i * step
            if -80 < x < WIDTH + 80:
                land.tree(c, x, y + c.dice.uniform(-8, 8), size, fruits=fruit)
    land.farmer(c, c.dice.uniform(240, 560), 470, 116, shirt="#a85a3a")


def pond(c: Canvas, hour: str) -> None:
    """A fish pond with its bank and a small hut."""
    land.sky(c, hour, 220)
    land.ground(c, 215, "#7fa552")
    shape = smooth([(-60, 330), (180, 268), (460, 262), (760, 300), (880, 420), (700, 640), (60, 660), (-90, 480)])
    c.path(shape, c.linear(((0, "#cfe6dc"), (0.4, "#7fb3b5"), (1, "#3f7a86"))))
    for _ in range(34):
        x, y = c.dice.uniform(40, 720), c.dice.uniform(290, 580)
        c.line(f"M{x:.0f} {y:.0f}q{20 + y / 18:.0f} -5 {40 + y / 9:.0f} 0", "#ffffff", 2.6, 0.4)
    for _ in range(6):
        x, y = c.dice.uniform(160, 640), c.dice.uniform(360, 540)
        c.ellipse(x, y, 36, 10, "none", stroke="#ffffff", stroke_width=2.4, opacity=0.6)
        c.path(f"M{x - 18:.0f} {y:.0f}q18 -22 36 0Z", "#6d7a70")
    land.house(c, c.dice.uniform(540, 700), 268, 120, roof="#8a6f4a")
    land.palm(c, 90, 300, 190)
    land.farmer(c, c.dice.uniform(200, 340), 318, 92, shirt="#4f6f9a")


def barn(c: Canvas, hour: str) -> None:
    """Pigs in an airy pen on straw."""
    c.rect(0, 0, WIDTH, HEIGHT, c.linear(((0, "#7a5a3f"), (1, "#b58f5f"))))
    for i in range(3):
        x = 60 + i * 260
        c.rect(x, 60, 180, 120, c.linear(((0, land.HOURS[hour][0]), (1, land.HOURS[hour][1]))), corner=6)
        c.path(f"M{x} 180q50 -40 90 -20q40 -30 90 20Z", "#6f9a5a")
    for i in range(9):
        c.rect(i * 100 - 10, 0, 16, 250, c.tube_fill("#6b4a30", angle=0))
    c.path(f"M0 240L{WIDTH} 240L{WIDTH} {HEIGHT}L0 {HEIGHT}Z", c.linear(((0, "#b9955c"), (1, "#8a6a3f"))))
    for _ in range(170):
        left, top = c.dice.uniform(0, WIDTH), c.dice.uniform(260, HEIGHT)
        c.line(
            f"M{left:.0f} {top:.0f}l{c.dice.uniform(-34, 34):.0f} {c.dice.uniform(-8, 8):.0f}",
            c.vary("#e3c277", 0.25),
            3,
            0.8,
        )
    dark_breed = c.dice.random() < 0.3
    for x, y, size in ((170, 340, 0.8), (590, 330, 0.75), (390, 390, 1.0), (180, 480, 1.15), (610, 490, 1.25)):
        tone = c.vary("#3f3634" if dark_breed else "#eeb5a4", 0.08)
        c.shadow(x, y + 62 * size, 130 * size, 26 * size, 0.5)
        c.push(x, y, scale=size, flip=c.dice.random() < 0.5)
        for leg in (-66, -40, 40, 68):
            c.rect(leg - 11, 30, 24, 42, dark(tone, 0.18), corner=6)
        c.ellipse(0, 0, 112, 62, c.round_fill(tone))
        c.ellipse(100, -16, 50, 44, c.round_fill(light(tone, 0.06)))
        c.path("M80 -54q-8 -30 -28 -30q4 30 12 40Z", dark(tone, 0.15))
        c.path("M112 -56q14 -28 32 -22q-6 26 -18 34Z", dark(tone, 0.1))
        c.ellipse(144, -8, 18, 22, dark(tone, 0.14))
        c.ellipse(146, -12, 4, 5, "#7a3f3a")
        c.ellipse(146, -2, 4, 5, "#7a3f3a")
        c.ellipse(118, -28, 5, 6, "#241814")
        c.line("M-108 -10q-22 -8 -16 10q6 14 -14 8", dark(tone, 0.15), 7)
        c.pop()
    c.rect(0, 560, WIDTH, 20, c.tube_fill("#7a5434"))


def poultry(c: Canvas, hour: str) -> None:
    """Hens under the trees."""
    land.sky(c, hour, 200)
    land.ground(c, 195, "#93a958")
    land.tree(c, 130, 300, 190)
    land.bamboo(c, 690, 280, 170)
    land.house(c, 430, 262, 130, roof="#8a6f4a")
    for _ in range(120):
        x, y = c.dice.uniform(0, WIDTH), c.dice.uniform(300, HEIGHT)
        c.line(f"M{x:.0f} {y:.0f}l3 -{c.dice.uniform(6, 14):.0f}", c.vary("#7f9a45", 0.2), 2.4, 0.7)
    white = c.dice.random() < 0.35
    for i in range(11):
        x, y, size = c.dice.uniform(70, 730), 330 + i * 21, 0.5 + i * 0.05
        tone = c.vary("#f3ece0" if white else c.dice.choice(("#a8562e", "#c98442", "#6b3a24", "#d9a45a")), 0.08)
        c.shadow(x, y + 40 * size, 60 * size, 14 * size, 0.45)
        c.push(x, y, scale=size, flip=c.dice.random() < 0.5)
        c.line("M-8 24V50M14 24V50", "#d99a2e", 5)
        c.path(
            "M-60 -34C-50 10 -20 40 16 36C50 30 56 -2 44 -30C56 -52 44 -74 28 -70C14 -66 18 -40 2 -28C-20 -16 -44 -20 -60 -34Z",
            c.round_fill(tone),
        )
        c.path("M-40 -8Q-8 26 26 4Q0 -14 -40 -8Z", dark(tone, 0.2))
        c.path("M22 -72q2 -18 10 -8q8 -12 12 2q10 -4 6 12Z", "#cf2f26")
        c.path("M48 -56l18 6l-16 6Z", "#e0a52e")
        c.ellipse(38, -56, 3.4, 3.4, "#1f1410")
        c.pop()
    land.farmer(c, c.dice.uniform(500, 620), 360, 110, shirt="#8a3f4f")


def bees(c: Canvas, hour: str) -> None:
    """Hives at the edge of a wood."""
    land.sky(c, hour, 220)
    land.ground(c, 210, "#7f9a4f")
    for i in range(7):
        land.tree(
            c,
            i * 130 + c.dice.uniform(-20, 20),
            270,
            150 + (i % 3) * 20,
            green=c.dice.choice(("#3f7040", "#5a8a45", "#4f7a3a")),
        )
    for i, (x, y, size) in enumerate(
        ((150, 400, 0.8), (390, 390, 0.8), (620, 405, 0.85), (250, 530, 1.15), (560, 535, 1.2))
    ):
        tone = ("#e3b45a", "#7fa8b5", "#d98a5a", "#e9d08a", "#8fae7a")[i]
        c.shadow(x + 10, y, 90 * size, 20 * size, 0.5)
        c.rect(
            x - 66 * size,
            y - 96 * size,
            132 * size,
            92 * size,
            c.linear(((0, light(tone, 0.3)), (1, dark(tone, 0.3))), angle=30),
            corner=4,
        )
        c.rect(x - 76 * size, y - 112 * size, 152 * size, 20 * size, c.tube_fill(light(tone, 0.2)), corner=4)
        c.rect(x - 26 * size, y - 24 * size, 52 * size, 9 * size, "#2f2018", corner=3)
    for _ in range(40):
        left, top = c.dice.uniform(60, 740), c.dice.uniform(250, 560)
        c.ellipse(left, top, 4.4, 3, "#2b2118")
        c.ellipse(left - 1, top - 4, 4, 2.4, "#ffffff", opacity=0.7)
    land.farmer(c, c.dice.uniform(380, 460), 480, 128, shirt="#f0ead8")


def sea(c: Canvas, hour: str) -> None:
    """Boats coming home with the catch."""
    land.sky(c, hour, 230)
    c.rect(0, 228, WIDTH, 240, c.linear(((0, "#bfe0e0"), (0.5, "#6fb0ba"), (1, "#4f909c"))))
    for _ in range(50):
        x, y = c.dice.uniform(-20, WIDTH), c.dice.uniform(240, 460)
        c.line(f"M{x:.0f} {y:.0f}q{y / 20:.0f} -5 {y / 9:.0f} 0", "#ffffff", 2.4, 0.45)
    c.path(
        smooth([(-60, 470), (200, 440), (460, 466), (840, 430), (880, 660), (-60, 660)]),
        c.linear(((0, "#f3e0b4"), (1, "#cfa870"))),
    )
    for x, y, size in ((590, 300, 0.6), (220, 360, 0.9), (500, 440, 1.25)):
        tone = c.dice.choice(("#3f7a8a", "#b5453a", "#4f8a5a", "#d9952e"))
        c.push(x, y, scale=size, flip=c.dice.random() < 0.5)
        c.path(
            "M-130 -20Q-110 34 -70 36L84 36Q120 26 150 -40Q60 -6 -130 -20Z",
            c.linear(((0, light(tone, 0.3)), (1, dark(tone, 0.45)))),
        )
        c.line("M-128 -18Q40 0 148 -38", "#f6e6c0", 7)
        c.rect(-40, -58, 66, 50, c.linear(((0, "#f6ead0"), (1, "#c9b48a"))), corner=5)
        c.line("M50 -20V-120M50 -116L110 -40", "#6b4a30", 5)
        c.path("M50 -118L82 -108L50 -96Z", "#d9302a")
        c.ellipse(120, -22, 6, 6, "#ffffff")
        c.pop()
    for i in range(3):
        x = 130 + i * 60
        c.ellipse(x, 560 + i * 8, 52, 20, c.tube_fill("#b98a4a"))
        c.ellipse(x, 553 + i * 8, 44, 14, "#cfd9da")
        for _ in range(14):
            c.ellipse(x + c.dice.uniform(-34, 34), 552 + i * 8 + c.dice.uniform(-8, 8), 9, 3, c.vary("#9fb0b5", 0.3))
    land.farmer(c, 380, 570, 130, shirt="#4f6f7a")


def kitchen(c: Canvas, hour: str) -> None:
    """A workshop with jars and a steaming pot."""
    c.rect(0, 0, WIDTH, 400, c.linear(((0, "#e9cf9f"), (1, "#c99a62"))))
    c.rect(470, 60, 250, 190, c.linear(((0, land.HOURS[hour][0]), (1, land.HOURS[hour][1]))), corner=6)
    c.path("M470 250q60 -70 120 -30q70 -50 130 30Z", "#7fa05a")
    for x in (470, 592, 714):
        c.rect(x - 5, 60, 12, 194, "#7a5434")
    c.rect(460, 246, 270, 14, "#7a5434")
    c.rect(0, 380, WIDTH, 220, c.linear(((0, "#b5764a"), (1, "#6f4228"))))
    for shelf in (130, 260):
        c.rect(30, shelf, 380, 14, c.tube_fill("#8a5a34"))
        for i in range(6):
            tone = c.dice.choice(("#a8522c", "#cf8a3a", "#7d5a4a", "#d9b060", "#8a3a3a"))
            c.rect(
                48 + i * 60,
                shelf - 66,
                44,
                66,
                c.linear(((0, dark(tone, 0.2)), (0.3, light(tone, 0.4)), (1, dark(tone, 0.4))), angle=0),
                corner=9,
            )
            c.rect(50 + i * 60, shelf - 76, 40, 14, "#e6d3a8", corner=4)
    for x, size in ((180, 1.0), (590, 1.15)):
        c.shadow(x, 540, 150 * size, 30, 0.6)
        c.path(
            f"M{x - 120 * size:.0f} 400C{x - 130 * size:.0f} 500 {x - 90 * size:.0f} 540 {x:.0f} 540C{x + 90 * size:.0f} 540 {x + 130 * size:.0f} 500 {x + 120 * size:.0f} 400Z",
            c.tube_fill("#6a5648", angle=0),
        )
        c.ellipse(x, 400, 120 * size, 30 * size, "#4a3a30")
        c.ellipse(x, 402, 106 * size, 23 * size, c.dice.choice(("#a8582a", "#cf9a4a", "#e9d9b4", "#8f5f6a")))
        for k in (-40, 0, 40):
            c.line(f"M{x + k:.0f} 380q-24 -40 0 -76q24 -36 0 -74", "#ffffff", 14, 0.22)
    land.farmer(c, 395, 560, 250, shirt=c.dice.choice(("#8a3f4f", "#4f6f5a", "#3f6f8a")))


def drying(c: Canvas, hour: str) -> None:
    """Trays drying in the sun."""
    land.sky(c, hour, 190)
    land.ground(c, 185, "#d3b98a")
    land.house(c, c.dice.uniform(150, 650), 226, 150)
    land.palm(c, 720, 240, 180)
    tone = c.dice.choice(("#e79a74", "#f3e6cc", "#c9923f", "#5b4438", "#d9a45a", "#8fa052"))
    for row in range(4):
        y, size = 300 + row * 82, 62 + row * 22
        for i in range(-1, 9):
            x = i * size * 2.3 + (row % 2) * size
            c.shadow(x + 8, y + 10, size * 1.06, size * 0.44, 0.4)
            c.ellipse(x, y, size, size * 0.38, c.tube_fill("#c99a55"))
            c.ellipse(x, y - 2, size * 0.9, size * 0.32, light(tone, 0.1))
            for _ in range(16):
                c.ellipse(
                    x + c.dice.uniform(-0.7, 0.7) * size,
                    y + c.dice.uniform(-0.2, 0.2) * size,
                    size * 0.09,
                    size * 0.04,
                    c.vary(tone, 0.3),
                )
    land.farmer(c, c.dice.uniform(250, 560), 400, 130, shirt="#4f7a6a")


def packing(c: Canvas, hour: str) -> None:
    """Crates and boxes ready for the road."""
    c.rect(0, 0, WIDTH, 330, c.linear(((0, "#efe0bd"), (1, "#d9bb85"))))
    c.rect(60, 60, 230, 170, c.linear(((0, land.HOURS[hour][0]), (1, land.HOURS[hour][1]))), corner=6)
    c.path("M60 230q60 -60 110 -30q60 -46 120 30Z", "#7fa05a")
    c.rect(0, 320, WIDTH, 280, c.linear(((0, "#c08a55"), (1, "#80522f"))))
    tone = c.dice.choice(("#f2952a", "#7fae45", "#d92f22", "#e3b48a", "#f0c43a"))
    for x, y, size in ((620, 330, 0.9), (430, 350, 0.9), (560, 470, 1.2), (210, 490, 1.25)):
        c.shadow(x + 10, y + 78 * size, 140 * size, 30 * size, 0.5)
        for _ in range(46):
            px, py = c.dice.uniform(-104, 104) * size, c.dice.uniform(-46, -6) * size
            c.ellipse(x + px, y + py, 24 * size, 22 * size, c.round_fill(c.vary(tone, 0.1)))
        for k in range(3):
            c.rect(x - 124 * size, y + (-16 + k * 32) * size, 248 * size, 26 * size, c.tube_fill("#d3a566"), corner=3)
        for k in (-112, 98):
            c.rect(x + k * size, y - 22 * size, 16 * size, 104 * size, c.tube_fill("#a8763e", angle=0))
    land.farmer(c, 340, 440, 230, shirt="#3f6f5a")


def homestead(c: Canvas, hour: str) -> None:
    """A house in its garden: how a household wishes to be seen."""
    land.sky(c, hour, 230)
    land.ground(c, 225, mix("#9ab85f", "#d3b98a", c.dice.uniform(0, 0.5)))
    c.path("M330 600Q380 440 396 330L430 330Q470 440 560 600Z", c.linear(((0, "#e9d3a2"), (1, "#cfae72"))))
    stilts = c.dice.random() < 0.35
    land.tree(c, c.dice.uniform(90, 190), 345, 190, fruits=c.dice.choice(("#f2952a", "#e0c23a", "#c9353f")))
    land.house(c, 415, 352, 290, stilts=stilts, roof=c.dice.choice(("#a8482f", "#b5583a", "#7f4a3a")))
    land.palm(c, c.dice.uniform(640, 720), 360, 260)
    for _ in range(60):
        x, y = c.dice.uniform(0, WIDTH), c.dice.uniform(400, 590)
        if 300 < x < 590:
            continue
        c.line(f"M{x:.0f} {y:.0f}v-18", "#5f8a45", 3)
        c.ellipse(x, y - 20, 8, 7, c.dice.choice(("#e0563f", "#f2c23a", "#d97aa0", "#ffffff", "#a86ac0")))
    for i in range(c.dice.choice((2, 2, 3))):
        land.farmer(
            c,
            330 + i * 74 + c.dice.uniform(-8, 8),
            470 + i % 2 * 14,
            150 - i % 3 * 18,
            shirt=c.dice.choice(("#7a4a6b", "#3f6f8a", "#a85a3a", "#4f7a5a")),
        )


SCENES: dict[str, Scene] = {
    "rice": rice_field,
    "terraces": terraces,
    "beds": vegetable_beds,
    "orchard": orchard,
    "pond": pond,
    "barn": barn,
    "poultry": poultry,
    "bees": bees,
    "sea": sea,
    "kitchen": kitchen,
    "drying": drying,
    "packing": packing,
    "home": homestead,
}
