import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.text import fold
from search.rules import ask, complete_kinds, decode, load_synonyms


def nfd(text):
    return unicodedata.normalize("NFD", text)


def words_of(text):
    return [unit.phrases[0].folded for unit in ask(text).units]


def names_of(text):
    return {" ".join(phrase.marked) for unit in ask(text).units for phrase in unit.phrases}


def test_a_synonym_stands_beside_what_was_typed():
    assert {"thịt heo", "thịt lợn"} <= names_of("thịt heo")


def test_with_marks_another_word_is_not_taken_for_it():
    assert "thơm" in names_of("dứa")
    assert "thơm" not in names_of("dừa")


def test_the_longest_phrase_wins_and_its_words_are_not_asked_for_alone():
    assert words_of("thit heo ba roi") == [("thit", "heo"), ("ba", "roi")]


def test_a_word_of_two_meanings_keeps_the_one_that_its_neighbour_gives():
    assert "ngô" in names_of("bắp")
    assert "ngô" not in names_of("bắp cải")
    assert "vừng" not in names_of("cá mè")


def test_what_people_say_around_the_goods_is_left_out_but_never_everything():
    assert words_of("tôi cần mua nem chua ngon ở đâu") == [("nem",), ("chua",)]
    assert words_of("mua") == [("mua",)]
    assert words_of("toi tia") == [("toi",), ("tia",)]
    assert words_of("quả na") == words_of("na")


def test_a_keyboard_that_was_off_is_read():
    assert decode("mieesn gaoj") == "miến gạo"
    assert decode("to3i ti1a") == "tỏi tía"
    assert decode("gao nep") == "gao nep"


@given(st.text(max_size=200))
def test_any_text_is_a_question_of_bounded_size(text):
    question = ask(text)
    assert len(question.units) <= 16
    assert all(unit.phrases for unit in question.units)


def test_every_synonym_leads_back_to_itself():
    for words, phrases in load_synonyms().items():
        assert words in {phrase.folded for phrase in phrases}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("giá đỗ", [("gia", "do")]),
        ("trứng gà giá rẻ", [("trung", "ga")]),
        ("tôi cần mua rau cần", [("rau",), ("can",)]),
        ("bao tử", [("bao", "tu")]),
        ("ngọn bí", [("ngon", "bi")]),
    ],
)
def test_words_that_are_goods_in_one_place_and_filling_in_another(typed, words):
    assert words_of(typed) == words


@given(st.text(max_size=60))
def test_a_question_without_marks_asks_the_same_a_second_time(text):
    plain = fold(text)
    assert ask(fold(plain)) == ask(plain)
    assert [unit.phrases[0].folded for unit in ask(nfd(text)).units] == words_of(text)


@given(st.text(max_size=60))
def test_decoding_never_fails(text):
    assert isinstance(decode(text), str)


def test_kinds_of_goods_are_completed_with_and_without_marks():
    kinds = {"trai-cay": "Trái cây", "gao-nep": "Gạo, nếp, ngũ cốc", "rau": "Rau củ"}
    assert complete_kinds("trai c", kinds) == ["trai-cay"]
    assert complete_kinds("gạ", kinds) == ["gao-nep"]
    assert complete_kinds("c", kinds) == ["trai-cay", "gao-nep", "rau"]
    assert complete_kinds("", kinds) == []
    assert complete_kinds("xe máy", kinds) == []
