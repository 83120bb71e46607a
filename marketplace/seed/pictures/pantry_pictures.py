"""Pictures of what stands in a pantry: rice, sauces, dried goods, sweets, tea, honey and things woven."""

from collections.abc import Callable
from typing import TypeAlias

from marketplace.seed.pictures import dry, fruit, greens, vessels
from marketplace.seed.pictures.canvas import Canvas, dark, light
from marketplace.seed.pictures.piles import Draw, heap_of, lay, rows, scatter
from marketplace.seed.pictures.stage import banana_leaf, board, bowl_back, bowl_front, cloth, plate, set_stage, tray

Picture: TypeAlias = Callable[[Canvas], None]


def _stand(c: Canvas, x: float, y: float, draw: Draw, scale: float) -> None:
    c.shadow(x + 22 * scale, y - 2, 180 * scale, 42 * scale, 0.6)
    c.push(x, y, scale=scale)
    draw(c)
    c.pop()


def _bowl(
    c: Canvas,
    x: float,
    y: float,
    rx: float,
    draw: Draw,
    base: str,
    *,
    count: int = 170,
    scale: float = 0.5,
    glaze: str = "#f2ead9",
    paint: str = "#41709b",
) -> None:
    bowl_back(c, x, y, rx, glaze)
    heap_of(c, x, y + rx * 0.04, rx * 0.9, rx * 0.5, count, draw, scale=scale, base=base)
    bowl_front(c, x, y, rx, glaze, paint)


def _pool(
    c: Canvas, x: float, y: float, rx: float, colour: str, *, glaze: str = "#f6efe0", paint: str = "#8a4a2c"
) -> None:
    bowl_back(c, x, y, rx, glaze)
    c.ellipse(
        x,
        y + rx * 0.05,
        rx * 0.88,
        rx * 0.24,
        c.radial(((0, light(colour, 0.25)), (0.7, colour), (1, dark(colour, 0.35))), at=(0.4, 0.35), radius=0.75),
    )
    c.gleam(x - rx * 0.3, y, rx * 0.34, rx * 0.06, 0.75, 0)
    bowl_front(c, x, y, rx, glaze, paint)


def _rice(grain: str, sack: str, ink: str, backdrop: str, wood: str, *, mark: str, short: bool, tied: bool) -> Picture:
    def picture(c: Canvas) -> None:
        set_stage(c, backdrop, wood)
        _stand(c, 270, 600, vessels.sack(sack, ink=ink, mark=mark, rice="" if tied else grain), 1.08)
        one = dry.grain(grain, long=21 if short else 29, thick=12 if short else 8)
        _bowl(c, 545, 540, 165, one, grain, count=420, scale=0.46)
        scatter(c, 430, 690, 230, 26, one, scale=0.42)
        for i in range(7):
            c.push(120 + i * 9, 730 - i * 5, turn=-24 - i * 5)
            c.line("M0 0Q120 -30 230 -6", "#b9953f", 4)
            for k in range(13):
                c.ellipse(
                    112 + k * 9.5,
                    -17 + (k % 2) * 12 - k * 0.3,
                    11,
                    5,
                    c.vary("#e3b64c", 0.12),
                    transform=f"rotate({-26 if k % 2 else 26} {112 + k * 9.5} {-17 + (k % 2) * 12})",
                )
            c.pop()

    return picture


def _bottles(
    draw: Draw,
    pool: str,
    backdrop: str,
    wood: str,
    *,
    scale: float = 1.0,
    extra: Callable[[Canvas], None] | None = None,
) -> Picture:
    def picture(c: Canvas) -> None:
        set_stage(c, backdrop, wood)
        _stand(c, 225, 545, draw, scale * 0.94)
        _stand(c, 400, 620, draw, scale)
        _pool(c, 590, 590, 120, pool)
        if extra:
            extra(c)

    return picture


def _jars(draw: Draw, backdrop: str, wood: str, extra: Callable[[Canvas], None]) -> Picture:
    def picture(c: Canvas) -> None:
        set_stage(c, backdrop, wood)
        _stand(c, 235, 540, draw, 1.12)
        _stand(c, 440, 620, draw, 1.24)
        extra(c)

    return picture


def _packed(
    pouch: Draw,
    heap: Draw,
    base: str,
    backdrop: str,
    wood: str,
    *,
    count: int = 170,
    scale: float = 0.5,
    glaze: str = "#f2ead9",
    paint: str = "#41709b",
    stray: float = 0.4,
) -> Picture:
    def picture(c: Canvas) -> None:
        set_stage(c, backdrop, wood)
        _stand(c, 240, 560, pouch, 1.2)
        _bowl(c, 530, 520, 185, heap, base, count=count, scale=scale, glaze=glaze, paint=paint)
        scatter(c, 400, 690, 250, 9, heap, scale=stray)

    return picture


def _laid(
    draw: Draw,
    backdrop: str,
    wood: str,
    places: list[tuple[float, float]],
    *,
    scale: float,
    turn: float = 8,
    holder: str = "board",
    extra: Callable[[Canvas], None] | None = None,
) -> Picture:
    def picture(c: Canvas) -> None:
        set_stage(c, backdrop, wood)
        if holder == "leaf":
            banana_leaf(c, 400, 580, 780, turn=-4)
        else:
            _HOLDERS[holder](c, 400, 580, 350)
        lay(c, places, draw, scale=scale, turn=turn, foot=0.4)
        if extra:
            extra(c)

    return picture


def _both(*draws: Callable[[Canvas], None]) -> Picture:
    def picture(c: Canvas) -> None:
        for draw in draws:
            draw(c)

    return picture


def _dish(x: float, y: float, rx: float, colour: str, *, paint: str = "#8a4a2c") -> Picture:
    return lambda c: _pool(c, x, y, rx, colour, paint=paint)


def _chillies(c: Canvas) -> None:
    lay(c, [(600, 706), (668, 690)], greens.chilli, scale=0.6, turn=30, foot=0.2)


def _limes(c: Canvas) -> None:
    lay(c, [(600, 700), (672, 680)], fruit.citrus_half("#8fb83c", "#dfe69a"), scale=0.4)
    lay(c, [(185, 700)], greens.chilli, scale=0.6, turn=30, foot=0.2)


def _garlic(c: Canvas) -> None:
    lay(c, [(175, 700), (245, 722)], greens.bulb("#e9dccb", wrapper="#9a5a8a", segments=4), scale=0.42)
    _chillies(c)


def _cup(colour: str) -> Callable[[Canvas], None]:
    def draw(c: Canvas) -> None:
        _pool(c, 600, 640, 88, colour, paint="#4f8a6a")
        for x in (572, 604, 636):
            c.line(f"M{x} 600q-16 -30 2 -58q16 -30 -2 -56", "#ffffff", 8, 0.3)

    return draw


def nem_chua(c: Canvas) -> None:
    """Nem chua in leaf, some opened."""
    set_stage(c, "dawn", "walnut")
    tray(c, 400, 580, 355)
    lay(c, rows(c, 400, 545, 200, (2, 3, 2), rise=0.38), dry.leaf_parcel(), scale=0.96, turn=14, foot=0.35)
    lay(c, [(330, 660), (520, 655)], dry.leaf_parcel(cut=True), scale=1.0, turn=6, foot=0.4)
    _chillies(c)


def nem_thinh(c: Canvas) -> None:
    """Shredded pork in roasted rice powder, with fig leaves."""
    set_stage(c, "garden", "red")
    for i in range(9):
        fruit.leaf(c, 190, turn=i * 40, x=400, y=600, green="#6fa044", wide=0.36)
    _bowl(c, 400, 520, 230, dry.floss, "#c98f4c", count=190, scale=0.62, glaze="#efe3cb", paint="#a8502f")
    _chillies(c)


def gio_lua(c: Canvas) -> None:
    """Giò lụa standing, and slices."""
    set_stage(c, "cream", "honey")
    board(c, 420, 620, 335)
    lay(c, [(230, 430), (385, 445)], dry.wrapped_roll, scale=1.0, turn=2, foot=2.0)
    lay(c, [(520, 560), (585, 590), (520, 640), (420, 665)], dry.ham_slice, scale=0.86, turn=4, foot=0.5)


def floss_jar(c: Canvas) -> None:
    """Pork floss in a jar and in a bowl."""
    set_stage(c, "cream", "walnut")
    _stand(c, 235, 590, vessels.jar("#d99a4c", lid="#b5382c", mark="flower", grain=120), 1.25)
    _bowl(c, 535, 530, 180, dry.floss, "#cf8f42", count=170, scale=0.6, paint="#b5382c")


def shoots(c: Canvas) -> None:
    """Dried bamboo shoots."""
    set_stage(c, "kitchen", "honey")
    tray(c, 400, 590, 350)
    heap_of(c, 400, 590, 250, 180, 80, dry.bamboo_shoot, scale=0.5, base="#8a5a26")


def papers(c: Canvas) -> None:
    """A stack of rice paper."""
    set_stage(c, "cream", "pale")
    tray(c, 400, 610, 350)
    for i in range(16):
        c.push(400 + c.dice.uniform(-8, 8), 600 - i * 11, scale=1.28)
        dry.rice_paper(c)
        c.pop()
    lay(c, [(640, 690)], greens.bunch("#9cc36a", "#4f9a3f", kind="feather", count=8), scale=0.5, turn=10, foot=0.2)


def mats(c: Canvas) -> None:
    """Sedge mats, rolled and spread."""
    set_stage(c, "dawn", "pale", 300)
    for i in range(30):
        y = 420 + i * 12
        c.path(
            f"M{150 - i * 4} {y}L{650 + i * 4} {y}L{652 + i * 4} {y + 10}L{148 - i * 4} {y + 10}Z",
            ("#b5302a", "#e6cd92", "#e0c586", "#ecd7a0", "#2f7a55")[
                0 if i in (1, 28) else 4 if i in (3, 26) else 1 + i % 3
            ],
        )
    for k in range(3):
        x = 260 + k * 140
        for turn in range(8):
            c.push(x, 590, turn=turn * 45)
            c.ellipse(0, -28, 11, 20, "#b5302a" if turn % 2 else "#d9982f")
            c.pop()
        c.ellipse(x, 590, 12, 12, "#2f7a55")
    c.shadow(400, 475, 340, 50, 0.5)
    lay(c, [(400, 400)], dry.rolled_mat, scale=1.14, turn=2, foot=0.6)


def myrtle_wine(c: Canvas) -> None:
    """Rose myrtle wine with its berries."""
    set_stage(c, "kitchen", "walnut")
    _stand(c, 300, 600, vessels.bottle("#6b1f3f", cap="#3a2a22", mark="flower", ink="#8a2f5c", wide=0.9), 1.05)
    _pool(c, 545, 600, 105, "#7d2347", paint="#8a2f5c")
    lay(
        c,
        [(430, 700), (490, 722), (385, 726), (610, 716), (660, 700)],
        fruit.orb("#5b2a4c", cap="star", blush="#8a3f5c"),
        scale=0.32,
    )


_HOLDERS: dict[str, Callable[[Canvas, float, float, float], None]] = {
    "board": board,
    "plate": plate,
    "tray": tray,
    "cloth": cloth,
}
_SAUCE = vessels.jar("#8f5f78", lid="#b5453a", mark="fish", grain=60)
_TEP = vessels.jar("#cf5a34", lid="#d9a03a", mark="fish", grain=110)
_HONEY_COMB = dry.grain("#f0b02e", long=24, thick=20)
PICTURES: dict[str, Picture] = {
    "nem-chua": nem_chua,
    "nem-nuong": _laid(
        dry.skewer("#c9663a"),
        "kitchen",
        "honey",
        [(400, 430), (390, 505), (410, 580), (395, 655)],
        scale=1.12,
        turn=5,
        holder="leaf",
        extra=_garlic,
    ),
    "nem-thinh": nem_thinh,
    "gio-lua": gio_lua,
    "lap-suon": _laid(
        dry.sausages,
        "kitchen",
        "red",
        [(400, 440), (380, 510), (420, 585), (395, 655)],
        scale=1.3,
        turn=7,
        extra=_garlic,
    ),
    "thit-trau": _laid(
        dry.jerky,
        "kitchen",
        "walnut",
        [(330, 450), (480, 480), (340, 540), (490, 580), (380, 640)],
        scale=1.22,
        turn=14,
        holder="leaf",
        extra=_chillies,
    ),
    "ruoc-thit": floss_jar,
    "mam-tom": _jars(_SAUCE, "sea", "walnut", _both(_dish(625, 640, 105, "#8a5a76", paint="#7d3f6a"), _limes)),
    "mam-tep": _jars(_TEP, "dawn", "honey", _both(_dish(625, 640, 105, "#cf5026"), _garlic)),
    "nuoc-mam": _bottles(
        vessels.bottle("#a8521c", cap="#b0342a", mark="fish", ink="#8a2f1c"), "#b5601f", "sea", "honey", extra=_garlic
    ),
    "nuoc-mam-qn": _bottles(vessels.can("#b8651f"), "#b5601f", "sea", "walnut", scale=1.12, extra=_chillies),
    "mam-cay": _bottles(
        vessels.bottle("#5f4433", cap="#2f5a6a", mark="fish", ink="#2f5a6a"), "#6b4a36", "mist", "grey", extra=_limes
    ),
    "tuong-xp": _bottles(
        vessels.bottle("#b98334", cap="#5a7a35", mark="leaf", ink="#6d5a1f", wide=1.1),
        "#c08a38",
        "garden",
        "red",
        extra=_chillies,
    ),
    "mang-kho": shoots,
    "moc-nhi": _packed(
        vessels.pouch("#cfa873", ink="#4a2f22", window="#4a322b"),
        greens.wood_ear,
        "#33221d",
        "mist",
        "walnut",
        count=90,
        scale=0.44,
        stray=0.4,
    ),
    "mien-tl": _laid(
        dry.noodles("#efe7d4"),
        "cream",
        "honey",
        [(400, 450), (390, 530), (410, 615)],
        scale=1.42,
        turn=4,
        holder="tray",
    ),
    "mien-dong": _laid(
        dry.noodles("#c9a36c", fine=2.6),
        "mist",
        "walnut",
        [(400, 450), (390, 530), (410, 615)],
        scale=1.42,
        turn=4,
        holder="cloth",
    ),
    "banh-da": papers,
    "lac-nhan": _packed(
        vessels.pouch("#d9b07a", ink="#9a3a2c", window="#b5503f"),
        dry.grain("#c2604a", long=30, thick=21),
        "#8a382c",
        "dawn",
        "honey",
        count=240,
        scale=0.52,
    ),
    "vung-den": _packed(
        vessels.pouch("#f0e2c4", ink="#3a2f2a", mark="flower", window="#332d2a"),
        dry.grain("#3a332f", long=18, thick=11),
        "#241f1c",
        "cream",
        "red",
        count=420,
        scale=0.46,
        paint="#b5493f",
    ),
    "do-den": _packed(
        vessels.pouch("#c9a06a", ink="#2f5a35", window="#2a2624"),
        dry.grain("#2d2a2e", long=28, thick=19),
        "#1c191b",
        "garden",
        "pale",
        count=260,
        scale=0.5,
    ),
    "dau-lac": _bottles(
        vessels.bottle("#e0a92e", cap="#d9982f", mark="flower", ink="#9a4a1f"),
        "#e6b23c",
        "orchard",
        "honey",
        extra=lambda c: scatter(c, 400, 700, 240, 12, dry.grain("#c2604a", long=30, thick=21), scale=0.6),
    ),
    "bot-san-day": _packed(
        vessels.pouch("#f4ecdc", ink="#4f8a4a", window="#fdf8ee"),
        dry.grain("#fbf6ea", long=34, thick=24),
        "#efe6d4",
        "mist",
        "honey",
        count=150,
        scale=0.56,
        paint="#4f8a4a",
    ),
    "gao-nep-chv": _rice("#f7efdb", "#e6cf9c", "#a8762a", "orchard", "honey", mark="flower", short=True, tied=False),
    "gao-nep-hc": _rice("#f3ead2", "#c99a62", "#6d3a1f", "mist", "walnut", mark="hill", short=True, tied=True),
    "gao-st25": _rice("#fbf8ee", "#f3ead6", "#2f7a4a", "garden", "pale", mark="leaf", short=False, tied=True),
    "gao-te": _rice("#f9f4e6", "#d9bd8a", "#b5453a", "dawn", "red", mark="leaf", short=False, tied=False),
    "mat-ong-pl": _bottles(
        vessels.bottle("#a85a14", cap="#e0b84a", mark="hill", ink="#7a3f12", wide=1.0),
        "#b8671a",
        "garden",
        "walnut",
        extra=lambda c: lay(c, [(190, 700), (255, 716)], _HONEY_COMB, scale=1.3),
    ),
    "mat-ong-bs": _jars(
        vessels.jar("#eca426", lid="#f0d48a", mark="flower", grain=14),
        "orchard",
        "honey",
        _dish(630, 640, 100, "#f0ae2c", paint="#c9862a"),
    ),
    "banh-gai": _laid(
        dry.square_cake,
        "kitchen",
        "honey",
        [(300, 450), (480, 440), (390, 510)],
        scale=1.16,
        holder="leaf",
        extra=lambda c: lay(c, [(300, 640), (510, 620)], dry.black_cake, scale=1.15, turn=8, foot=0.5),
    ),
    "che-lam": _laid(
        dry.bar("#e6cfa0", "#b5654a", powder=True),
        "cream",
        "red",
        [(290, 470), (500, 460), (400, 530), (290, 600), (510, 600)],
        scale=1.08,
        holder="plate",
    ),
    "keo-lac": _laid(
        dry.bar("#c9772a", "#e9c38e", count=34),
        "dawn",
        "walnut",
        [(290, 470), (500, 460), (400, 530), (290, 600), (510, 600)],
        scale=1.08,
        holder="board",
    ),
    "tra-xanh": _both(
        _packed(
            vessels.carton("#5f9a5a", ink="#2f5a35", mark="leaf"),
            dry.curl("#5f7f3a"),
            "#3f5527",
            "garden",
            "honey",
            count=150,
            scale=0.4,
        ),
        _cup("#c9c25a"),
    ),
    "che-tn": _both(
        _packed(
            vessels.pouch("#2f5f48", ink="#e6c66a", mark="hill"),
            dry.curl("#4a5540"),
            "#2f3a28",
            "mist",
            "walnut",
            count=190,
            scale=0.36,
            paint="#2f5f48",
        ),
        _cup("#d3a83c"),
    ),
    "chieu-coi": mats,
    "ruou-sim": myrtle_wine,
    "sam-bao": _laid(
        dry.root("#d3ae72"),
        "mist",
        "walnut",
        [(215, 500), (315, 480), (415, 505), (510, 480), (600, 500)],
        scale=1.0,
        turn=16,
        holder="cloth",
    ),
}
