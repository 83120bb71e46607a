"""Stickers: which address a QR code holds, how it is drawn, and how many fit a sheet of A4."""

from dataclasses import dataclass

import segno

#: Error correction Q restores a quarter of a code: stickers get wet, creased and dusty. A long address would need a
#: symbol of finer modules than a cheap phone reads from a small sticker, and then M (15 %) reads better.
_STRONG, _LEAN = "q", "m"
_FINEST_STRONG = 6
QUIET_MODULES = 4


@dataclass(frozen=True, slots=True)
class Size:
    """A size of sticker, as label paper is sold: millimetres, and how many there are on a sheet."""

    code: str
    label: str
    columns: int
    rows: int
    width_mm: float
    height_mm: float

    @property
    def count(self) -> int:
        """How many fit a sheet."""
        return self.columns * self.rows


SIZES = {
    size.code: size
    for size in (
        Size("lon", "Lớn, cho bao và thùng", 2, 4, 105, 74),
        Size("vua", "Vừa, cho túi và hộp", 3, 8, 70, 37),
        Size("nho", "Nhỏ, cho chai lọ", 5, 13, 38.1, 21.2),
    )
}
DEFAULT_SIZE = "vua"
MAX_SHEETS = 4


def sticker_path(code: str, *, gtin: str | None = None, serial: str = "") -> str:
    """Return the address below ours that a sticker holds: a GS1 Digital Link where there is a GTIN, else a short one.

    Both are counted as scans where they are led on from; nothing else on our pages links to them.
    """
    if gtin:
        return f"/01/{gtin}/21/{serial}" if serial else f"/01/{gtin}/10/{code}"
    return f"/l/{code}/{serial}" if serial else f"/l/{code}"


def draw_qr(address: str) -> segno.QRCode:
    """Return the QR code of an address. It stays in lower case: some phones open no ``HTTPS://``."""
    strong = segno.make_qr(address, error=_STRONG, boost_error=False)
    if isinstance(strong.version, int) and strong.version <= _FINEST_STRONG:
        return strong
    return segno.make_qr(address, error=_LEAN, boost_error=False)
