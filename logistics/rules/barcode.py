"""Code 128 (ISO/IEC 15417), code set B: the barcode that every carrier's scanner reads."""

#: Widths of the three bars and three spaces of each value, in modules; the stop pattern has a fourth bar.
_WIDTHS = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221"
    "223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321"
    "112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131"
    "311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114"
    "122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141"
    "214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232"
)
_START_B = 104
_CHECK = 103
_STOP = "2331112"
_QUIET = 10
_FIRST, _LAST = 32, 126


def barcode_path(text: str, height: int = 60) -> tuple[str, int]:
    """Return an SVG path that draws ``text``, and its width in modules with the quiet zones on both sides.

    Raises ``ValueError`` for an empty text and for characters outside printable ASCII.
    """
    values = [ord(letter) - _FIRST for letter in text]
    if not values or any(not 0 <= value <= _LAST - _FIRST for value in values):
        message = "a barcode holds printable ASCII only"
        raise ValueError(message)
    check = (_START_B + sum(place * value for place, value in enumerate(values, start=1))) % _CHECK
    pattern = "".join(_WIDTHS[6 * value : 6 * value + 6] for value in (_START_B, *values, check)) + _STOP
    bars = []
    x = _QUIET
    for place, width in enumerate(map(int, pattern)):
        if place % 2 == 0:
            bars.append(f"M{x} 0h{width}v{height}h-{width}z")
        x += width
    return "".join(bars), x + _QUIET
