"""From shapes to pixels."""

from io import BytesIO

import resvg_py
from PIL import Image


def rasterise(svg: str, width: int) -> bytes:
    """Return a drawing as a JPEG of that width: as a household's telephone would have sent it."""
    png = resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True)
    with Image.open(BytesIO(bytes(png))) as image:
        buffer = BytesIO()
        image.convert("RGB").save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
