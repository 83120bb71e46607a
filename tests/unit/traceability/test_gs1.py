"""GS1 numbers: which are right, which are not, and what is said about a wrong one."""

import pytest
from biip.gln import Gln
from biip.gtin import Gtin
from biip.sscc import Sscc
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import Refused
from traceability.rules import gs1, identifiers

PREFIX = "893850123"


@pytest.mark.parametrize(
    ("typed", "gtin"),
    [
        ("8938501230010", "08938501230010"),
        ("893 8501 23001 0", "08938501230010"),
        ("8938-501-2300-10", "08938501230010"),
        ("08938501230010", "08938501230010"),
        ("18938501230017", "18938501230017"),
    ],
)
def test_a_gtin_is_read_as_people_write_it(typed, gtin):
    assert gs1.check_gtin(typed, [PREFIX]) == gtin


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("8938501230013", "đúng ra là 0"),
        ("8938501230021", "đúng ra là 7"),
        ("893850123", "Mã GTIN có 13 chữ số"),
        ("89385012300100000", "Mã GTIN có 13 chữ số"),
        ("893850123001x", "Mã GTIN có 13 chữ số"),
        ("٨٩٣٨٥٠١٢٣٠٠١٠", "Mã GTIN có 13 chữ số"),
        ("", "Mã GTIN có 13 chữ số"),
        (gs1.with_check_digit("200000000001"), "chỉ dùng trong nội bộ một cửa hàng"),
        (gs1.with_check_digit("290000000001"), "chỉ dùng trong nội bộ một cửa hàng"),
        (gs1.with_check_digit("020000000001"), "chỉ dùng trong nội bộ một cửa hàng"),
        (gs1.with_check_digit("040000000001"), "chỉ dùng trong nội bộ một cửa hàng"),
        (gs1.with_check_digit("1290000000001"), "chỉ dùng trong nội bộ một cửa hàng"),
        (gs1.with_check_digit("978604000000"), "dành cho sách báo"),
        (gs1.with_check_digit("952000000000"), "ví dụ mẫu"),
        (gs1.with_check_digit("893999999001"), "không nằm trong mã doanh nghiệp mà hộ được dùng (893850123)"),
        ("0000089385012", "mã 8 số"),
    ],
)
def test_a_wrong_gtin_is_refused_with_its_reason(typed, said):
    with pytest.raises(Refused) as refusal:
        gs1.check_gtin(typed, [PREFIX])
    assert said in refusal.value.message
    assert refusal.value.field == "gtin"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("89385", "từ 7 đến 11 chữ số"),
        ("893850123456", "từ 7 đến 11 chữ số"),
        ("mã số", "chỉ gồm chữ số"),
        ("", "chỉ gồm chữ số"),
        ("2012345", "chỉ dùng trong nội bộ"),
        ("0412345", "chỉ dùng trong nội bộ"),
        ("9781234", "không dùng cho nông sản"),
        ("8511234", "Không có tổ chức GS1 nào"),
    ],
)
def test_a_wrong_prefix_is_refused_with_its_reason(typed, said):
    with pytest.raises(Refused) as refusal:
        gs1.check_prefix(typed)
    assert said in refusal.value.message


def test_a_prefix_is_read():
    assert gs1.check_prefix(" 893 850 123 ") == PREFIX


def test_a_gln_is_checked_as_a_gtin_is():
    gln = gs1.with_check_digit(f"{PREFIX}007")
    assert gs1.check_gln(gln, [PREFIX]) == gln
    for wrong in (f"0{gln}", gln[:-1], f"{gln[:-1]}{(int(gln[-1]) + 1) % 10}"):
        with pytest.raises(Refused):
            gs1.check_gln(wrong, [PREFIX])
    with pytest.raises(Refused, match="người khác"):
        gs1.check_gln(gln, [])


@given(st.integers(0, 10**7 - 1), st.integers(0, 10**7 - 1))
def test_each_parcel_has_a_number_of_its_own_and_others_read_it(one, other):
    first, second = gs1.make_sscc(PREFIX, one), gs1.make_sscc(PREFIX, other)
    assert (first == second) == (one == other)
    assert Sscc.parse(first).value == first
    assert first[1:].startswith(PREFIX)


def test_a_prefix_ends_somewhere():
    assert gs1.make_sscc(PREFIX, 10**8 - 1)[0] == "9"
    with pytest.raises(ValueError, match="are used"):
        gs1.make_sscc(PREFIX, 10**8)


def test_numbers_are_suggested_until_there_are_none():
    prefix = "89385012345"
    given_out: list[str] = []
    while (number := gs1.suggest_number(prefix, given_out)) is not None:
        assert gs1.check_gtin(number, [prefix]) == f"0{number}"
        assert gs1.check_gln(number, [prefix]) == number
        given_out.append(f"0{number}")
    assert len(set(given_out)) == 10


@given(st.text("0123456789", min_size=7, max_size=11), st.integers(0, 9))
def test_the_check_digit_is_that_of_the_library_of_others(prefix, digit):
    number = f"{prefix}{'7' * (12 - len(prefix))}"
    right = gs1.with_check_digit(number)
    assert gs1.has_check_digit(f"{number}{digit}") == (right == f"{number}{digit}")
    assert Gln.parse(right).value == right


def test_addresses_of_keys_are_canonical():
    gtin = Gtin.parse("8938501230010").as_gtin_14()
    assert gs1.gtin_uri(gtin, "TH-15715-2611-0042") == "https://id.gs1.org/01/08938501230010/10/TH-15715-2611-0042"
    assert gs1.gln_uri("8938501230072", is_party=True) == "https://id.gs1.org/417/8938501230072"
    assert gs1.gln_uri("8938501230072", is_party=False) == "https://id.gs1.org/414/8938501230072"
    assert identifiers.lot_uri("Bưởi", "TH-15715-2611-0042") == (
        "https://choque.example/id/class/buoi/th-15715-2611-0042"
    )
    assert identifiers.lot_uri("Bưởi", "TH-15715-2611-0042", gtin) == gs1.gtin_uri(gtin, "TH-15715-2611-0042")
    assert identifiers.parcel_uri("01JD", None) == "https://choque.example/id/obj/01jd"
    assert identifiers.parcel_uri("01JD", "089385012300000011") == "https://id.gs1.org/00/089385012300000011"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("8938501", "893850123", True), ("893850123", "8938501", True), ("8938501", "8938502", False)],
)
def test_prefixes_overlap_when_one_begins_with_the_other(one, other, same):
    assert gs1.overlap(one, other) is same
