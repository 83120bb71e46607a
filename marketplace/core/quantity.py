"""Quantities: a decimal with a unit. Different units never meet by accident."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from marketplace.core.errors import Refused

MAX_AMOUNT = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of sale or of harvest. ``step`` is the smallest amount that is sold or counted."""

    code: str
    label: str
    step: Decimal
    #: UN/ECE Recommendation 20 code, for EPCIS quantity elements; None counts pieces.
    uom: str | None = None
    #: Spoken words that a buyer may type instead.
    words: tuple[str, ...] = ()


_ONE = Decimal(1)
_UNITS = (
    Unit("kg", "kg", Decimal("0.1"), "KGM", ("cân", "ký", "kí", "kilogam")),
    Unit("l", "lít", Decimal("0.1"), "LTR", ("lít",)),
    Unit("con", "con", _ONE, "H87"),
    Unit("qua", "quả", _ONE, "H87", ("trái",)),
    Unit("chuc", "chục", _ONE, None),
    Unit("bo", "bó", _ONE, None),
    Unit("mo", "mớ", _ONE, None),
    Unit("nai", "nải", _ONE, None),
    Unit("cay", "cây", _ONE, "H87"),
    Unit("cai", "cái", _ONE, "H87"),
    Unit("chai", "chai", _ONE, None),
    Unit("hu", "hũ", _ONE, None, ("lọ",)),
    Unit("can", "can", _ONE, None),
    Unit("hop", "hộp", _ONE, None),
    Unit("goi", "gói", _ONE, None),
    Unit("tui", "túi", _ONE, None, ("bao",)),
)
UNITS: dict[str, Unit] = {unit.code: unit for unit in _UNITS}
UNITS_BY_LABEL: dict[str, Unit] = {unit.label: unit for unit in _UNITS}


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount of one unit, e.g. 12.5 kg. Arithmetic refuses to mix units (``ValueError``)."""

    amount: Decimal
    unit: Unit

    def __add__(self, other: "Quantity") -> "Quantity":
        self._check(other)
        return Quantity(self.amount + other.amount, self.unit)

    def __sub__(self, other: "Quantity") -> "Quantity":
        self._check(other)
        return Quantity(self.amount - other.amount, self.unit)

    def __lt__(self, other: "Quantity") -> bool:
        self._check(other)
        return self.amount < other.amount

    def __le__(self, other: "Quantity") -> bool:
        self._check(other)
        return self.amount <= other.amount

    def __str__(self) -> str:
        return format_quantity(self.amount, self.unit.code)

    def _check(self, other: "Quantity") -> None:
        if self.unit != other.unit:
            message = f"cannot combine {self.unit.code} with {other.unit.code}"
            raise ValueError(message)


def get_unit(code: str) -> Unit:
    """Return a unit by its code. Raises ``Refused`` when there is none."""
    try:
        return UNITS[code]
    except KeyError:
        message = "Hãy chọn một đơn vị tính trong danh sách."
        raise Refused("unit_unknown", message, typed=code[:20]) from None


def parse_amount(
    text: str, *, step: Decimal = Decimal("0.001"), noun: str = "Số lượng", example: str = "12 hoặc 12,5"
) -> Decimal:
    """Read an amount as typed: comma or point for decimals (``12,5``). Positive, at most a million, on the step.

    ``noun`` and ``example`` say what is asked for, where it is no plain number of goods.

    A point followed by exactly three digits separates thousands, as in ``1.500``: that is how Vietnamese write it.
    Raises ``Refused``.
    """
    typed = text.strip().replace(" ", "").replace("\u00a0", "")
    sign, typed = ("-", typed[1:]) if typed[:1] in {"-", "\u2212"} else ("", typed)
    if "," in typed:
        plain = typed.replace(".", "").replace(",", ".")
    elif "." in typed and all(len(group) == 3 for group in typed.split(".")[1:]) and typed[0] != "0":
        plain = typed.replace(".", "")
    else:
        plain = typed
    try:
        amount = Decimal(plain) if plain and plain.isascii() and plain[0].isdigit() else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or any(ch in plain.lower() for ch in "e_"):
        message = f"Hãy nhập {noun.lower()} bằng chữ số, ví dụ {example}."
        raise Refused("amount_unreadable", message, typed=typed[:40])
    if sign or amount <= 0:
        message = f"{noun} phải lớn hơn 0."
        raise Refused("amount_not_positive", message)
    if amount > MAX_AMOUNT:
        message = f"{noun} này lớn quá mức cho phép."
        raise Refused("amount_too_large", message)
    if amount % step:
        smallest = format_number(step)
        message = f"{noun} phải chia hết cho {smallest}."
        raise Refused("amount_off_step", message, step=str(step))
    return amount


def format_number(amount: Decimal | int) -> str:
    """Write a number the Vietnamese way, without idle zeros: ``1.250,5``."""
    exact = Decimal(amount).quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)
    whole, _, fraction = f"{exact:,f}".partition(".")
    fraction = fraction.rstrip("0")
    return whole.replace(",", ".") + (f",{fraction}" if fraction else "")


def format_quantity(amount: Decimal | int, unit_code: str) -> str:
    """Write an amount with its unit: ``12,5 kg``, ``3 chục``."""
    unit = UNITS.get(unit_code)
    return f"{format_number(amount)} {unit.label if unit else unit_code}"
