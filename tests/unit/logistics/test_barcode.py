"""Code 128: decoded back from the bars."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.rules.barcode import _WIDTHS, barcode_path

VALUES = {_WIDTHS[6 * value : 6 * value + 6]: value for value in range(106)}


def read(path: str, width: int) -> tuple[int, ...]:
    bars = [(int(x), int(w)) for x, w in re.findall(r"M(\d+) 0h(\d+)v60h-\d+z", path)]
    assert bars[0][0] == width - bars[-1][0] - bars[-1][1] == 10
    widths = ""
    for (x, w), (after, _) in zip(bars, [*bars[1:], (0, 0)], strict=True):
        widths += str(w) + (str(after - x - w) if after else "")
    assert widths.endswith("2331112")
    body = widths.removesuffix("2331112")
    return tuple(VALUES[body[place : place + 6]] for place in range(0, len(body), 6))


def test_the_table_holds_106_patterns_of_eleven_modules() -> None:
    assert len(_WIDTHS) == 106 * 6
    assert len(VALUES) == 106
    assert {sum(map(int, pattern)) for pattern in VALUES} == {11}


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=30))
def test_a_scanner_reads_the_text_back(text: str) -> None:
    start, *values, check = read(*barcode_path(text))
    assert start == 104
    assert "".join(chr(value + 32) for value in values) == text
    assert check == (104 + sum(place * value for place, value in enumerate(values, start=1))) % 103


def test_a_known_check_character() -> None:
    """A widely published example: 54 with start A (103), so one more with start B."""
    assert read(*barcode_path("PJJ123C"))[-1] == 55


@pytest.mark.parametrize("text", ["", "Đ", "a\n"])
def test_other_characters_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ASCII"):
        barcode_path(text)
