"""Pictures of meat, poultry, eggs and what comes out of the water."""

from collections.abc import Callable
from typing import TypeAlias

from marketplace.seed.pictures import fruit, greens, meat
from marketplace.seed.pictures.canvas import Canvas
from marketplace.seed.pictures.piles import Draw, heap_of, lay, rows, scatter
from marketplace.seed.pictures.stage import banana_leaf, basket_back, basket_front, board, plate, set_stage, tray

Picture: TypeAlias = Callable[[Canvas], None]


def _herbs(c: Canvas, x: float, y: float, scale: float = 0.5) -> None:
    lay(
        c,
        [(x, y)],
        greens.bunch("#9cc36a", "#4f9a3f", kind="feather", count=8),
        scale=scale,
        turn=10,
        foot=0.2,
        shadow=0.25,
    )


def _spice(c: Canvas) -> None:
    lay(c, [(185, 690), (250, 716)], greens.bulb("#e9dccb", wrapper="#9a5a8a", segments=4), scale=0.4)
    lay(c, [(610, 716), (668, 690)], greens.chilli, scale=0.56, turn=30, foot=0.2)


def _cuts(
    draw: Draw, backdrop: str, wood: str, places: list[tuple[float, float]], *, scale: float, leafy: bool = False
) -> Picture:
    def picture(c: Canvas) -> None:
        set_stage(c, backdrop, wood)
        if leafy:
            banana_leaf(c, 400, 590, 760, turn=-5)
        else:
            board(c, 400, 590, 345)
        lay(c, places, draw, scale=scale, turn=8, foot=0.95, shadow=0.45)
        _herbs(c, 640, 520)
        _spice(c)

    return picture


def _bird(skin: str, foot: str, backdrop: str, wood: str, *, duck: bool, leafy: bool, scale: float) -> Picture:
    def picture(c: Canvas) -> None:
        set_stage(c, backdrop, wood)
        if leafy:
            banana_leaf(c, 400, 560, 790, turn=4)
        else:
            tray(c, 400, 560, 360)
        lay(c, [(390, 480)], meat.dressed_bird(skin, foot, duck=duck), scale=scale, turn=4, foot=0.95, shadow=0.55)
        _herbs(c, 620, 660, 0.62)
        lay(c, [(180, 685), (245, 712)], fruit.orb("#8fb83c", skin="pores"), scale=0.34)
        lay(c, [(330, 722)], fruit.citrus_half("#8fb83c", "#dfe69a"), scale=0.34)

    return picture


def _eggs(colour: str, backdrop: str, wood: str, straw: str, *, spots: bool) -> Picture:
    def picture(c: Canvas) -> None:
        set_stage(c, backdrop, wood)
        basket_back(c, 400, 500, 270, straw)
        for _ in range(150):
            x, y = c.dice.uniform(190, 610), c.dice.uniform(455, 545)
            c.line(
                f"M{x:.0f} {y:.0f}q{c.dice.uniform(-30, 30):.0f} {c.dice.uniform(-22, 8):.0f} {c.dice.uniform(-66, 66):.0f} {c.dice.uniform(-26, 18):.0f}",
                c.vary("#e3c06a", 0.25),
                3.4,
            )
        lay(
            c,
            rows(c, 400, 485, 125, (2, 3, 4), rise=0.6),
            meat.egg(colour, spots=spots),
            scale=0.82,
            turn=38,
            shadow=0.3,
        )
        for _ in range(40):
            x = c.dice.uniform(190, 600)
            c.line(
                f"M{x:.0f} 545q{c.dice.uniform(-20, 20):.0f} {c.dice.uniform(-26, 2):.0f} {c.dice.uniform(-50, 50):.0f} {c.dice.uniform(-8, 10):.0f}",
                c.vary("#ecd084", 0.2),
                3.4,
            )
        basket_front(c, 400, 500, 270, straw)
        lay(c, [(165, 680)], meat.egg(colour, spots=spots), scale=0.78, turn=60)

    return picture


def _fishes(draw: Draw, backdrop: str, wood: str, *, scale: float, count: int = 2, leafy: bool = False) -> Picture:
    def picture(c: Canvas) -> None:
        set_stage(c, backdrop, wood)
        if leafy:
            banana_leaf(c, 400, 560, 800, turn=-4)
        else:
            plate(c, 400, 570, 365)
        places = [(400, 545), (392, 440), (408, 380)][:count]
        lay(c, list(reversed(places)), draw, scale=scale, turn=5, foot=0.7, shadow=0.4)
        lay(c, [(600, 690), (665, 665)], fruit.citrus_half("#8fb83c", "#dfe69a"), scale=0.38)
        lay(c, [(150, 690), (215, 716)], greens.chilli, scale=0.56, turn=30, foot=0.2)
        _herbs(c, 400, 690, 0.5)

    return picture


def squids(c: Canvas) -> None:
    """Dried squid fanned on a tray."""
    set_stage(c, "sea", "walnut")
    tray(c, 400, 580, 360)
    for x, turn in ((235, -24), (570, 24), (320, -8), (485, 8), (402, 0)):
        c.shadow(x + 14, 560, 110, 60, 0.3)
        c.push(x, 445, turn=turn, scale=1.08)
        meat.squid(c)
        c.pop()


def steaks(c: Canvas) -> None:
    """Mackerel steaks on a banana leaf."""
    set_stage(c, "sea", "grey")
    tray(c, 400, 590, 360, "#cda15c")
    banana_leaf(c, 400, 580, 620, turn=-3)
    lay(c, rows(c, 400, 600, 180, (3, 3, 3), rise=0.46), meat.steak, scale=0.94, turn=20, foot=0.8)
    lay(c, [(690, 705)], greens.chilli, scale=0.56, turn=30, foot=0.2)


def clams(c: Canvas) -> None:
    """Clams in a basket."""
    set_stage(c, "sea", "grey")
    basket_back(c, 400, 510, 280)
    lay(c, rows(c, 400, 500, 88, (4, 5, 6, 6), rise=0.46), meat.clam, scale=0.62, turn=70, shadow=0.35)
    basket_front(c, 400, 510, 280)
    scatter(c, 400, 655, 280, 5, meat.clam, scale=0.5)


def shrimps(c: Canvas) -> None:
    """Fresh shrimp in a ring."""
    set_stage(c, "sea", "pale")
    plate(c, 400, 590, 355, rim="#3f8a9a")
    lay(c, rows(c, 405, 600, 132, (3, 4, 4, 3), rise=0.5), meat.shrimp, scale=0.78, turn=50)
    lay(c, [(140, 705)], fruit.citrus_half("#e9c93a", "#f6e27a"), scale=0.48)


def krill(c: Canvas) -> None:
    """Dried krill heaped on a tray."""

    def one(c: Canvas) -> None:
        tone = c.dice.choice(("#f0b48c", "#e79a74", "#f6cfac", "#d98a66"))
        c.line("M-60 20C-50 -50 40 -56 58 4", tone, 25)
        c.line("M-52 4C-40 -42 24 -48 46 -8", "#fff0dc", 7, 0.5)
        c.ellipse(-58, 12, 7, 7, "#2a1a16")
        c.line("M58 4l26 22M-62 22l-34 18", tone, 6)

    set_stage(c, "sea", "honey")
    tray(c, 400, 600, 345)
    heap_of(c, 400, 600, 265, 190, 300, one, scale=0.3, base="#d98f68")
    scatter(c, 400, 610, 320, 8, one, scale=0.32)


PICTURES: dict[str, Picture] = {
    "lon-bachi": _cuts(meat.belly, "dawn", "honey", [(330, 420), (465, 560)], scale=1.32),
    "lon-nac": _cuts(
        meat.chunk("#d9727a", "#f6dccf", rim=True),
        "mist",
        "walnut",
        [(270, 455), (500, 430), (390, 570)],
        scale=1.3,
        leafy=True,
    ),
    "lon-man": _cuts(meat.belly, "kitchen", "red", [(300, 385), (500, 455), (340, 575)], scale=1.14, leafy=True),
    "bo-bap": _cuts(
        meat.chunk("#a8262f", "#f3d6c4", marbled=22),
        "kitchen",
        "honey",
        [(280, 440), (515, 450), (385, 575)],
        scale=1.34,
    ),
    "ga-doi": _bird("#efc878", "#e0a93a", "garden", "walnut", duck=False, leafy=True, scale=1.26),
    "vit-cl": _bird("#f2d9b4", "#dd8f3a", "mist", "honey", duck=True, leafy=False, scale=1.2),
    "ngan": _bird("#ecc99c", "#c9853f", "dawn", "grey", duck=True, leafy=True, scale=1.16),
    "trung-ga": _eggs("#e3b48a", "dawn", "honey", "#cf9a52", spots=True),
    "trung-vit": _eggs("#dfe7dd", "mist", "walnut", "#a8763e", spots=False),
    "ca-qua": _fishes(
        meat.fish("#4d5044", "#c9c4ac", depth=62, scales=True, spots="#2b2a24", length=560),
        "mist",
        "walnut",
        scale=1.06,
        count=3,
        leafy=True,
    ),
    "ca-chep": _fishes(meat.fish("#b98a3f", "#f2dca4", depth=100, fin="#c2603a"), "garden", "red", scale=1.15),
    "ca-me": _fishes(meat.fish("#7f929c", "#eef0ea", depth=92), "sea", "honey", scale=1.12, leafy=True),
    "muc-kho": squids,
    "ca-thu": steaks,
    "ngao": clams,
    "tom-the": shrimps,
    "moi-kho": krill,
}
