"""QR codes of stickers: small symbols, and still read when they are small, blurred, creased, turned and dirty."""

import io
import random

import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

from traceability.rules.stickers import SIZES, draw_qr, sticker_path

ROOT = "https://choque.example"
GTIN, CODE, SERIAL = "08938501230010", "TH-15715-2611-0042", "7Q2M9XK4TB"
ADDRESSES = {
    "short": ROOT + sticker_path(CODE),
    "short, own number": ROOT + sticker_path(CODE, serial=SERIAL),
    "Digital Link": ROOT + sticker_path(CODE, gtin=GTIN),
    "Digital Link, own number": ROOT + sticker_path(CODE, gtin=GTIN, serial=SERIAL),
}
_TRIES, _PICTURES = 100, 3
#: Pixels a module on the print, as a printer of 300 dots an inch makes it at about 0.7 mm.
_SCALE = 8


def test_addresses_follow_the_tier():
    assert ADDRESSES == {
        "short": "https://choque.example/l/TH-15715-2611-0042",
        "short, own number": "https://choque.example/l/TH-15715-2611-0042/7Q2M9XK4TB",
        "Digital Link": "https://choque.example/01/08938501230010/10/TH-15715-2611-0042",
        "Digital Link, own number": "https://choque.example/01/08938501230010/21/7Q2M9XK4TB",
    }


@pytest.mark.parametrize(
    ("address", "version", "level"),
    [("short", 4, "Q"), ("short, own number", 5, "Q"), ("Digital Link", 6, "Q"), ("Digital Link, own number", 5, "Q")],
)
def test_symbols_stay_small(address, version, level):
    qr = draw_qr(ADDRESSES[address])
    assert (qr.version, qr.error) == (version, level)


def test_a_long_address_takes_the_leaner_correction_before_the_finer_symbol():
    qr = draw_qr(f"https://truy-xuat-nguon-goc.xa-tan-ninh.thanhhoa.example/01/{GTIN}/10/{CODE}")
    assert (qr.version, qr.error) == (6, "M")


def test_sheets_fit_a4():
    for size in SIZES.values():
        assert size.columns * size.width_mm <= 210
        assert size.rows * size.height_mm <= 297


def render(address: str) -> Image.Image:
    drawn = io.BytesIO()
    draw_qr(address).save(drawn, kind="png", scale=_SCALE, border=4)
    return Image.open(drawn).convert("L")


def crease(picture: Image.Image, dice: random.Random) -> Image.Image:
    """Fold the sticker once across: along the fold up to two fifths of the contrast are gone."""
    side = picture.width
    fold = Image.new("L", picture.size, 0)
    start, end = dice.uniform(0, side), dice.uniform(0, side)
    line = [(0, start), (side, end)] if dice.random() < 0.5 else [(start, 0), (end, side)]
    ImageDraw.Draw(fold).line(line, fill=round(255 * dice.uniform(0.15, 0.4)), width=dice.randint(2, _SCALE))
    return Image.composite(Image.new("L", picture.size, dice.choice((20, 235))), picture, fold)


def soil(picture: Image.Image, dice: random.Random) -> Image.Image:
    """Cover up to two spots of up to three modules across, between the corners.

    A code whose corner is covered is read by nobody, whatever its error correction; then people type its letters.
    """
    soiled = picture.copy()
    draw = ImageDraw.Draw(soiled)
    for _ in range(dice.randint(0, 2)):
        radius = dice.uniform(_SCALE / 2, _SCALE * 1.5)
        x, y = (dice.uniform(0.38, 0.62) * picture.width for _ in range(2))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=dice.choice((0, 120, 255)))
    return soiled


def wear(picture: Image.Image, dice: random.Random) -> Image.Image:
    """Return the code as it looks on a bag that was carried home in the rain."""
    worn = soil(picture, dice)
    for _ in range(dice.randint(1, 2)):
        worn = crease(worn, dice)
    return worn


def take(worn: Image.Image, dice: random.Random) -> Image.Image:
    """Return one picture of a cheap phone: turned, out of focus, down to 30 % of the size, grey and grainy."""
    taken = worn.rotate(dice.uniform(0, 360), resample=Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    taken = taken.filter(ImageFilter.GaussianBlur(dice.uniform(0, _SCALE / 3)))
    small = round(taken.width * dice.uniform(0.3, 0.6))
    taken = taken.resize((small, small), Image.Resampling.BILINEAR)
    contrast = dice.uniform(0.5, 0.8)
    taken = taken.point([round(30 + value * contrast) for value in range(256)])
    noise = Image.frombytes("L", taken.size, dice.randbytes(taken.width * taken.height))
    return Image.blend(taken, noise, dice.uniform(0, 0.15))


def read(worn: Image.Image, dice: random.Random) -> set[str]:
    """Return what is read in the first of three pictures that shows anything; a camera takes thirty a second."""
    for _ in range(_PICTURES):
        found = {one.text for one in zxingcpp.read_barcodes(take(worn, dice))}
        if found:
            return found
    return set()


@pytest.mark.slow
@pytest.mark.parametrize("name", ADDRESSES)
def test_a_worn_sticker_is_still_read(name):
    """99 of 100 of each kind, each seeded, so that a failure can be looked at. None is ever misread."""
    picture = render(ADDRESSES[name])
    results = []
    for seed in range(_TRIES):
        dice = random.Random(f"{name}{seed}")
        results.append(read(wear(picture, dice), dice))
    assert all(found <= {ADDRESSES[name]} for found in results)
    assert sum(bool(found) for found in results) >= 0.99 * _TRIES


def test_the_wearing_would_show_a_bad_code():
    """The same treatment at a fifth of the size is too much for any code: the test can fail."""
    picture = render(ADDRESSES["Digital Link, own number"]).resize((60, 60))
    assert sum(bool(read(picture, random.Random(seed))) for seed in range(20)) < 5
