"""Bottles, jars, cans, boxes, pouches and sacks. No label bears a word; a drawn mark stands for the maker."""

import math

from marketplace.seed.pictures.canvas import Canvas, dark, light, mix
from marketplace.seed.pictures.piles import Draw


def _mark(c: Canvas, x: float, y: float, size: float, colour: str, kind: str) -> None:
    if kind == "fish":
        c.path(
            f"M{x - size} {y}Q{x} {y - size * 0.8} {x + size * 0.6} {y}L{x + size} {y - size * 0.4}L{x + size} {y + size * 0.4}L{x + size * 0.6} {y}Q{x} {y + size * 0.8} {x - size} {y}Z",
            colour,
        )
    elif kind == "flower":
        for i in range(6):
            c.ellipse(
                x + math.cos(i * math.pi / 3) * size * 0.55,
                y + math.sin(i * math.pi / 3) * size * 0.55,
                size * 0.36,
                size * 0.36,
                colour,
            )
        c.ellipse(x, y, size * 0.3, size * 0.3, "#f6d98a")
    elif kind == "hill":
        c.path(
            f"M{x - size} {y + size * 0.5}L{x - size * 0.3} {y - size * 0.6}L{x + size * 0.1} {y}L{x + size * 0.4} {y - size * 0.4}L{x + size} {y + size * 0.5}Z",
            colour,
        )
        c.ellipse(x + size * 0.62, y - size * 0.62, size * 0.2, size * 0.2, "#e9a23c")
    else:
        for side in (-1, 1):
            c.path(
                f"M{x} {y + size * 0.7}C{x + side * size * 0.2} {y} {x + side * size * 0.3} {y - size * 0.7} {x + side * size * 0.95} {y - size * 0.75}C{x + side * size * 1.05} {y - size * 0.1} {x + side * size * 0.6} {y + size * 0.5} {x} {y + size * 0.7}Z",
                colour,
            )
        c.line(f"M{x} {y + size * 0.66}v{size * 0.4}", colour, size * 0.12)


def bottle(
    liquid: str,
    *,
    cap: str = "#b0342a",
    label: str = "#f7edd6",
    mark: str = "fish",
    ink: str = "",
    wide: float = 1.0,
    glass: bool = True,
    tall: float = 1.0,
) -> Draw:
    """Return a drawer of a bottle, about 180 wide and 480 high, standing on the origin."""

    def draw(c: Canvas) -> None:
        w, h = 86 * wide, 470 * tall
        shape = (f"M{-w} -14C{-w} -4 {-w + 14} 0 {-w + 26} 0L{w - 26} 0C{w - 14} 0 {w} -4 {w} -14L{w} {-h * 0.56:.0f}C{w} {-h * 0.72:.0f} 34 {-h * 0.72:.0f} 32 {-h * 0.86:.0f}"
                 f"L32 {-h * 0.95:.0f}L-32 {-h * 0.95:.0f}L-32 {-h * 0.86:.0f}C-34 {-h * 0.72:.0f} {-w} {-h * 0.72:.0f} {-w} {-h * 0.56:.0f}Z")  # fmt: skip
        c.path(
            shape,
            c.linear(
                (
                    (0, dark(liquid, 0.35)),
                    (0.18, light(liquid, 0.25)),
                    (0.5, liquid),
                    (0.82, dark(liquid, 0.22)),
                    (1, light(liquid, 0.2)),
                ),
                angle=0,
            ),
        )
        c.path(
            shape,
            c.linear(
                (
                    (0, "#fff6e4", 0.35 if glass else 0.0),
                    (0.3, "#fff6e4", 0.0),
                    (0.75, "#fff6e4", 0.0),
                    (1, light(liquid, 0.5), 0.5),
                )
            ),
        )
        c.path(f"M{-w * 0.3:.0f} -12Q0 {-h * 0.2:.0f} {w * 0.5:.0f} -16Z", light(liquid, 0.5), opacity=0.35)
        top = -h * 0.5
        c.rect(
            -w,
            top,
            w * 2,
            h * 0.33,
            c.linear(((0, dark(label, 0.22)), (0.25, light(label, 0.5)), (0.6, label), (1, dark(label, 0.3))), angle=0),
        )
        tint = ink or dark(liquid, 0.15)
        c.rect(-w, top + 8, w * 2, 5, tint, opacity=0.7)
        c.rect(-w, top + h * 0.33 - 13, w * 2, 5, tint, opacity=0.7)
        _mark(c, 0, top + h * 0.165, 44 * wide, tint, mark)
        c.rect(
            -37,
            -h,
            74,
            h * 0.1,
            c.linear(((0, dark(cap, 0.3)), (0.3, light(cap, 0.45)), (0.6, cap), (1, dark(cap, 0.4))), angle=0),
            corner=9,
        )
        c.gleam(-w * 0.66, -h * 0.42, w * 0.12, h * 0.3, 0.75, 0)
        c.gleam(-20, -h * 0.82, 6, h * 0.08, 0.7, 0)

    return draw


def jar(content: str, *, lid: str = "#8c5a34", mark: str = "leaf", cloth: bool = True, grain: int = 40) -> Draw:
    """Return a drawer of a glass jar with a cloth over its lid, about 240 wide and 300 high, on the origin."""

    def draw(c: Canvas) -> None:
        shape = "M-116 -30C-116 -8 -100 0 -84 0L84 0C100 0 116 -8 116 -30L116 -180C116 -212 96 -216 92 -236L-92 -236C-96 -216 -116 -212 -116 -180Z"
        c.path(
            shape,
            c.linear(
                (
                    (0, dark(content, 0.4)),
                    (0.2, light(content, 0.3)),
                    (0.5, content),
                    (0.85, dark(content, 0.3)),
                    (1, light(content, 0.1)),
                ),
                angle=0,
            ),
        )
        c.clip(shape)
        for _ in range(grain):
            c.ellipse(
                c.dice.uniform(-106, 106),
                c.dice.uniform(-206, -6),
                c.dice.uniform(4, 10),
                c.dice.uniform(3, 6),
                c.dice.choice((light(content, 0.3), dark(content, 0.3))),
                opacity=0.5,
            )
        c.rect(-130, -240, 260, 36, "#fff6e4", opacity=0.28)
        c.pop()
        c.ellipse(0, -104, 68, 56, c.radial(((0, "#fdf4de"), (1, "#ecd9b2"))))
        c.ellipse(0, -104, 62, 50, "none", stroke=dark(content, 0.2), stroke_width=3)
        _mark(c, 0, -104, 32, dark(content, 0.15), mark)
        if cloth:
            edge = "M-128 -206C-110 -226 -112 -262 -96 -280C-40 -296 40 -296 96 -280C112 -262 110 -226 128 -206C108 -214 96 -198 76 -210C56 -198 40 -212 20 -202C0 -214 -20 -200 -40 -210C-60 -198 -80 -212 -100 -200C-110 -212 -120 -204 -128 -206Z"
            c.path(edge, c.linear(((0, light(lid, 0.4)), (0.4, lid), (1, dark(lid, 0.35))), angle=20))
            c.line("M-100 -244Q0 -226 100 -244", "#f3e2b8", 9)
            c.line("M-98 -240Q0 -222 98 -240", dark("#f3e2b8", 0.4), 2, 0.6)
        else:
            c.rect(-100, -278, 200, 46, c.tube_fill(lid, angle=0), corner=8)
        c.gleam(-90, -120, 12, 70, 0.8, 0)

    return draw


def can(liquid: str) -> Draw:
    """Return a drawer of a five-litre can with its handle, about 280 wide and 380 high, on the origin."""

    def draw(c: Canvas) -> None:
        body = "M-136 -24C-136 -6 -122 0 -108 0L108 0C122 0 136 -6 136 -24L136 -236C136 -282 96 -296 60 -300L-60 -300C-110 -300 -136 -276 -136 -236Z"
        c.path(
            body,
            c.linear(
                ((0, dark(liquid, 0.3)), (0.2, light(liquid, 0.4)), (0.55, liquid), (1, dark(liquid, 0.4))), angle=0
            ),
        )
        c.path(
            "M-100 -286C-104 -340 -60 -356 -10 -352L-6 -326C-50 -328 -70 -318 -68 -290Z",
            c.tube_fill(mix(liquid, "#f7ecd7", 0.35)),
        )
        c.path("M-6 -352L30 -350L32 -300L-8 -300Z", mix(liquid, "#f7ecd7", 0.3))
        c.rect(34, -356, 66, 62, c.linear(((0, "#7f1f1c"), (0.3, "#e0655a"), (1, "#8c241f")), angle=0), corner=9)
        for i in range(6):
            c.line(f"M{40 + i * 11} -350l0 50", "#5f1614", 2, 0.5)
        c.rect(-110, -216, 220, 150, c.linear(((0, "#fff6e0"), (1, "#e9d3a4")), angle=20), corner=16)
        _mark(c, 0, -140, 62, "#9a4a22", "fish")
        for y in (-246, -40):
            c.line(f"M-132 {y}L132 {y}", dark(liquid, 0.4), 5, 0.4)
            c.line(f"M-132 {y + 5}L132 {y + 5}", light(liquid, 0.5), 4, 0.5)
        c.gleam(-112, -150, 12, 90, 0.7, 0)

    return draw


def pouch(paper: str, *, ink: str, mark: str = "leaf", window: str = "", wide: float = 1.0) -> Draw:
    """Return a drawer of a paper pouch, about 260 wide and 340 high, on the origin; through its window one sees ``window``."""

    def draw(c: Canvas) -> None:
        w = 124 * wide
        shape = f"M{-w} -8C{-w * 0.6:.0f} 6 {w * 0.6:.0f} 6 {w} -8C{w + 10:.0f} -110 {w - 6:.0f} -230 {w - 12:.0f} -330L{-w + 12:.0f} -330C{-w + 6:.0f} -230 {-w - 10:.0f} -110 {-w} -8Z"
        c.path(
            shape,
            c.linear(
                ((0, dark(paper, 0.2)), (0.22, light(paper, 0.42)), (0.6, paper), (1, dark(paper, 0.32))), angle=8
            ),
        )
        c.path(f"M{-w + 12:.0f} -330L{w - 12:.0f} -330L{w - 10:.0f} -296L{-w + 10:.0f} -296Z", dark(paper, 0.16))
        c.line(f"M{-w + 10:.0f} -294L{w - 10:.0f} -294", light(paper, 0.5), 4, 0.8)
        if window:
            c.ellipse(0, -92, 72 * wide, 62, c.round_fill(window))
            for _ in range(70):
                angle, reach = c.dice.uniform(0, 2 * math.pi), math.sqrt(c.dice.random()) * 0.9
                c.ellipse(
                    math.cos(angle) * reach * 72 * wide,
                    -92 + math.sin(angle) * reach * 62,
                    8,
                    5.5,
                    c.vary(window, 0.25),
                    transform=f"rotate({c.dice.uniform(-60, 60):.0f} {math.cos(angle) * reach * 72 * wide:.0f} {-92 + math.sin(angle) * reach * 62:.0f})",
                )
            c.ellipse(0, -92, 72 * wide, 62, "none", stroke=ink, stroke_width=5)
            c.gleam(-26, -118, 30, 16, 0.6)
        _mark(c, 0, -214 if window else -160, 44 if window else 62, ink, mark)
        c.line(f"M{-w * 0.7:.0f} -280Q{-w * 0.84:.0f} -150 {-w * 0.7:.0f} -30", "#ffffff", 8, 0.22)
        c.line(f"M{w * 0.6:.0f} -270Q{w * 0.8:.0f} -120 {w * 0.66:.0f} -20", dark(paper, 0.5), 6, 0.2)

    return draw


def carton(face: str, *, ink: str, mark: str = "leaf", wide: float = 1.0, tall: float = 1.0) -> Draw:
    """Return a drawer of a box seen over its corner, about 300 wide and 260 high, on the origin."""

    def draw(c: Canvas) -> None:
        w, h = 130 * wide, 220 * tall
        c.path(f"M{-w} 0L{w} 0L{w} {-h}L{-w} {-h}Z", c.linear(((0, light(face, 0.3)), (1, dark(face, 0.12))), angle=40))
        c.path(
            f"M{w} 0L{w + 62} -34L{w + 62} {-h - 30}L{w} {-h}Z",
            c.linear(((0, dark(face, 0.25)), (1, dark(face, 0.5))), angle=60),
        )
        c.path(f"M{-w} {-h}L{w} {-h}L{w + 62} {-h - 30}L{-w + 62} {-h - 30}Z", light(face, 0.5))
        c.rect(-w + 14, -h + 14, w * 2 - 28, h - 28, "none", stroke=ink, stroke_width=4, opacity=0.7)
        c.ellipse(0, -h / 2, min(w, h) * 0.52, min(w, h) * 0.44, "#fbf1d8")
        _mark(c, 0, -h / 2, min(w, h) * 0.3, ink, mark)

    return draw


def sack(cloth: str, *, ink: str, mark: str = "leaf", rice: str = "") -> Draw:
    """Return a drawer of a sack, tied or open and full of ``rice``, about 340 wide and 400 high, on the origin."""

    def draw(c: Canvas) -> None:
        top = -330 if rice else -300
        shape = f"M-150 -6C-176 -110 -166 -230 -132 {top}L132 {top}C166 -230 176 -110 150 -6C90 8 -90 8 -150 -6Z"
        c.path(
            shape,
            c.linear(
                ((0, dark(cloth, 0.25)), (0.22, light(cloth, 0.45)), (0.58, cloth), (1, dark(cloth, 0.4))), angle=6
            ),
        )
        c.clip(shape)
        for i in range(-16, 17):
            c.line(f"M{i * 11} -360Q{i * 13} -150 {i * 11} 10", dark(cloth, 0.3), 1.4, 0.28)
        for i in range(34):
            c.line(f"M-190 {-340 + i * 11}L190 {-340 + i * 11}", light(cloth, 0.4), 1.4, 0.26)
        c.pop()
        _mark(c, 0, -150, 78, ink, mark)
        for side in (-1, 1):
            c.line(f"M{side * 110} -260Q{side * 130} -140 {side * 112} -30", dark(cloth, 0.4), 7, 0.2)
        if rice:
            c.ellipse(0, top, 136, 44, dark(cloth, 0.45))
            c.path(
                f"M-122 {top + 6}C-80 {top - 66} 80 {top - 66} 122 {top + 6}C90 {top + 40} -90 {top + 40} -122 {top + 6}Z",
                c.round_fill(rice),
            )
            for _ in range(260):
                angle, reach = c.dice.uniform(0, 2 * math.pi), math.sqrt(c.dice.random())
                x, y = math.cos(angle) * reach * 112, top - 6 + math.sin(angle) * reach * 30 - (1 - reach) * 28
                c.ellipse(
                    x, y, 7, 2.8, c.vary(rice, 0.16), transform=f"rotate({c.dice.uniform(-70, 70):.0f} {x:.0f} {y:.0f})"
                )
            c.path(f"M-136 {top}C-120 {top + 52} 120 {top + 52} 136 {top}C150 {top + 24} 140 {top + 60} 136 {top + 66}C90 {top + 92} -90 {top + 92} -136 {top + 66}C-140 {top + 60} -150 {top + 24} -136 {top}Z",
                   c.linear(((0, dark(cloth, 0.1)), (0.25, light(cloth, 0.55)), (0.6, light(cloth, 0.1)), (1, dark(cloth, 0.3))), angle=0))  # fmt: skip
        else:
            c.path(
                "M-132 -298C-70 -322 -50 -330 -34 -344L34 -344C50 -330 70 -322 132 -298C80 -286 -80 -286 -132 -298Z",
                c.tube_fill(dark(cloth, 0.08), angle=0),
            )
            c.path(
                "M-34 -346C-70 -380 -84 -404 -60 -420C-20 -404 20 -404 60 -420C84 -404 70 -380 34 -346Z",
                c.round_fill(light(cloth, 0.1)),
            )
            c.rect(-42, -358, 84, 20, c.tube_fill("#b0562f"), corner=9)

    return draw
