"""Code 128 (ISO/IEC 15417), set B, drawn as SVG bars."""

from markupsafe import Markup

#: Widths of bars and spaces for the values 0 to 105, in modules.
_PATTERNS = [
    "212222",
    "222122",
    "222221",
    "121223",
    "121322",
    "131222",
    "122213",
    "122312",
    "132212",
    "221213",
    "221312",
    "231212",
    "112232",
    "122132",
    "122231",
    "113222",
    "123122",
    "123221",
    "223211",
    "221132",
    "221231",
    "213212",
    "223112",
    "312131",
    "311222",
    "321122",
    "321221",
    "312212",
    "322112",
    "322211",
    "212123",
    "212321",
    "232121",
    "111323",
    "131123",
    "131321",
    "112313",
    "132113",
    "132311",
    "211313",
    "231113",
    "231311",
    "112133",
    "112331",
    "132131",
    "113123",
    "113321",
    "133121",
    "313121",
    "211331",
    "231131",
    "213113",
    "213311",
    "213131",
    "311123",
    "311321",
    "331121",
    "312113",
    "312311",
    "332111",
    "314111",
    "221411",
    "431111",
    "111224",
    "111422",
    "121124",
    "121421",
    "141122",
    "141221",
    "112214",
    "112412",
    "122114",
    "122411",
    "142112",
    "142211",
    "241211",
    "221114",
    "413111",
    "241112",
    "134111",
    "111242",
    "121142",
    "121241",
    "114212",
    "124112",
    "124211",
    "411212",
    "421112",
    "421211",
    "212141",
    "214121",
    "412121",
    "111143",
    "111341",
    "131141",
    "114113",
    "114311",
    "411113",
    "411311",
    "113141",
    "114131",
    "311141",
    "411131",
    "211412",
    "211214",
    "211232",
]
_START_B = 104
_STOP = "2331112"
_QUIET = 10


def code128_svg(text: str, height: int = 50) -> Markup:
    """Draw ASCII text as a barcode. Raises ValueError for characters that set B does not hold."""
    values = [ord(letter) - 32 for letter in text]
    if not text or any(not 0 <= value <= 94 for value in values):
        message = "a barcode holds printable ASCII only"
        raise ValueError(message)
    check = (_START_B + sum(place * value for place, value in enumerate(values, 1))) % 103
    widths = "".join(_PATTERNS[value] for value in (_START_B, *values, check)) + _STOP
    bars, x = [], _QUIET
    for number, width in enumerate(int(digit) for digit in widths):
        if number % 2 == 0:
            bars.append(f"M{x} 0h{width}v{height}h-{width}z")
        x += width
    return Markup(  # noqa: S704 - nothing but numbers goes in
        f'<svg class="barcode" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {x + _QUIET} {height}" '
        f'preserveAspectRatio="none" role="img" shape-rendering="crispEdges"><path d="{"".join(bars)}"/></svg>'
    )
