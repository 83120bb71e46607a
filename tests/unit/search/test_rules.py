from hypothesis import given
from hypothesis import strategies as st

from search.rules import ask, decode, load_synonyms


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
