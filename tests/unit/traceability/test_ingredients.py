import pytest

from marketplace.core.errors import Refused
from traceability.rules.ingredients import read_list, split_ingredients
from traceability.rules.standards import check_standard, list_standards, tell_standard


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Mancozeb 64% + Metalaxyl-M 4%", ["mancozeb", "metalaxyl-m"]),
        ("Emamectin benzoate 5WG", ["emamectin benzoate"]),
        ("Chlorpyrifos ethyl 480g/l", ["chlorpyrifos ethyl"]),
        ("Dầu khoáng 99EC; Abamectin 18 g/l", ["dau khoang", "abamectin"]),
        ("  ", []),
    ],
)
def test_a_label_is_split_into_its_ingredients(text, names):
    assert [name for _, name in split_ingredients(text)] == names


def test_a_list_is_read_from_a_file():
    given = read_list("\ufeffname,rule\nSpinosad,permitted\nSpinosad,permitted\nXyz,banned\n", version="v", source="s")
    assert (given.permitted, given.banned, given.version) == (("Spinosad",), ("Xyz",), "v")
    assert len(given.digest) == 64


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tên,loại\na,permitted\n",
        "name,rule\nSpinosad,perhaps\n",
        "name,rule\n,permitted\n",
        "name,rule\nXyz,banned\n",
    ],
)
def test_a_file_that_is_no_list_is_refused(text):
    with pytest.raises(Refused) as refusal:
        read_list(text, version="v", source="s")
    assert refusal.value.code == "ingredient_list_unreadable"


@pytest.mark.parametrize(
    ("template", "code", "number", "refused"),
    [
        ("vegetable", "pledge", "", ""),
        ("craft", "pledge", "", "standard_unknown"),
        ("craft", "own", "TCCS 01:2026", ""),
        ("craft", "own", " ", "number_missing"),
        ("vegetable", "iso", "", "standard_unknown"),
        ("vegetable", "own", "gọi 0912 345 678", "contact_in_sealed_text"),
        ("moon", "own", "1", "template_unknown"),
    ],
)
def test_a_standard_is_one_of_the_list_and_named(template, code, number, refused):
    if not refused:
        check_standard(template, code, number)
        return
    with pytest.raises(Refused) as refusal:
        check_standard(template, code, number)
    assert refusal.value.code == refused


def test_what_nobody_eats_is_under_no_standard_for_food():
    assert [one.code for one in list_standards("craft")] == ["tcvn", "own"]
    assert tell_standard("own", " TCCS 01:2026 ") == "Tiêu chuẩn cơ sở do hộ tự đặt ra: TCCS 01:2026"
