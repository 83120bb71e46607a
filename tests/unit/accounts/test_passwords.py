import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.accounts.passwords import LONGEST, hash_password, is_guessable, is_outdated, verify_password


def test_a_hash_is_argon2id_with_its_own_salt():
    first, second = hash_password("con-trau-di-truoc"), hash_password("con-trau-di-truoc")
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert not is_outdated(first)


def test_weaker_settings_are_outdated():
    assert is_outdated("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$iWh06vD8Fy27wf9npn6FXWiCX4K6pW6Ue1Bnzz07Z8A")


@settings(max_examples=5, deadline=None)
@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_only_the_same_password_fits(password, other):
    hashed = hash_password(password)
    assert verify_password(hashed, password)
    same = unicodedata.normalize("NFKC", password) == unicodedata.normalize("NFKC", other)
    assert verify_password(hashed, other) is same


def test_marks_typed_either_way_are_the_same():
    hashed = hash_password(unicodedata.normalize("NFC", "ruộng bậc thang"))
    assert verify_password(hashed, unicodedata.normalize("NFD", "ruộng bậc thang"))


def test_nobody_has_no_password():
    assert not verify_password(None, "khong-ai-dung-mat-khau-nay")
    assert not verify_password("", "")
    assert not verify_password("not a hash", "x")


def test_an_endless_password_is_cut_before_it_costs_anything():
    assert not verify_password(hash_password("a" * LONGEST), "a" * 1_000_000)


@pytest.mark.parametrize(
    "password", ["12345678", "MATKHAU123", "aaaaaaaa", "12121212", "0912 345 678", "876543219 0", "lethihoa"]
)
def test_what_anybody_would_try_first(password):
    assert is_guessable(password, "Le Thi Hoa", "0912345678")


@pytest.mark.parametrize("password", ["lua-nep-cai-hoa-vang", "buoi luan van 27", "12345679x"])
def test_what_nobody_would_try_first(password):
    assert not is_guessable(password, "Lê Thị Hoa", "0912345678")
