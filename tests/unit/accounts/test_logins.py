import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts.forms import read_login
from marketplace.accounts.views.door import safe_target


@pytest.mark.parametrize(
    "typed", ["0912345678", " 0912 345 678 ", "0912.345.678", "+84912345678", "84 912 345 678", "(0912) 345-678"]
)
def test_a_number_is_one_account_however_it_is_written(typed):
    assert read_login(typed) == ("+84912345678", None)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("Hoa@Thu.VN ", (None, "hoa@thu.vn")),
        ("hoa", (None, None)),
        ("", (None, None)),
        ("a@" + "b" * 300, (None, None)),
    ],
)
def test_what_is_no_number(typed, wanted):
    assert read_login(typed) == wanted


@pytest.mark.parametrize("target", ["/so-tay", "/tim?q=m%E1%BA%AFm&trang=2", "/don/abc#cuoi"])
def test_places_on_this_site_are_kept(target):
    assert safe_target(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "so-tay",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "/" + "a" * 600,
    ],
)
def test_places_elsewhere_are_refused(target):
    assert safe_target(target) is None


@given(st.text(max_size=40))
def test_a_kept_target_never_leaves_the_site(target):
    kept = safe_target(target)
    assert kept is None or (kept.startswith("/") and not kept.startswith("//") and "\\" not in kept)
