"""The carrier's own catalogue of places, with other ids than the state's, and how it reads free-text addresses."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_DATA = Path(__file__).resolve().parent.parent / "data"
#: Ids of the pseudo-district that stands for "two-level address" begin here (100000001 and on).
NEW_DISTRICT_BASE = 100_000_000
_WARD_BASE = 710_000
_OLD_DISTRICT_BASE = 5_400
_OLD_WARD_BASE = 91_000
_THANH_HOA = "38"
_PREFIXES = ("thanh pho", "tinh", "phuong", "xa", "dac khu", "thi tran", "tp", "p", "x", "t")


@dataclass(frozen=True, slots=True)
class Province:
    """A province as the carrier lists it."""

    id: int
    code: str
    full_name: str
    region: str

    @property
    def name(self) -> str:
        """The name without its kind: version 2 of the catalogue shows it so."""
        return re.sub(r"^(Thành phố|Tỉnh) ", "", self.full_name)

    @property
    def new_district_id(self) -> int:
        """Id of the pseudo-district NEW of this province."""
        return NEW_DISTRICT_BASE + self.id


@dataclass(frozen=True, slots=True)
class Ward:
    """A commune or ward; ``district_id`` is the pseudo-district for today's communes."""

    id: int
    name: str
    province_id: int
    district_id: int


@dataclass(frozen=True, slots=True)
class District:
    """An old district, or the pseudo-district NEW."""

    id: int
    value: str
    name: str
    province_id: int


@dataclass(frozen=True, slots=True)
class Place:
    """What the carrier made of an address."""

    province: Province
    ward: Ward | None
    address: str


class Catalogue:
    """All places, looked up by id or by text."""

    def __init__(self) -> None:
        """Read the data files."""
        rows = _rows("provinces.tsv")
        self.provinces = {int(row[1]): Province(int(row[1]), row[2], row[3], row[4]) for row in rows}
        by_nso = {row[0]: self.provinces[int(row[1])] for row in rows}
        # Sorted by name, so that the carrier's numbers follow no order of the state.
        communes = sorted(_rows("communes.tsv"), key=lambda row: (row[2], row[1]))
        self.wards = {}
        for number, (nso_province, _nso_code, name) in enumerate(communes):
            home = by_nso[nso_province]
            self.wards[_WARD_BASE + number] = Ward(_WARD_BASE + number, name, home.id, home.new_district_id)
        self.districts = {
            home.new_district_id: District(home.new_district_id, "NEW", "Địa chỉ 2 cấp (bỏ qua)", home.id)
            for home in self.provinces.values()
        }
        self._add_old_places(by_nso[_THANH_HOA].id)
        self._by_name: dict[int, dict[str, list[Ward]]] = {}
        for ward in self.wards.values():
            if ward.district_id > NEW_DISTRICT_BASE:
                self._by_name.setdefault(ward.province_id, {}).setdefault(bare(ward.name), []).append(ward)
        self._provinces_by_name = {bare(home.full_name): home for home in self.provinces.values()}

    def _add_old_places(self, province_id: int) -> None:
        ids: dict[str, int] = {}
        for number, (district, ward) in enumerate(_rows("old_districts.tsv")):
            district_id = ids.setdefault(district, _OLD_DISTRICT_BASE + len(ids))
            self.districts.setdefault(district_id, District(district_id, f"{district_id}", district, province_id))
            self.wards[_OLD_WARD_BASE + number] = Ward(_OLD_WARD_BASE + number, ward, province_id, district_id)

    def list_districts(self, province_id: int) -> list[District]:
        """Return the districts of a province; -1 returns all."""
        return [district for district in self.districts.values() if province_id in (-1, district.province_id)]

    def list_wards(self, district_id: int) -> list[Ward]:
        """Return the wards of an old district or of a pseudo-district; -1 returns all."""
        return [ward for ward in self.wards.values() if district_id in (-1, ward.district_id)]

    def find(self, province_id: int, district_id: int, ward_id: int, address: str = "") -> Place | None:
        """Return the place for three ids, or None when they do not belong together."""
        province = self.provinces.get(province_id)
        if province is None:
            return None
        if ward_id == 0:
            return Place(province, None, address) if district_id in self.districts else None
        ward = self.wards.get(ward_id)
        if ward is None or ward.province_id != province_id:
            return None
        # Some clients send district 0 together with a new ward.
        is_new = ward.district_id > NEW_DISTRICT_BASE
        if district_id != ward.district_id and not (district_id == 0 and is_new):
            return None
        return Place(province, ward, address)

    def read(self, address: str) -> Place | None:
        """Understand a free-text address from its end: province first, then the commune; None without a province."""
        parts = [part.strip() for part in address.split(",") if part.strip()]
        if parts and fold(parts[-1]) in ("viet nam", "vietnam"):
            parts.pop()
        if not parts:
            return None
        province = self._provinces_by_name.get(bare(parts[-1]))
        if province is None:
            return None
        names = self._by_name.get(province.id, {})
        for number in range(len(parts) - 2, -1, -1):
            # A commune may itself be called "Tịnh Khê": a name that looks like a prefix is tried whole as well.
            found = names.get(bare(parts[number])) or names.get(fold(parts[number])) or []
            if found:
                # Ba Tơ and Ba Tô lie in one province: what is spelt exactly wins over what only sounds alike.
                given = parts[number]
                exact = [ward for ward in found if _spelling(ward.name) == _spelling(given)]
                alike = [ward for ward in found if fold(ward.name) == fold(given)]
                return Place(province, (exact or alike or found)[0], ", ".join(parts[:number]))
        return Place(province, None, ", ".join(parts[:-1]))


@cache
def catalogue() -> Catalogue:
    """Return the one catalogue of this process."""
    return Catalogue()


def fold(text: str) -> str:
    """Lower-case without accents, single spaces."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^0-9a-z ]+", " ", letters.lower()).split())


def _spelling(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def bare(text: str) -> str:
    """Fold a name and take its kind away: ``Xã Nga Sơn`` and ``nga son`` are the same."""
    folded = fold(text)
    for prefix in _PREFIXES:
        rest = folded.removeprefix(f"{prefix} ")
        if rest != folded:
            return rest
    return folded


def _rows(name: str) -> list[list[str]]:
    lines = (_DATA / name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]
