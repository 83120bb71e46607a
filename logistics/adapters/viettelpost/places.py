"""From names of communes to Viettel Post's own numbers.

The carrier numbers places in its own way, so its catalogue (version 3, two levels) is asked and names are
matched. Each of today's provinces has one pseudo-district, DISTRICT_VALUE ``NEW``, that stands in where an
order asks for one.
"""

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from logistics.adapters.viettelpost.client import Answer, ViettelPostClient
from logistics.ports import Done, PostalAddress
from marketplace.core.text import fold

#: The catalogue changes with the law, so a day is often enough.
_FRESH_S = 24 * 3600
_KINDS = re.compile(r"^(thanh pho|tinh|phuong|xa|dac khu|thi tran|tp)\s+")


@dataclass(frozen=True, slots=True)
class PlaceUnknown:
    """The carrier's catalogue holds no such place; ``field`` is its word for what is wrong."""

    field: str


@dataclass(slots=True)
class _Province:
    id: int
    read_at: float
    district_id: int = 0
    wards: dict[str, list[tuple[str, int]]] = field(default_factory=dict)


class PlaceBook:
    """Looks places up, and remembers each province for a day."""

    def __init__(self, client: ViettelPostClient) -> None:
        """Start knowing nothing."""
        self._client = client
        self._lock = threading.Lock()
        self._provinces: dict[str, int] = {}
        self._provinces_read_at = 0.0
        self._by_province: dict[int, _Province] = {}

    def find(self, address: PostalAddress, side: str) -> tuple[int, int, int] | PlaceUnknown | Answer:
        """Return (province, district, ward) of an address; what went wrong otherwise.

        ``side`` is SENDER or RECEIVER.
        """
        provinces = self._list_provinces()
        if not isinstance(provinces, Mapping):
            return provinces
        province_id = provinces.get(bare(address.province_name))
        if province_id is None:
            return PlaceUnknown(f"{side}_PROVINCE")
        province = self._read_province(province_id)
        if not isinstance(province, _Province):
            return province
        ward_id = _pick(province.wards.get(bare(address.commune_name), []), address.commune_name)
        if ward_id is None:
            return PlaceUnknown(f"{side}_WARD")
        return province.id, province.district_id, ward_id

    def _list_provinces(self) -> Mapping[str, int] | Answer:
        with self._lock:
            if self._provinces and time.monotonic() - self._provinces_read_at < _FRESH_S:
                return self._provinces
        answer = self._client.read("/v3/categories/listProvinceNew", {})
        if not isinstance(answer, Done):
            return answer
        found = {
            bare(str(row["PROVINCE_NAME"])): int(row["PROVINCE_ID"])
            for row in _rows(answer)
            if row.get("PROVINCE_NAME") and row.get("PROVINCE_ID") is not None
        }
        with self._lock:
            self._provinces, self._provinces_read_at = found, time.monotonic()
        return found

    def _read_province(self, province_id: int) -> _Province | Answer:
        with self._lock:
            known = self._by_province.get(province_id)
            if known is not None and time.monotonic() - known.read_at < _FRESH_S:
                return known
        districts = self._client.read("/v2/categories/listDistrict", {"provinceId": province_id})
        if not isinstance(districts, Done):
            return districts
        wards = self._client.read("/v3/categories/listWardsNew", {"provinceId": province_id})
        if not isinstance(wards, Done):
            return wards
        province = _Province(province_id, time.monotonic())
        for row in _rows(districts):
            if str(row.get("DISTRICT_VALUE") or "").upper() == "NEW":
                province.district_id = int(row["DISTRICT_ID"])
        for row in _rows(wards):
            name = str(row.get("WARDS_NAME") or "")
            province.wards.setdefault(bare(name), []).append((fold(name), int(row["WARDS_ID"])))
        with self._lock:
            self._by_province[province_id] = province
        return province


def bare(name: str) -> str:
    """Return a name without marks and without its kind: ``Xã Nga Sơn`` and ``NGA SƠN`` are the same place."""
    return _KINDS.sub("", fold(name))


def _pick(candidates: list[tuple[str, int]], name: str) -> int | None:
    """Return the one ward that is meant; a commune and a ward may share a name, then its kind decides."""
    if len(candidates) == 1:
        return candidates[0][1]
    exact = [ward_id for full, ward_id in candidates if full == fold(name)]
    return exact[0] if len(exact) == 1 else None


def _rows(answer: Done[Any]) -> list[Mapping[str, Any]]:
    return [row for row in answer.value if isinstance(row, Mapping)] if isinstance(answer.value, list) else []
