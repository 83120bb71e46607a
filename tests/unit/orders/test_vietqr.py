import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.rules.vietqr import crc16, encode_vietqr, find_transfer_codes, new_transfer_code

CODES = st.builds(new_transfer_code)


def test_crc_is_the_one_of_the_standard():
    # The check value of CRC-16/CCITT-FALSE.
    assert crc16(b"123456789") == 0x29B1


def test_payload_names_bank_account_amount_and_purpose():
    payload = encode_vietqr(bank_bin="970436", account_number="0123456789", amount_vnd=185_000, purpose="CQ7F3K9M2X")
    assert payload.startswith("000201010212")
    assert "38540010A00000072701240006970436011001234567890208QRIBFTTA" in payload
    assert "5303704" in payload
    assert "5406185000" in payload
    assert "5802VN" in payload
    assert "62140810CQ7F3K9M2X" in payload
    assert payload[-8:-4] == "6304"
    assert payload[-4:] == f"{crc16(payload[:-4].encode()):04X}"


def test_another_reader_understands_the_payload():
    from vietnam_qr_pay import QRPay

    payload = encode_vietqr(bank_bin="970436", account_number="0123456789", amount_vnd=185_000, purpose="CQ7F3K9M2X")
    read = QRPay(payload)
    assert read.is_valid
    assert (read.consumer.bank_bin, read.consumer.bank_number, read.amount) == (
        "970436",
        "0123456789",
        "185000",
    )


@pytest.mark.parametrize(
    ("bank_bin", "account", "amount"),
    [("97043", "1", 1), ("970436", "", 1), ("970436", "1" * 20, 1), ("970436", "12 3", 1), ("970436", "1", 0)],
)
def test_what_the_format_cannot_carry_is_refused(bank_bin, account, amount):
    with pytest.raises(ValueError, match=r"digits|account number|positive"):
        encode_vietqr(bank_bin=bank_bin, account_number=account, amount_vnd=amount, purpose="A")


@given(code=CODES, before=st.text("0123456789 .-", max_size=20), after=st.text("0123456789 .-", max_size=20))
def test_a_code_is_found_whatever_the_bank_puts_around_it(code, before, after):
    assert code in find_transfer_codes(f"MBVCB.{before}.{code.lower()} {after} CT tu 0912")


@given(code=CODES, gap=st.integers(1, 10))
def test_a_code_is_found_when_the_bank_breaks_it_in_two(code, gap):
    assert find_transfer_codes(f"CK {code[:gap]} {code[gap:]}") == [code]


@given(code=CODES, place=st.integers(2, 9), wrong=st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_code_with_one_wrong_character_finds_nobody(code, place, wrong):
    if code[place] == wrong:
        return
    assert find_transfer_codes(code[:place] + wrong + code[place + 1 :]) == []


def test_no_code_in_an_ordinary_line():
    assert find_transfer_codes("NGUYEN THI LAN chuyen tien mua gao CQ thang 11") == []
