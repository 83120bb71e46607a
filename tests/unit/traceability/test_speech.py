"""What is read out on the loudspeaker: no figures, no addresses, half a minute to a minute."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.rules.recall_words import MAX_ZALO, Told, write_loudspeaker, write_zalo
from traceability.rules.recalls import (
    FIRST_DAY,
    MAX_WORDS,
    REMEDIES,
    TELL_WITHIN,
    LotBalance,
    read_clock,
    tell_duties,
    write_duration,
)
from traceability.rules.sheet import HEADER, SheetRow, guard_cell, write_sheet
from traceability.rules.speech import clip_spoken, count_syllables, measure_seconds, speak, speak_date, speak_digits

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Thôn 3", "Thôn ba"),
        ("0,5 mg/kg", "không phẩy năm mi-li-gam trên ki-lô-gam"),
        ("Abamectin 3.6EC", "Abamectin ba phẩy sáu EC"),
        ("1.500 quả", "một nghìn năm trăm quả"),
        ("vượt 120%", "vượt một trăm hai mươi phần trăm"),
        ("ngày 05/12/2026", "ngày ngày năm tháng mười hai năm hai nghìn không trăm hai mươi sáu"),
        ("Gọi 0237 3812 345", "Gọi không hai ba bảy ba tám một hai ba bốn năm"),
        ("Gọi +84 912 345 678 ngay", "Gọi không chín một hai ba bốn năm sáu bảy tám ngay"),
        ("xem https://choque.example/lo/1 nhé", "xem nhé"),
        ("www.choque.example", ""),
        ("lô 31/02/2026", "lô ba một không hai hai không hai sáu"),
        ("m² và ①", "m và"),
    ],
)
def test_figures_become_words(written, spoken):
    assert speak(written) == spoken


def test_telephone_numbers_are_read_one_by_one():
    assert speak_digits("0912 345 678") == "không chín một hai ba bốn năm sáu bảy tám"
    assert speak_digits("+84912345678") == "không chín một hai ba bốn năm sáu bảy tám"
    assert speak_date(date(2026, 11, 25)) == ("ngày hai mươi lăm tháng mười một năm hai nghìn không trăm hai mươi sáu")


@given(st.text(max_size=300))
def test_nothing_that_anybody_types_leaves_a_figure(text):
    spoken = speak(text)
    assert not any(ch.isnumeric() for ch in spoken)
    assert "http" not in spoken.lower() or "http" not in text.lower() or "://" not in spoken
    assert "  " not in spoken


@given(st.text(max_size=300), st.integers(1, 40))
def test_clipping_keeps_to_the_limit(text, limit):
    clipped = clip_spoken(speak(text), limit)
    assert count_syllables(clipped) <= max(limit, count_syllables(clipped.split(" ", maxsplit=1)[0]))


_TYPED = (
    "không ăn giữ hàng lại mang đến thôn 3 vượt 0,5 mg/kg Abamectin 3.6EC ngày 20/11/2026 an toàn thực phẩm của cả nhà "
) * 5
short = st.integers(1, 120).map(lambda length: _TYPED[:length].strip())
words = st.integers(1, MAX_WORDS).map(lambda length: _TYPED[:length].strip())


@st.composite
def recalls(draw):
    first = draw(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
    return Told(
        produce=draw(st.lists(short, min_size=1, max_size=3)),
        households=draw(st.lists(short, min_size=1, max_size=3)),
        codes=draw(st.integers(1, 40).map(lambda count: [f"TH-15715-2611-{number:04}" for number in range(count)])),
        made_on=(first, first + timedelta(days=draw(st.integers(0, 400)))),
        commune=draw(st.sampled_from(["Xã Tân Ninh", "Phường Hạc Thành", "Thị trấn Nông trường Việt Trung"])),
        officer_title="Cán bộ nông nghiệp xã Tân Ninh",
        reason=draw(words),
        instruction=draw(words),
        remedy=draw(st.sampled_from(sorted(REMEDIES))),
        places=draw(st.sampled_from(["", "Nhà văn hóa thôn 3\nỦy ban xã", "nhà " * 200])),
        contact=draw(st.sampled_from(["", "Ủy ban xã 0237 3812 345", "+84 912 345 678"])),
        until_on=draw(st.none() | st.dates()),
        started_at=NOW,
        is_drill=draw(st.booleans()),
    )


@given(recalls())
def test_the_loudspeaker_speaks_for_half_a_minute_to_a_minute(told):
    spoken = write_loudspeaker(told)
    assert 30 <= measure_seconds(spoken) <= 60, spoken
    assert not re.search(r"\d|http|www", spoken)
    assert ("diễn tập" in spoken) == told.is_drill


@given(recalls())
def test_a_message_for_zalo_says_what_is_needed(told):
    text = write_zalo(told, "http://localhost/lo/TH-15715-2611-0001")
    assert len(text) <= MAX_ZALO
    assert "http://localhost/lo/TH-15715-2611-0001" in text
    assert told.codes[0] in text
    assert told.instruction in text
    assert text.startswith("[DIỄN TẬP") == told.is_drill


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 giây"), (59, "59 giây"), (60, "1 phút"), (3600, "1 giờ"), (86_340, "23 giờ 59 phút"), (86_400, "1 ngày"),
     (90_000, "1 ngày 1 giờ"), (-5, "0 giây")],
)  # fmt: skip
def test_durations_are_written_as_people_say_them(seconds, text):
    assert write_duration(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(("passed", "is_late"), [(0, False), (86_400, False), (86_401, True)])
def test_the_clock_is_late_after_twenty_four_hours(passed, is_late):
    started = NOW - timedelta(seconds=passed)
    clock = read_clock(started, {}, NOW)
    assert (clock.is_told, clock.is_late, clock.due_at) == (False, is_late, started + TELL_WITHIN)
    assert [duty.is_late for duty in tell_duties(started, {}, NOW)][: len(FIRST_DAY)] == [is_late] * len(FIRST_DAY)
    done = dict.fromkeys(FIRST_DAY, (NOW, ""))
    told = read_clock(started, done, NOW + timedelta(days=3))
    assert (told.is_told, told.is_late) == (True, is_late)


def test_a_balance_says_what_is_missing():
    balance = LotBalance(*(Decimal(one) for one in (100, 10, 5, 60, 30, 10, 25)))
    assert (balance.kept, balance.missing, balance.uncollected, balance.untreated) == (25, 50, 5, 5)
    assert not balance.is_balanced


@pytest.mark.parametrize(
    ("came_back", "from_parcels", "treated", "is_left", "is_balanced"),
    [(0, 0, 0, True, False), (100, 60, 100, False, True), (100, 60, 99, False, False), (60, 60, 60, True, False),
     (40, 0, 40, True, False)],
)  # fmt: skip
def test_nothing_balances_while_goods_are_left_anywhere(came_back, from_parcels, treated, is_left, is_balanced):
    made, sold, *rest = (Decimal(one) for one in (100, 60, came_back, from_parcels, treated))
    nothing = Decimal(0)
    balance = LotBalance(made, nothing, nothing, sold, *rest)
    assert (balance.is_left, balance.is_balanced) == (is_left, is_balanced)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("=1+1", "'=1+1"), ("+84912", "'+84912"), ("-3", "'-3"), ("@cmd", "'@cmd"), ("\t=1", "'\t=1"), ("Rau", "Rau"),
     ("", "")],
)  # fmt: skip
def test_a_spreadsheet_runs_nothing_that_was_typed(typed, kept):
    assert guard_cell(typed) == kept


def test_the_sheet_is_csv_that_spreadsheets_read():
    row = SheetRow(*(["=x", 'a,"b'] + [""] * (len(HEADER.__slots__) - 2)))
    text = write_sheet([row])
    assert text.startswith("\ufeffCritical tracking event,")
    assert text.splitlines()[1].startswith("""'=x,"a,""b\"""")
