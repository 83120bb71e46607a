"""A plausible, deterministic price list: zones between provinces, steps of weight, surcharges and COD fee (đồng)."""

import math
from dataclasses import dataclass

from simulators.store import Json
from simulators.viettelpost.places import Province

#: Volumetric weight in grams is length x width x height (cm) / 6.
_VOLUME_DIVISOR = 6
_DEFAULT_WEIGHT_G = 50
_VAT = 0.08
_FUEL = 0.12
_COD_FREE_UP_TO = 1_000_000
_COD_RATE = 0.008
_FREE_BASE_G = 2000
_STEP_G = 500
#: Zones: inside a province, inside a region, to the neighbouring region, from one end of the country to the other.
ZONES = ("province", "region", "neighbour", "far")


@dataclass(frozen=True, slots=True)
class Service:
    """A service by zone: what 2 kg cost, what each further 500 g costs, and the hours it takes. 0 is "not there"."""

    code: str
    name: str
    base: tuple[int, int, int, int]
    step: tuple[int, int, int, int]
    hours: tuple[int, int, int, int]
    max_g: int


SERVICES = (
    Service(
        "VCN", "Chuyển phát nhanh",
        (16_500, 30_000, 32_000, 36_000), (2_500, 3_500, 4_500, 7_500), (24, 48, 60, 72), 30_000,
    ),
    Service(
        "STK", "Chuyển phát tiết kiệm",
        (15_000, 22_000, 25_000, 28_000), (2_000, 2_500, 3_000, 3_500), (36, 72, 96, 120), 100_000,
    ),
    Service("PHS", "Phát hôm sau trước 12h", (28_000, 48_000, 0, 0), (4_000, 6_000, 0, 0), (16, 20, 0, 0), 20_000),
    Service("VHT", "Hỏa tốc, hẹn giờ", (45_000, 0, 0, 0), (6_000, 0, 0, 0), (8, 0, 0, 0), 15_000),
)  # fmt: skip
#: Extra services: code -> (name, description, price in đồng, VAT not in).
EXTRAS = {
    "XMG": ("Xem hàng", "Cho xem hàng, không thử", 0),
    "GBP": ("Báo phát", "Báo phát có chữ ký", 5_000),
    "PTTX": ("Phát tại thôn, xã xa", "Phụ phí vùng xa", 10_000),
}


@dataclass(frozen=True, slots=True)
class Price:
    """What one service costs for one parcel."""

    service: Service
    zone: str
    main: int
    fuel: int
    cod: int
    extras: int
    vat: int
    hours: int
    exchange_weight_g: int

    @property
    def total(self) -> int:
        """Everything, VAT included."""
        return self.main + self.fuel + self.cod + self.extras + self.vat

    @property
    def listed(self) -> int:
        """GIA_CUOC of the price list: VAT in, surcharges not."""
        return round(self.main * (1 + _VAT))

    def as_fields(self) -> Json:
        """Return the MONEY_* fields of an answer."""
        return {
            "MONEY_TOTAL_OLD": self.total, "MONEY_TOTAL": self.total, "MONEY_TOTAL_FEE": self.main,
            "MONEY_FEE": self.fuel, "MONEY_COLLECTION_FEE": self.cod, "MONEY_OTHER_FEE": 0, "MONEY_VAS": self.extras,
            "MONEY_VAT": self.vat, "KPI_HT": float(self.hours), "EXCHANGE_WEIGHT": self.exchange_weight_g,
        }  # fmt: skip


def zone_between(sender: Province, receiver: Province) -> str:
    """Return the zone of a journey."""
    if sender.id == receiver.id:
        return "province"
    if sender.region == receiver.region:
        return "region"
    return "neighbour" if "central" in (sender.region, receiver.region) else "far"


def volumetric_g(length_cm: int, width_cm: int, height_cm: int) -> int:
    """Return the volumetric weight in grams."""
    return math.ceil(length_cm * width_cm * height_cm / _VOLUME_DIVISOR)


def price_of(
    service_code: str,
    sender: Province,
    receiver: Province,
    *,
    weight_g: int,
    volume_g: int = 0,
    cod: int = 0,
    extras: tuple[str, ...] = (),
) -> Price | None:
    """Return the price of a service on a route, or None when the service does not go there."""
    service = next((one for one in SERVICES if one.code == service_code), None)
    if service is None:
        return None
    zone = zone_between(sender, receiver)
    place = ZONES.index(zone)
    charged = max(weight_g or _DEFAULT_WEIGHT_G, volume_g)
    if service.base[place] == 0 or charged > service.max_g:
        return None
    steps = math.ceil(max(0, charged - _FREE_BASE_G) / _STEP_G)
    main = service.base[place] + steps * service.step[place]
    fuel = round(main * _FUEL)
    cod_fee = round(cod * _COD_RATE) if cod > _COD_FREE_UP_TO else 0
    extra = sum(EXTRAS[code][2] for code in extras if code in EXTRAS)
    vat = round((main + fuel + cod_fee + extra) * _VAT)
    return Price(service, zone, main, fuel, cod_fee, extra, vat, service.hours[place], volume_g)


def list_prices(sender: Province, receiver: Province, *, weight_g: int, volume_g: int, cod: int) -> list[Price]:
    """Return the prices of all services that go this way."""
    found = (
        price_of(service.code, sender, receiver, weight_g=weight_g, volume_g=volume_g, cod=cod) for service in SERVICES
    )
    return [price for price in found if price is not None]
