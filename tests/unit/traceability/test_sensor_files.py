"""Loggers' files: every spelling that people send, and errors that say where."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.rules.sensor_files import Fault, Table, read_table
from traceability.rules.sensors import MAX_ROWS, MEASURES

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
TEN = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
TEMPERATURE = MEASURES["temperature"]


def read(text: str | bytes) -> Table:
    return read_table(text if isinstance(text, bytes) else text.encode(), TEMPERATURE, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "25/11/2026 10:00;31,5",
        "25/11/2026 10:00:00;31.5\n",
        "\n25-11-2026 10:00\t31,5 °C\r\n\r\n",
        '25/11/2026 10:00,"31,5"',
        "2026-11-25T10:00:00+07:00,31.5",
        "2026-11-25T03:00:00Z,31.5",
        "2026-11-25 10:00;31,50",
        "25/11/2026;10:00;31,5",
        "25/11/2026,10:00,31.5",
        "Thời gian;Nhiệt độ (°C)\n25/11/2026 10:00;31,5",
        "\ufeffThời gian;Giá trị\n25/11/2026 10:00;31,5",
        "STT;Nhiệt độ;Thời điểm\n7;31,5;25/11/2026 10:00",
        "Ngày;Giờ;Số đo\n25/11/2026;10:00;31,5",
        "date,hour,value\n25/11/2026,10:00,31.5",
        "Time,Probe A\n25/11/2026 10:00,31.5",
        "Thời gian;Giá trị\n25/11/2026 10:00;31,5".encode("utf-16"),
        "Th\xf4i;gi\xe1\n25/11/2026 10:00;31,5".encode("cp1252"),
    ],
)
def test_loggers_and_spreadsheets_are_understood(text):
    assert read(text) == Table([(TEN, Decimal("31.500"))], too_old=0, faults=[])


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("-2,5", "-2.500"),
        ("\u22122,5", "-2.500"),
        ("+31", "31.000"),
        ("31,25", "31.250"),
        ("31.250", "31.250"),
        ("31 °C", "31.000"),
    ],
)
def test_numbers(cell, value):
    assert read(f"25/11/2026 10:00;{cell}").readings == [(TEN, Decimal(value))]


def test_thousands():
    table = read_table(b"25/11/2026 10:00;1.250,5\n25/11/2026 10:05;1,250.5", MEASURES["light"], NOW)
    assert [value for _, value in table.readings] == [Decimal("1250.500")] * 2


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("25/11/2026 10:00;31,5\n25/13/2026 10:00;31,5", 2, 1, "“25/13/2026 10:00”"),
        ("25/11/2026 10:00;31,5\n25/11/2026;31,5", 2, 1, "thiếu giờ"),
        ("Thời gian;Giá trị\n\n25/11/2026 10:00;nóng", 3, 2, "“nóng”"),
        ("25/11/2026 10:00;", 1, 2, "Không đọc được số"),
        ("25/11/2026 10:00;1e3", 1, 2, "Không đọc được số"),
        ("25/11/2026 10:00;NaN\n", 1, 2, "Không đọc được số"),
        ("25/11/2026 10:00;95", 1, 2, "từ -50 đến 90 °C"),
        ("25/11/2026 15:11;20", 1, 1, "tương lai"),
        ("STT;Giá trị;Thời gian\n1;200;25/11/2026 10:00", 2, 2, "từ -50 đến 90 °C"),
        ("25/11/2026 10:00;20\n25/11/2026 10:05;20;4", 2, 1, "3 cột, cần 2 cột"),
        ("25/11/2026 10:00", 1, 1, "1 cột, cần 2 cột"),
        ("a,b,c,d\n1/11/2026 10:00,31,5", 2, 1, "cần 4 cột"),
        ('25/11/2026 10:00;"31', 1, 1, "ngoặc kép"),
        ("", 1, 1, "không có dòng số đo nào"),
        ("Thời gian;Giá trị\n", 1, 1, "không có dòng số đo nào"),
        ("99999999999/11/2026 10:00;20", 1, 1, "Không đọc được thời gian"),
    ],
)
def test_what_is_wrong_names_its_line_and_column(text, line, column, words):
    table = read(text)
    (fault,) = table.faults
    assert (fault.line, fault.column) == (line, column)
    assert words in fault.message


def test_one_bad_line_among_good_ones_is_told_and_counted():
    lines = [f"25/11/2026 10:{minute:02};{'x' if minute % 2 else 20}" for minute in range(60)]
    table = read("\n".join(lines))
    assert [fault.line for fault in table.faults] == list(range(2, 42, 2))
    assert table.more_faults == 10


def test_old_lines_are_counted_and_left_out():
    assert read("25/11/2025 10:00;20\n25/11/2026 10:00;31,5") == Table([(TEN, Decimal("31.500"))], 1, [])


def test_a_file_that_is_too_long_is_refused_whole():
    line = "25/11/2026 10:00;20\n"
    assert len(read(line * MAX_ROWS).readings) == MAX_ROWS
    table = read(line * (MAX_ROWS + 2))
    assert table.readings == []
    assert table.faults == [Fault(MAX_ROWS + 2, 1, "Tệp quá dài. Mỗi lần gửi tối đa 20.000 dòng.")]


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet='0123456789/:;,."\n\t -T', max_size=120).map(str.encode))
def test_no_bytes_make_it_stumble(data):
    table = read(data)
    assert table.readings or table.faults or table.too_old
    assert all(fault.line >= 1 and fault.column >= 1 and fault.message.endswith(".") for fault in table.faults)
