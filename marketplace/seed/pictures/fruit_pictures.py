"""Pictures of fruit: what lies on which table. Each takes a canvas and draws the whole picture."""

from collections.abc import Callable
from typing import TypeAlias

from marketplace.seed.pictures import fruit
from marketplace.seed.pictures.canvas import Canvas
from marketplace.seed.pictures.piles import Draw, lay, rows, scatter
from marketplace.seed.pictures.stage import banana_leaf, basket_back, basket_front, board, cloth, plate, set_stage, tray

Picture: TypeAlias = Callable[[Canvas], None]


def _in_basket(
    c: Canvas,
    draw: Draw,
    *,
    scale: float,
    step: float,
    counts: tuple[int, ...] = (3, 4, 5, 4),
    y: float = 505,
    straw: str = "#cf9a52",
) -> None:
    basket_back(c, 400, y, 270, straw)
    lay(c, rows(c, 400, y - 4, step, counts, rise=0.5), draw, scale=scale, shadow=0.3)
    basket_front(c, 400, y, 270, straw)


def pomelo(c: Canvas) -> None:
    """Red pomelos, one of them cut."""
    set_stage(c, "orchard", "walnut")
    banana_leaf(c, 400, 620, 720, turn=-6)
    whole = fruit.orb("#d9622e", skin="pores", leaves=2, blush="#c23b22", tall=1.06)
    lay(c, [(265, 385), (505, 370)], whole, scale=1.42, turn=12)
    lay(c, [(190, 575)], whole, scale=1.3, turn=12)
    lay(c, [(470, 575)], fruit.citrus_half("#dc7436", "#e0505a", pith=0.2), scale=1.36, turn=6, foot=0.85)


def van_du(c: Canvas) -> None:
    """Oranges in a basket."""
    set_stage(c, "orchard", "honey")
    _in_basket(c, fruit.orb("#f2952a", skin="pores", leaves=1), scale=0.78, step=128)
    lay(c, [(165, 690)], fruit.orb("#f2952a", skin="pores", leaves=2), scale=0.72)
    lay(c, [(600, 695), (675, 655)], fruit.citrus_half("#f2952a", "#fab23e"), scale=0.68, foot=0.85)


def xa_doai(c: Canvas) -> None:
    """Pale golden oranges on a plate."""
    set_stage(c, "cream", "red")
    plate(c, 400, 590, 320)
    lay(
        c,
        rows(c, 390, 560, 165, (2, 3, 2), rise=0.52),
        fruit.orb("#f5ae3a", skin="pores", leaves=1, blush="#e98d25"),
        scale=0.98,
    )
    lay(c, [(590, 640)], fruit.citrus_half("#f5ae3a", "#ffc95e", pith=0.13), scale=0.82, foot=0.85)


def duong_canh(c: Canvas) -> None:
    """Flat red tangerines on a tray."""
    set_stage(c, "garden", "walnut")
    tray(c, 400, 590, 340)
    small = fruit.orb("#ea5f1d", skin="pores", leaves=1, blush="#cf3a16", tall=0.8)
    lay(c, rows(c, 400, 610, 138, (3, 4, 4, 3), rise=0.42), small, scale=0.74)


def cao_phong(c: Canvas) -> None:
    """Oranges with a board and a glass-bright half."""
    set_stage(c, "mist", "honey")
    board(c, 410, 610, 320)
    lay(c, rows(c, 350, 500, 190, (2, 2), rise=0.6), fruit.orb("#f7a01c", skin="pores", leaves=2), scale=1.02)
    lay(c, [(560, 590), (395, 640)], fruit.citrus_half("#f7a01c", "#ff9d2e"), scale=0.92, foot=0.85)


def kumquat(c: Canvas) -> None:
    """Kumquats heaped in a basket."""
    set_stage(c, "garden", "pale")
    _in_basket(
        c,
        fruit.orb("#f5a11d", skin="pores", leaves=1, tall=1.12),
        scale=0.46,
        step=80,
        counts=(4, 6, 7, 7, 6),
        straw="#b98246",
    )
    lay(c, [(150, 690), (225, 720), (640, 705)], fruit.orb("#f5a11d", skin="pores", leaves=2, tall=1.12), scale=0.44)


def guava(c: Canvas) -> None:
    """Green guavas, one cut to its pink heart."""
    set_stage(c, "garden", "honey")
    banana_leaf(c, 400, 610, 700, turn=8)
    lay(
        c,
        rows(c, 380, 540, 185, (2, 3), rise=0.62),
        fruit.orb("#b9cf62", skin="pores", leaves=1, tall=1.05, blush="#dbe48a"),
        scale=1.02,
    )
    lay(
        c,
        [(540, 640)],
        fruit.speckled_half("#b9cf62", "#f29a94", "#f6dcae", count=60, rim="#fff6dc"),
        scale=0.92,
        foot=0.85,
    )


def cane(c: Canvas) -> None:
    """Purple sugar cane in a bundle, some of it cut."""
    set_stage(c, "orchard", "pale")
    stick = fruit.cane("#6d2f52", 640)
    for i, (x, y) in enumerate([(390, 470), (405, 505), (385, 540), (400, 575), (375, 450), (410, 612)]):
        c.shadow(x + 20, y + 30, 340, 36, 0.35)
        c.push(x, y, turn=-14 + (i % 3 - 1) * 1.6)
        stick(c)
        c.pop()
    for x, y in ((275, 546), (520, 486)):
        c.push(x, y, turn=76)
        c.rect(-100, -15, 200, 30, c.tube_fill("#d9b765"), corner=12)
        c.pop()
    lay(
        c,
        [(250, 710), (370, 735), (505, 715), (590, 680)],
        fruit.cane("#6d2f52", 130),
        scale=1.05,
        turn=40,
        shadow=0.5,
        foot=0.1,
    )


def pineapples(c: Canvas) -> None:
    """Pineapples, upright and sliced."""
    set_stage(c, "orchard", "honey")
    lay(c, [(280, 395), (505, 400)], fruit.pineapple, scale=1.42, turn=5, foot=1.28)
    board(c, 470, 690, 240)

    def ring(c: Canvas) -> None:
        c.ellipse(0, 10, 100, 44, "#b77f23")
        c.ellipse(0, 0, 100, 44, c.radial(((0, "#ffe58a"), (0.85, "#f7c63c"), (1, "#dc9a28"))))
        c.ellipse(0, 0, 24, 11, "#f2d98c")
        for i in range(14):
            c.push(0, 0, turn=i * 26)
            c.line("M32 0L84 0", "#fff0b0", 2.4, 0.35)
            c.pop()

    lay(c, [(400, 680), (545, 672), (470, 705)], ring, scale=0.94, turn=4, foot=0.3)


def bananas(skin: str, backdrop: str, wood: str, *, count: int, thick: float) -> Picture:
    """Return a picture of two hands of bananas."""

    def draw(c: Canvas) -> None:
        set_stage(c, backdrop, wood)
        banana_leaf(c, 400, 600, 780, turn=-4)
        lay(
            c,
            [(285, 385), (505, 455)],
            fruit.banana_hand(skin, count=count, thick=thick),
            scale=2.0,
            turn=10,
            foot=0.85,
        )

    return draw


def custard_apples(c: Canvas) -> None:
    """Custard apples in a basket."""
    set_stage(c, "mist", "walnut")
    _in_basket(c, fruit.custard_apple, scale=0.82, step=138, counts=(3, 4, 3), straw="#c08b4a")
    lay(c, [(150, 670)], fruit.custard_apple, scale=0.82)
    lay(
        c,
        [(625, 690)],
        fruit.speckled_half("#9fb457", "#fdf6e3", "#3a2417", count=9, rim="#eef0cf"),
        scale=0.8,
        foot=0.85,
    )


def golden_melons(c: Canvas) -> None:
    """Golden melons and a wedge."""
    set_stage(c, "cream", "honey")
    cloth(c, 400, 620, 340, "#5f9a8a")
    lay(c, [(270, 430), (530, 420), (215, 600)], fruit.muskmelon, scale=1.2, turn=14)
    lay(
        c,
        [(520, 620)],
        fruit.melon_slice("#f2b824", "#fbe7b0", "#e0b860", pale="#f7f0c8"),
        scale=1.16,
        turn=8,
        foot=0.9,
    )


def water_melons(c: Canvas) -> None:
    """Water melons and red wedges."""
    set_stage(c, "sea", "pale")
    board(c, 420, 650, 310)
    lay(c, [(250, 440), (545, 410)], fruit.watermelon, scale=1.42, turn=14, foot=0.85)
    wedge = fruit.melon_slice("#3f8a3e", "#e8393f", "#2b1a16")
    lay(c, [(340, 630), (540, 650)], wedge, scale=1.05, turn=8, foot=0.9)


def rose_apples(c: Canvas) -> None:
    """Rose apples on a plate."""
    set_stage(c, "mist", "red")
    plate(c, 400, 600, 325, rim="#b5493f")
    lay(c, rows(c, 400, 580, 150, (2, 3, 4), rise=0.55), fruit.rose_apple, scale=0.94, turn=32)


def plums(c: Canvas) -> None:
    """Plums with their bloom, in a basket."""
    set_stage(c, "mist", "grey")
    _in_basket(
        c, fruit.orb("#8a2140", leaves=0, blush="#5b1a4a"), scale=0.6, step=102, counts=(4, 5, 6, 5), straw="#b88349"
    )
    lay(c, [(155, 700), (250, 725), (640, 700)], fruit.orb("#9c2a3c", leaves=2, blush="#c9603f"), scale=0.56)


def passion_fruit(c: Canvas) -> None:
    """Passion fruit, whole and cut."""
    set_stage(c, "garden", "walnut")
    tray(c, 400, 600, 340, "#d8b06a")
    lay(c, rows(c, 380, 560, 155, (3, 4), rise=0.5), fruit.orb("#5a2646", skin="pores", blush="#7d3a5c"), scale=0.82)
    half = fruit.speckled_half("#6b2e50", "#f0a81f", "#2c1c12", count=34, rim="#f6dfe0")
    lay(c, [(320, 670), (500, 665)], half, scale=0.78, foot=0.85)


def sapodillas(c: Canvas) -> None:
    """Sapodillas on banana leaf."""
    set_stage(c, "kitchen", "honey")
    banana_leaf(c, 400, 620, 720, turn=-8)
    lay(c, rows(c, 390, 570, 165, (3, 3, 2), rise=0.5), fruit.orb("#a06a3c", skin="pores", tall=1.12), scale=0.86)
    lay(
        c,
        [(570, 660)],
        fruit.speckled_half("#a06a3c", "#cf8a4a", "#2b1710", count=6, rim="#d99c5e"),
        scale=0.82,
        foot=0.85,
    )


def lychees(c: Canvas) -> None:
    """Lychees with their leaves."""
    set_stage(c, "orchard", "walnut")
    _in_basket(c, fruit.orb("#c9353f", skin="bumps", leaves=1, tall=1.05), scale=0.56, step=96, counts=(4, 5, 6, 6))
    lay(c, [(165, 700), (255, 728)], fruit.lychee_flesh, scale=0.54)
    lay(c, [(630, 705)], fruit.orb("#c9353f", skin="bumps", leaves=2, tall=1.05), scale=0.54)


def dragon_fruits(c: Canvas) -> None:
    """Dragon fruit, one cut to red flesh."""
    set_stage(c, "dawn", "pale")
    plate(c, 400, 610, 320, rim="#5f9a6a")
    lay(c, [(240, 440), (415, 405), (580, 445)], fruit.dragon_fruit, scale=1.16, turn=16, foot=1.0)
    lay(
        c,
        [(330, 600), (520, 610)],
        fruit.speckled_half("#d8326f", "#b81d57", "#24101a", count=110, rim="#f7a8c4"),
        scale=0.98,
        foot=0.85,
    )


PICTURES: dict[str, Picture] = {
    "buoi-lv": pomelo,
    "cam-vd": van_du,
    "cam-xd": xa_doai,
    "cam-dc": duong_canh,
    "cam-cao-phong": cao_phong,
    "quat": kumquat,
    "oi-nx": guava,
    "mia-tim": cane,
    "dua-ht": pineapples,
    "chuoi-tay": bananas("#d9c24a", "garden", "honey", count=8, thick=1.18),
    "chuoi-tieu": bananas("#f4c92f", "dawn", "walnut", count=10, thick=0.86),
    "na-dai": custard_apples,
    "dua-vang": golden_melons,
    "dua-hau": water_melons,
    "roi-do": rose_apples,
    "man-bh": plums,
    "chanh-leo": passion_fruit,
    "hong-xiem": sapodillas,
    "vai-lngan": lychees,
    "thanh-long": dragon_fruits,
}


def fallback(colour: str) -> Picture:
    """Return a picture of round fruit of a colour, for goods that nobody has drawn yet."""

    def draw(c: Canvas) -> None:
        set_stage(c, "garden", "honey")
        _in_basket(c, fruit.orb(colour, skin="pores", leaves=1), scale=0.74, step=124)
        scatter(c, 400, 640, 300, 3, fruit.orb(colour, leaves=1), scale=0.4)

    return draw
