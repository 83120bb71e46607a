"""A sheet of SVG to draw on: colours that mix, gradients by demand, and solids that catch light from the upper left."""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

WHITE = "#fff6e4"
NIGHT = "#2a1a22"

Point: TypeAlias = tuple[float, float]


def mix(first: str, second: str, share: float) -> str:
    """Return ``first`` with a share (0 to 1) of ``second`` in it; both as ``#rrggbb``."""
    one, two = (tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)) for colour in (first, second))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(one, two, strict=True))


def light(colour: str, share: float = 0.35) -> str:
    """Return a colour with the sun on it."""
    return mix(colour, WHITE, share)


def dark(colour: str, share: float = 0.35) -> str:
    """Return a colour in shade."""
    return mix(colour, NIGHT, share)


def frame(width: int, height: int, *bodies: str) -> str:
    """Return an SVG file of drawings that lie over each other."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{"".join(bodies)}</svg>'


def smooth(points: Sequence[Point], *, closed: bool = True) -> str:
    """Return path data of a smooth curve through points (Catmull-Rom turned into Bézier pieces)."""
    count = len(points)
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for i in range(count if closed else count - 1):
        before = points[(i - 1) % count] if closed or i else points[0]
        start, end = points[i], points[(i + 1) % count]
        after = points[(i + 2) % count] if closed or i + 2 < count else end
        a = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
        b = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
        parts.append(f"C{a[0]:.1f} {a[1]:.1f} {b[0]:.1f} {b[1]:.1f} {end[0]:.1f} {end[1]:.1f}")
    return "".join(parts) + ("Z" if closed else "")


@dataclass(slots=True)
class Canvas:
    """What has been drawn so far. Coordinates are those of the view box; ``dice`` decides what may vary."""

    width: int
    height: int
    dice: random.Random
    #: Starts the names of gradients, so that two sheets can lie in one picture.
    prefix: str = "g"
    #: What lies behind: the names of its wall and table, and where they meet.
    backdrop: tuple[str, str, float] | None = None
    parts: list[str] = field(default_factory=list)
    defs: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)

    def body(self) -> str:
        """Return what was drawn, without the frame around it."""
        return f"<defs>{''.join(self.defs)}</defs>{''.join(self.parts)}"

    def svg(self) -> str:
        """Return what was drawn as a picture of its own."""
        return frame(self.width, self.height, self.body())

    def vary(self, colour: str, share: float = 0.08) -> str:
        """Return a colour a little lighter or darker, as no two fruits are the same."""
        amount = self.dice.uniform(-share, share)
        return light(colour, amount) if amount > 0 else dark(colour, -amount)

    def define(self, body: str) -> str:
        """Add a definition once; return ``url(#id)``. ``{id}`` in the body is filled in."""
        if body not in self.known:
            name = f"{self.prefix}{len(self.known)}"
            self.known[body] = f"url(#{name})"
            self.defs.append(body.replace("{id}", name))
        return self.known[body]

    def linear(self, stops: Sequence[tuple[float, str] | tuple[float, str, float]], *, angle: float = 90) -> str:
        """Return the fill of a linear gradient over the shape's box; 0 degrees runs left to right, 90 down."""
        dx, dy = math.cos(math.radians(angle)) / 2, math.sin(math.radians(angle)) / 2
        ends = f'x1="{0.5 - dx:.3f}" y1="{0.5 - dy:.3f}" x2="{0.5 + dx:.3f}" y2="{0.5 + dy:.3f}"'
        return self.define(f'<linearGradient id="{{id}}" {ends}>{_stops(stops)}</linearGradient>')

    def radial(
        self,
        stops: Sequence[tuple[float, str] | tuple[float, str, float]],
        *,
        at: Point = (0.5, 0.5),
        radius: float = 0.5,
    ) -> str:
        """Return the fill of a radial gradient over the shape's box."""
        where = f'cx="{at[0]}" cy="{at[1]}" r="{radius}"'
        return self.define(f'<radialGradient id="{{id}}" {where}>{_stops(stops)}</radialGradient>')

    def round_fill(self, colour: str) -> str:
        """Return the fill of something round and lit."""
        stops = ((0, light(colour, 0.55)), (0.28, light(colour, 0.18)), (0.62, colour), (0.9, dark(colour, 0.36)))
        return self.radial((*stops, (1, dark(colour, 0.24))), at=(0.36, 0.3), radius=0.78)

    def tube_fill(self, colour: str, *, angle: float = 90) -> str:
        """Return the fill of something long and round, lit along one side."""
        stops = ((0, light(colour, 0.12)), (0.25, light(colour, 0.42)), (0.55, colour), (1, dark(colour, 0.42)))
        return self.linear(stops, angle=angle)

    def path(self, data: str, fill: str, **more: object) -> None:
        """Draw a path."""
        self.parts.append(f'<path d="{data}" fill="{fill}"{_attributes(more)}/>')

    def line(self, data: str, colour: str, width: float, opacity: float = 1) -> None:
        """Draw a stroke with round ends."""
        faint = f' stroke-opacity="{opacity:.2f}"' if opacity < 1 else ""
        self.parts.append(
            f'<path d="{data}" fill="none" stroke="{colour}" stroke-width="{width:.1f}"'
            f' stroke-linecap="round" stroke-linejoin="round"{faint}/>'
        )

    def blob(self, points: Sequence[Point], fill: str, **more: object) -> None:
        """Draw a smooth closed shape through points."""
        self.path(smooth(points), fill, **more)

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: str, **more: object) -> None:
        """Draw an ellipse."""
        shape = f'cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}"'
        self.parts.append(f'<ellipse {shape} fill="{fill}"{_attributes(more)}/>')

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, *, corner: float = 0, **more: object
    ) -> None:
        """Draw a rectangle."""
        shape = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{corner:.1f}"'
        self.parts.append(f'<rect {shape} fill="{fill}"{_attributes(more)}/>')

    def shadow(self, x: float, y: float, rx: float, ry: float, strength: float = 0.5) -> None:
        """Draw the soft shadow that keeps a thing on the table."""
        stops = ((0, "#2b120a", strength), (0.55, "#2b120a", strength * 0.55), (1, "#2b120a", 0.0))
        self.ellipse(x, y, rx, ry, self.radial(stops))

    def gleam(self, x: float, y: float, rx: float, ry: float, strength: float = 0.7, turn: float = -30) -> None:
        """Draw a soft highlight."""
        fill = self.radial(((0, "#ffffff", strength), (0.5, "#ffffff", strength * 0.4), (1, "#ffffff", 0.0)))
        self.ellipse(x, y, rx, ry, fill, transform=f"rotate({turn:.0f} {x:.1f} {y:.1f})")

    def push(self, x: float, y: float, *, scale: float = 1, turn: float = 0, flip: bool = False) -> None:
        """Open a group with its own origin; close it with ``pop``."""
        mirrored = f"{-scale:.3f} {scale:.3f}" if flip else f"{scale:.3f}"
        self.parts.append(f'<g transform="translate({x:.1f} {y:.1f}) rotate({turn:.1f}) scale({mirrored})">')

    def pop(self) -> None:
        """Close the group opened last."""
        self.parts.append("</g>")

    def clip(self, data: str) -> None:
        """Open a group that shows only inside a path; close it with ``pop``."""
        name = self.define(f'<clipPath id="{{id}}"><path d="{data}"/></clipPath>')
        self.parts.append(f'<g clip-path="{name}">')

    def wobble(self, rx: float, ry: float, *, count: int = 9, share: float = 0.06) -> list[Point]:
        """Return points of an uneven oval around the origin."""
        points = []
        for i in range(count):
            angle = 2 * math.pi * i / count
            stretch = 1 + self.dice.uniform(-share, share)
            points.append((math.cos(angle) * rx * stretch, math.sin(angle) * ry * stretch))
        return points

    def heap(self, rx: float, height: float, count: int) -> Iterable[Point]:
        """Return places in a heap on a round base around the origin, back to front; ``height`` rises from it."""
        places = []
        for _ in range(count):
            angle, reach = self.dice.uniform(0, 2 * math.pi), math.sqrt(self.dice.random())
            x, depth = math.cos(angle) * reach, math.sin(angle) * reach
            places.append((x * rx, depth * rx * 0.3 - (1 - reach**1.6) * height, depth))
        places.sort(key=lambda place: place[2])
        return [(x, y) for x, y, _ in places]


def _stops(stops: Sequence[tuple[float, str] | tuple[float, str, float]]) -> str:
    parts = []
    for stop in stops:
        faint = f' stop-opacity="{stop[2]:.3f}"' if len(stop) == 3 else ""
        parts.append(f'<stop offset="{stop[0]}" stop-color="{stop[1]}"{faint}/>')
    return "".join(parts)


def _attributes(more: dict[str, object]) -> str:
    # The opacity of a whole shape costs a layer of its own in the renderer; that of fill and stroke costs nothing.
    faint = more.pop("opacity", None)
    if faint is not None:
        more |= {"fill-opacity": faint, "stroke-opacity": faint}
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
