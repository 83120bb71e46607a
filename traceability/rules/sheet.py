"""The sortable sheet: one line for each critical tracking event of a lot, with its key data elements, as CSV.

Source: FDA Food Traceability Rule (FSMA section 204, 21 CFR 1.1325-1.1350): key data elements by critical tracking
event, and an electronic sortable spreadsheet within 24 hours (1.1455(c)). Its parts fit Circular 17/2021/TT-BNNPTNT
(received, produced and delivered lots) as well. Buyers are consumers and stand in no sheet: parcels bear their numbers.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass

#: Kind of a record -> the critical tracking event that it is, as the rule names them, and in Vietnamese.
EVENTS: Mapping[str, tuple[str, str]] = {
    "incoming": ("Receiving", "Nhập vật tư"),
    "harvest": ("Harvesting", "Thu hoạch"),
    "slaughter": ("Transformation", "Giết mổ"),
    "making": ("Transformation", "Chế biến"),
    "split": ("Transformation", "Tách lô"),
    "merge": ("Transformation", "Gộp lô"),
    "packing": ("Cooling/Packing", "Đóng gói"),
    "parcel_packed": ("Cooling/Packing", "Đóng kiện"),
    "parcel_shipped": ("Shipping", "Gửi đi"),
    "parcel_delivered": ("Receiving", "Người mua nhận"),
    "parcel_returned": ("Receiving", "Nhận hàng trả về"),
}
_BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A line of the sheet. Amounts are decimal text with a point, days ISO 8601, moments ISO 8601 with an offset."""

    event: str
    event_vi: str
    lot_code: str
    produce: str
    quantity: str
    unit: str
    event_on: str
    location: str
    location_code: str
    source_lots: str
    source_name: str
    parcel: str
    document_type: str
    document: str
    entered_at: str
    record_hash: str


HEADER = SheetRow(
    "Critical tracking event", "Khâu", "Traceability lot code (mã lô)", "Product (hàng)", "Quantity (số lượng)",
    "Unit (đơn vị)", "Event date (ngày)", "Location (nơi)", "Location code (mã nơi)",
    "Source lot codes (lô nguồn, số lô trên bao bì)", "Source description (nguyên liệu, vật tư)", "Parcel (kiện)",
    "Reference document type (loại chứng từ)", "Reference document number (số chứng từ)", "Entered at (ghi lúc)",
    "Record SHA-256 (mã niêm phong)",
)  # fmt: skip


def write_sheet(rows: Iterable[SheetRow]) -> str:
    """Return the sheet as CSV (RFC 4180) behind a byte order mark, by which spreadsheets know that it is UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(astuple(HEADER))
    writer.writerows([guard_cell(value) for value in astuple(row)] for row in rows)
    return _BOM + text.getvalue()


def guard_cell(value: str) -> str:
    """Keep a spreadsheet from running what a person typed as a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value
