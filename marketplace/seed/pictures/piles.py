"""How things are laid out: rows, heaps and scatters, always back to front so that the near covers the far."""

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from marketplace.seed.pictures.canvas import Canvas, Point

Draw: TypeAlias = Callable[[Canvas], None]


def rows(c: Canvas, x: float, y: float, step: float, counts: Sequence[int], *, rise: float = 0.46) -> list[Point]:
    """Return places in rows, the back row first; ``counts`` says how many lie in each."""
    places = []
    for row, count in enumerate(counts):
        level = y + (row - len(counts) + 1) * step * rise
        places += [
            (
                x + (i - (count - 1) / 2) * step + c.dice.uniform(-0.07, 0.07) * step,
                level + c.dice.uniform(-0.04, 0.04) * step,
            )
            for i in range(count)
        ]
    return places


def lay(
    c: Canvas,
    places: Sequence[Point],
    draw: Draw | Sequence[Draw],
    *,
    scale: float,
    jitter: float = 0.06,
    turn: float = 18,
    shadow: float = 0.42,
    foot: float = 0.72,
) -> None:
    """Draw a thing at each place, each a little different in size and turn, with its shadow at its foot."""
    kinds = [draw] if callable(draw) else list(draw)
    for index, (x, y) in enumerate(places):
        size = scale * (1 + c.dice.uniform(-jitter, jitter))
        if shadow:
            c.shadow(x + size * 14, y + size * 100 * foot, size * 108, size * 40, shadow)
        c.push(x, y, scale=size, turn=c.dice.uniform(-turn, turn))
        kinds[index % len(kinds)](c)
        c.pop()


def scatter(c: Canvas, x: float, y: float, rx: float, count: int, draw: Draw, *, scale: float) -> None:
    """Strew small things around a place on the table, leaving its middle free."""
    for _ in range(count):
        angle, reach = c.dice.uniform(0, 2 * math.pi), c.dice.uniform(0.92, 1.2)
        px, py = x + math.cos(angle) * rx * reach, y + math.sin(angle) * rx * 0.34 * reach
        c.shadow(px + scale * 5, py + scale * 30, scale * 100, scale * 40, 0.4)
        c.push(px, py, scale=scale, turn=c.dice.uniform(0, 360))
        draw(c)
        c.pop()


def heap_of(
    c: Canvas, x: float, y: float, rx: float, height: float, count: int, draw: Draw, *, scale: float, base: str
) -> None:
    """Heap many small things on a round base at ``x, y``; ``base`` is the colour of what lies beneath them."""
    c.path(f"M{x - rx:.0f} {y:.0f}C{x - rx * 0.75:.0f} {y - height * 0.8:.0f} {x - rx * 0.35:.0f} {y - height:.0f} {x:.0f} {y - height:.0f}"
           f"C{x + rx * 0.35:.0f} {y - height:.0f} {x + rx * 0.75:.0f} {y - height * 0.8:.0f} {x + rx:.0f} {y:.0f}"
           f"A{rx:.0f} {rx * 0.28:.0f} 0 0 1 {x - rx:.0f} {y:.0f}Z", c.round_fill(base))  # fmt: skip
    for px, py in c.heap(rx * 0.94, height, count):
        c.push(x + px, y + py, scale=scale * c.dice.uniform(0.85, 1.15), turn=c.dice.uniform(0, 360))
        draw(c)
        c.pop()
    shade = c.linear(((0, "#2b120a", 0.0), (0.55, "#2b120a", 0.0), (1, "#2b120a", 0.4)), angle=25)
    c.path(f"M{x - rx:.0f} {y:.0f}C{x - rx * 0.75:.0f} {y - height * 0.8:.0f} {x - rx * 0.35:.0f} {y - height * 1.02:.0f} {x:.0f} {y - height * 1.02:.0f}"
           f"C{x + rx * 0.35:.0f} {y - height * 1.02:.0f} {x + rx * 0.75:.0f} {y - height * 0.8:.0f} {x + rx:.0f} {y:.0f}"
           f"A{rx:.0f} {rx * 0.28:.0f} 0 0 1 {x - rx:.0f} {y:.0f}Z", shade)  # fmt: skip
