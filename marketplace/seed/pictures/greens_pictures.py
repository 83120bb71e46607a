"""Pictures of vegetables: what lies on which table."""

from collections.abc import Callable
from typing import TypeAlias

from marketplace.seed.pictures import fruit, greens
from marketplace.seed.pictures.canvas import Canvas, mix
from marketplace.seed.pictures.piles import Draw, heap_of, lay, rows, scatter
from marketplace.seed.pictures.stage import banana_leaf, basket_back, basket_front, board, cloth, set_stage, tray

Picture: TypeAlias = Callable[[Canvas], None]


def _bunches(draw: Draw, backdrop: str, wood: str, *, holder: str) -> Picture:
    def picture(c: Canvas) -> None:
        set_stage(c, backdrop, wood)
        {"board": board, "tray": tray}.get(holder, cloth)(c, 400, 600, 335)
        lay(c, [(400, 430), (385, 525), (410, 620)], draw, scale=1.32, turn=7, jitter=0.04, foot=0.3, shadow=0.35)

    return picture


def _basket(
    draw: Draw,
    backdrop: str,
    wood: str,
    *,
    scale: float,
    step: float,
    counts: tuple[int, ...],
    straw: str = "#cf9a52",
    strays: int = 2,
) -> Picture:
    def picture(c: Canvas) -> None:
        set_stage(c, backdrop, wood)
        basket_back(c, 400, 505, 275, straw)
        lay(c, rows(c, 400, 500, step, counts, rise=0.5), draw, scale=scale, shadow=0.3, turn=30)
        basket_front(c, 400, 505, 275, straw)
        lay(c, [(160, 695), (630, 700), (250, 725)][:strays], draw, scale=scale, turn=30)

    return picture


def _long(
    draw: Draw,
    cut: Draw | None,
    backdrop: str,
    wood: str,
    *,
    scale: float,
    gap: float = 62,
    count: int = 5,
    holder: str = "board",
) -> Picture:
    def picture(c: Canvas) -> None:
        set_stage(c, backdrop, wood)
        {"board": board, "tray": tray}.get(holder, cloth)(c, 400, 595, 340)
        places = [(400 + (i % 2) * 34 - 17, 600 - (count - 1 - i) * gap) for i in range(count)]
        lay(c, places, draw, scale=scale, turn=9, foot=0.42, shadow=0.4)
        if cut:
            lay(c, [(330, 690), (420, 706), (520, 690)], cut, scale=0.55, turn=8, foot=0.4)

    return picture


def cabbages(c: Canvas) -> None:
    """Cabbages in the morning."""
    set_stage(c, "garden", "grey")
    cloth(c, 400, 610, 340, "#7a9a4a")
    lay(c, [(275, 420), (530, 410), (400, 560)], greens.cabbage, scale=1.36, turn=20, foot=0.95)


def broccolis(c: Canvas) -> None:
    """Heads of broccoli on a board."""
    set_stage(c, "mist", "honey")
    board(c, 400, 620, 335)
    lay(c, [(275, 440), (530, 430), (400, 565)], greens.broccoli, scale=1.42, turn=10, foot=0.9)


def tomatoes(c: Canvas) -> None:
    """Tomatoes, two of them cut."""
    set_stage(c, "garden", "pale")
    cloth(c, 400, 620, 345)
    lay(c, rows(c, 390, 560, 160, (3, 4), rise=0.6), fruit.orb("#d92f22", cap="star", tall=0.88), scale=0.94)
    lay(c, [(330, 665), (500, 670)], greens.slice_of("#c9281f", "#e9624a", "#f6cf8a", squash=0.8), scale=0.78, foot=0.7)


def pumpkins(c: Canvas) -> None:
    """Waisted pumpkins."""
    set_stage(c, "dawn", "walnut")
    lay(c, [(220, 420), (590, 430), (405, 500)], greens.bottle_gourd, scale=1.32, turn=8, foot=1.3)
    lay(c, [(590, 695)], greens.slice_of("#d9822b", "#f2a52e", "#f8e3b0", squash=0.72), scale=0.9, foot=0.5)


def chillies(c: Canvas) -> None:
    """A heap of small red chillies."""
    set_stage(c, "garden", "honey")
    tray(c, 400, 600, 330)
    heap_of(c, 400, 600, 245, 170, 170, greens.chilli, scale=0.5, base="#8f1c14")
    scatter(c, 400, 610, 320, 6, greens.chilli, scale=0.5)


def sweet_corn(c: Canvas) -> None:
    """Ears of waxy corn."""
    set_stage(c, "orchard", "walnut")
    tray(c, 400, 600, 345)
    lay(c, [(400, 440), (370, 505), (430, 570), (380, 645)], greens.corn, scale=1.28, turn=8, foot=0.4)


def mushrooms(c: Canvas) -> None:
    """Oyster mushrooms in a basket."""
    set_stage(c, "mist", "walnut")
    basket_back(c, 400, 520, 275)
    lay(c, rows(c, 400, 480, 150, (2, 3, 3), rise=0.55), greens.mushroom, scale=1.12, turn=14, shadow=0.3, foot=1.0)
    basket_front(c, 400, 520, 275)
    lay(c, [(640, 670)], greens.mushroom, scale=0.85, foot=1.05)


def dong_leaves(c: Canvas) -> None:
    """A stack of dong leaves, tied."""
    set_stage(c, "garden", "honey")
    for i in range(9):
        banana_leaf(
            c,
            400 + (i % 3 - 1) * 14,
            640 - i * 24,
            690,
            turn=-10 + (i % 4) * 4,
            green=("#4f8f42", "#5d9e47", "#3f7d3c")[i % 3],
        )
    c.push(405, 470, turn=76)
    c.rect(-170, -10, 340, 20, c.tube_fill("#d9b765"), corner=9)
    c.pop()


def stalks(c: Canvas) -> None:
    """Peeled stalks of giant taro."""
    set_stage(c, "mist", "honey")
    board(c, 400, 590, 340)
    lay(c, [(395, 470), (410, 580)], greens.taro_stalk, scale=1.42, turn=4, foot=0.7)


def _cut_roots(draw: Draw, cut: Draw, backdrop: str, wood: str, *, scale: float, step: float) -> Picture:
    def picture(c: Canvas) -> None:
        set_stage(c, backdrop, wood)
        tray(c, 400, 595, 345)
        lay(c, rows(c, 395, 570, step, (2, 3, 3), rise=0.55), draw, scale=scale, turn=38)
        lay(c, [(520, 665)], cut, scale=0.85, foot=0.6)

    return picture


_CUCUMBER = greens.gourd("#4d8f3c", length=360, width=42, skin="spots", bend=8)
PICTURES: dict[str, Picture] = {
    "rau-muong": _bunches(
        greens.bunch("#a9c46a", "#5a9a3d", kind="narrow", count=16), "garden", "honey", holder="board"
    ),
    "cai-ngot": _bunches(
        greens.bunch("#dcecc0", "#6fae3f", kind="broad", count=8, tie="#c9a05a"), "mist", "pale", holder="tray"
    ),
    "cai-bap": cabbages,
    "suplo-xanh": broccolis,
    "ca-chua": tomatoes,
    "dua-chuot": _long(
        _CUCUMBER, greens.slice_of("#4d8f3c", "#dff0b8", "#f3f7d8"), "garden", "pale", scale=1.25, holder="cloth"
    ),
    "muop-dang": _long(
        greens.gourd("#7fb24a", length=330, width=50, skin="bumps", bend=6),
        greens.slice_of("#7fb24a", "#f0f4d0", "#d9c98a"),
        "mist",
        "walnut",
        scale=1.3,
    ),
    "bi-xanh": _long(
        greens.gourd("#5f9a55", length=430, width=62, skin="spots"),
        greens.slice_of("#5f9a55", "#f6faec", "#dfe6c4"),
        "garden",
        "red",
        scale=1.3,
        count=3,
        gap=112,
        holder="tray",
    ),
    "bi-do": pumpkins,
    "rau-mui": _bunches(greens.bunch("#9cc36a", "#4f9a3f", kind="feather", count=14), "cream", "honey", holder="cloth"),
    "mui-tau": _bunches(greens.bunch("#b9cf86", "#3f8440", kind="saw", count=10), "garden", "walnut", holder="tray"),
    "cai-cuc": _bunches(
        greens.bunch("#b4d38a", "#79b04a", kind="feather", count=18, tie="#a8763e"), "dawn", "pale", holder="board"
    ),
    "doc-mung": stalks,
    "hanh-tim": _basket(
        greens.bulb("#9a3f62", wrapper="#d98aa0"), "kitchen", "honey", scale=0.56, step=98, counts=(4, 5, 6, 6)
    ),
    "toi-tia": _basket(
        greens.bulb("#e9dccb", wrapper="#9a5a8a", segments=4),
        "mist",
        "walnut",
        scale=0.66,
        step=116,
        counts=(3, 4, 5, 4),
        straw="#b88346",
    ),
    "ot-tuoi": chillies,
    "khoai-tay": _basket(greens.potato("#d6ab62"), "cream", "red", scale=0.76, step=128, counts=(3, 4, 4)),
    "khoai-lang": _cut_roots(
        greens.gourd("#b0525c", length=270, width=62, skin="root", bend=14),
        greens.slice_of("#b0525c", "#f2a03c"),
        "dawn",
        "honey",
        scale=0.86,
        step=190,
    ),
    "san-tuoi": _cut_roots(
        greens.gourd("#7f5638", length=330, width=46, skin="root", bend=-6),
        greens.slice_of("#7f5638", "#fbf4e4"),
        "garden",
        "grey",
        scale=0.95,
        step=180,
    ),
    "cu-dau": _basket(greens.jicama, "mist", "honey", scale=0.82, step=142, counts=(2, 4, 3)),
    "ngo-nep": sweet_corn,
    "nam-bao": mushrooms,
    "khoai-mon": _cut_roots(
        greens.potato("#6d4a3c", rings=True),
        greens.slice_of("#6d4a3c", mix("#e9dcec", "#b58ac0", 0.3), "#9a6fae"),
        "mist",
        "walnut",
        scale=0.96,
        step=178,
    ),
    "la-dong": dong_leaves,
}
