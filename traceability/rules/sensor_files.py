"""Reads a logger's file: a moment and a value in each line, as loggers and Vietnamese spreadsheets write them.

Columns are told apart by tabs, semicolons or commas, whichever the first line holds. Without a header the columns are
moment and value, or day, hour and value. Days are dd/MM/yyyy or ISO 8601; a moment without an offset is Vietnamese
time.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from marketplace.core.clock import VN_TZ
from marketplace.core.errors import Refused
from marketplace.core.text import fold
from traceability.rules.sensors import MAX_AHEAD, MAX_ROWS, Measure, find_fault, is_too_old, tidy, write_value

#: Signs that no text holds; the end of old files (0x1A) and form feeds are let be.
_BINARY = re.compile(r"[\x01-\x08\x0b\x0e-\x19\x1b-\x1f]|\A%PDF-")
MAX_BYTES = 2 * 1024 * 1024
#: So many faults are named; the rest is counted.
_FAULTS_TOLD = 20
_MOMENT, _DAY, _HOUR, _VALUE = "moment", "day", "hour", "value"
_HEADERS = {
    _MOMENT: {"thoi gian", "thoi diem", "ngay gio", "ngay, gio", "time", "timestamp", "datetime", "date time"},
    _DAY: {"ngay", "date", "day"},
    _HOUR: {"gio", "hour"},
    _VALUE: {"gia tri", "so do", "ket qua", "value", "reading", "temperature", "humidity"},
}
_BOMS = (("utf-8-sig", b"\xef\xbb\xbf"), ("utf-16", b"\xff\xfe"), ("utf-16", b"\xfe\xff"))
_VIETNAMESE_DAY = re.compile(
    r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?"
)
_NUMBER = re.compile(r"[+-]?\d{1,9}(?:[.,]\d{1,9})?|[+-]?\d{1,3}(?:\.\d{3})+,\d{1,9}|[+-]?\d{1,3}(?:,\d{3})+\.\d{1,9}")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one place of a file; lines and columns count from one."""

    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds: readings in the order of its lines, how many lines were too old, and what is wrong with it."""

    readings: Sequence[tuple[datetime, Decimal]]
    too_old: int
    faults: Sequence[Fault]
    #: Faults beyond those that are named.
    more_faults: int = 0


class _WrongCellError(ValueError):
    """A cell cannot be taken: its column, counted from nought, and why, in Vietnamese."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(message)
        self.column = column
        self.message = message


def is_text(data: bytes) -> bool:
    """Say whether a file holds text at all: a picture, a PDF or a workbook has no lines to be found fault with."""
    return not _BINARY.search(_decode(data))


def read_table(data: bytes, measure: Measure, now: datetime) -> Table:
    """Read a file. When ``faults`` is not empty, nothing of it may be taken in."""
    rows, faults = _split(_decode(data))
    readings: list[tuple[datetime, Decimal]] = []
    too_old = 0
    columns = _read_header(rows[0][1], measure) if rows else None
    width = len(rows[0][1]) if rows else 0
    if columns is not None:
        del rows[0]
    if not rows and not faults:
        faults.append(Fault(1, 1, "Tệp không có dòng số đo nào."))
    columns = columns or _guess_columns(width)
    for line, cells in rows:
        if len(cells) != width or width <= max(columns.values()):
            faults.append(Fault(line, 1, _explain_width(len(cells), width, columns)))
            continue
        try:
            found = _read_line(cells, columns, measure, now)
        except _WrongCellError as error:
            faults.append(Fault(line, error.column + 1, error.message))
            continue
        if is_too_old(found[0], now):
            too_old += 1
        else:
            readings.append(found)
    return Table(readings, too_old, faults[:_FAULTS_TOLD], max(0, len(faults) - _FAULTS_TOLD))


def _split(text: str) -> tuple[list[tuple[int, list[str]]], list[Fault]]:
    """Return the lines that hold anything, each with its number, and why the rest could not be split."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter_of(text), strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in lines:
            if any(cell.strip() for cell in cells):
                rows.append((lines.line_num, cells))
            if len(rows) > MAX_ROWS + 1:
                limit = f"{MAX_ROWS:,}".replace(",", ".")
                return [], [Fault(lines.line_num, 1, f"Tệp quá dài. Mỗi lần gửi tối đa {limit} dòng.")]
    except csv.Error:
        return rows, [Fault(lines.line_num, 1, "Dòng này có dấu ngoặc kép đặt sai chỗ nên không đọc được.")]
    return rows, []


def _explain_width(found: int, width: int, columns: Mapping[str, int]) -> str:
    wanted = max(width, max(columns.values()) + 1)
    return f"Dòng này có {found} cột, cần {wanted} cột. Nếu số viết bằng dấu phẩy, hãy ngăn các cột bằng dấu chấm phẩy."


def _decode(data: bytes) -> str:
    """Return the text of a file. Only headers hold letters, so a foreign code page costs nothing but their names."""
    encoding = next((name for name, mark in _BOMS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    return text.replace("\x00", "")


def _delimiter_of(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return next((mark for mark in ("\t", ";") if mark in first), ",")


def _read_header(cells: Sequence[str], measure: Measure) -> Mapping[str, int] | None:
    """Return which column is which; None when the first line is no header."""
    if any(ch.isdigit() for cell in cells for ch in cell.split("(")[0]):
        return None
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        name = fold(cell.split("(")[0].strip())
        for column, names in _HEADERS.items():
            known = names | {fold(measure.label)} if column == _VALUE else names
            if name in known:
                found.setdefault(column, place)
    if _VALUE in found and (_MOMENT in found or _DAY in found):
        return found
    return _guess_columns(len(cells))


def _guess_columns(width: int) -> Mapping[str, int]:
    if width == 3:
        return {_DAY: 0, _HOUR: 1, _VALUE: 2}
    return {_MOMENT: 0, _VALUE: 1}


def _read_line(
    cells: Sequence[str], columns: Mapping[str, int], measure: Measure, now: datetime
) -> tuple[datetime, Decimal]:
    """Return the reading of a line. Raises ``_WrongCellError``."""
    moment_column = columns.get(_MOMENT, columns.get(_DAY, 0))
    typed = cells[moment_column].strip()
    if _MOMENT not in columns and _HOUR in columns:
        typed = f"{typed} {cells[columns[_HOUR]].strip()}"
    try:
        moment = read_moment(typed)
    except Refused as error:
        raise _WrongCellError(moment_column, error.message) from error
    try:
        value = read_value(cells[columns[_VALUE]], measure.symbol)
    except Refused as error:
        raise _WrongCellError(columns[_VALUE], error.message) from error
    fault = find_fault(measure, moment, value, now)
    if fault is not None:
        column = columns[_VALUE] if fault == "value_impossible" else moment_column
        raise _WrongCellError(column, explain_fault(fault, measure))
    return tidy(moment, value)


def explain_fault(fault: str, measure: Measure) -> str:
    """Say in Vietnamese why a reading cannot be true."""
    if fault == "time_in_future":
        minutes = int(MAX_AHEAD.total_seconds() // 60)
        return f"Thời gian này còn ở tương lai (quá {minutes} phút). Hãy chỉnh lại đồng hồ của cảm biến."
    lowest, highest = write_value(measure.lowest), write_value(measure.highest)
    return f"Giá trị phải từ {lowest} đến {highest} {measure.symbol}."


def read_moment(typed: str) -> datetime:
    """Return an aware moment, to the second at least. Raises ``Refused``."""
    text = typed.strip()
    shown = text[:40]
    if text and ":" not in text:
        message = f"“{shown}” thiếu giờ. Hãy ghi như 25/11/2026 14:30."
        raise Refused("moment_without_hour", message)
    try:
        match = _VIETNAMESE_DAY.fullmatch(text)
        if match:
            day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
            moment = datetime(year, month, day, hour, minute, second, tzinfo=VN_TZ)
        else:
            moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=VN_TZ)).astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"Không đọc được thời gian “{shown}”. Hãy ghi như 25/11/2026 14:30."
        raise Refused("moment_unreadable", message) from None


def read_value(typed: str, symbol: str = "") -> Decimal:
    """Return a number with decimal comma or point, a unit behind it forgiven. Raises ``Refused``."""
    text = typed.strip().replace("\u2212", "-").replace("\u00a0", " ")
    if symbol and text.casefold().endswith(symbol.casefold()):
        text = text[: -len(symbol)]
    text = text.replace(" ", "")
    if not text.isascii() or not _NUMBER.fullmatch(text):
        message = f"Không đọc được số “{typed.strip()[:40]}”. Hãy ghi như 31,5."
        raise Refused("value_unreadable", message)
    if "," in text and "." in text:
        thousands = "." if text.rindex(",") > text.rindex(".") else ","
        text = text.replace(thousands, "")
    return Decimal(text.replace(",", "."))
