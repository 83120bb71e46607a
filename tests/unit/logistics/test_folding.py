"""Laws of folding: order of arrival, repetitions and lateness change nothing."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from logistics.rules.folding import Said, Standing, advance, contradicts, fold, meaning
from logistics.rules.states import FINAL, RANK, STEPS, UNDER_WAY, UNSETTLED, ParcelState

START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
S = ParcelState


def said(minute: int, state: ParcelState | None, *, back: bool = False) -> Said:
    return Said(START + timedelta(minutes=minute), state.value if state else "570", state, back)


MOVING = st.sampled_from(sorted(UNDER_WAY))
ENDS = st.sampled_from(sorted(FINAL))
WORDS = st.lists(
    st.builds(said, st.integers(0, 30), st.one_of(st.none(), MOVING, ENDS), back=st.booleans()), max_size=9
)


@st.composite
def shuffled(draw: st.DrawFn) -> tuple[list[Said], list[Said]]:
    words = draw(WORDS)
    return words, draw(st.permutations(words))


@given(shuffled())
def test_any_order_of_arrival_gives_the_same_state(both: tuple[list[Said], list[Said]]) -> None:
    assert fold(both[0]) == fold(both[1])


@given(WORDS)
def test_a_repeated_word_changes_nothing(words: list[Said]) -> None:
    assert fold(words + words) == fold(words)


@given(st.sampled_from(sorted(FINAL)), WORDS)
def test_an_end_never_moves(end: ParcelState, words: list[Said]) -> None:
    assert advance(end, words).state == end


@given(st.lists(st.builds(said, st.integers(10, 30), MOVING), min_size=1, max_size=6), st.integers(0, 9), MOVING)
def test_a_late_message_about_the_past_never_moves_a_parcel_back(
    words: list[Said], minute: int, state: ParcelState
) -> None:
    assert RANK[fold([*words, said(minute, state)]).state] >= RANK[fold(words).state]


@given(shuffled())
def test_words_applied_one_by_one_end_where_all_together_end(both: tuple[list[Said], list[Said]]) -> None:
    """As long as the carrier tells of one end only, arriving one by one makes no difference."""
    words = [word for word in both[1] if meaning(word) not in FINAL]
    state = S.BOOKED
    for count in range(1, len(words) + 1):
        state = advance(state, words[:count]).state
    assert state == fold(words).state


@given(WORDS)
def test_every_step_taken_is_an_allowed_one(words: list[Said]) -> None:
    ordered = sorted(words, key=lambda word: word.happened_at)
    states = [fold(ordered[:count]).state for count in range(len(ordered) + 1)]
    # Words of one minute may be put in another order by a later one, so only whole minutes are compared.
    if len({word.happened_at for word in words}) == len(words):
        assert all(before == after or after in STEPS[before] for before, after in pairwise(states))


def test_the_happy_way() -> None:
    states = [S.COLLECTING, S.PICKED_UP, S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.DELIVERED]
    words = [said(minute, state) for minute, state in enumerate(states)]
    assert fold(words) == Standing(S.DELIVERED, START + timedelta(minutes=4), "delivered")


def test_a_second_attempt_steps_back_to_the_door() -> None:
    words = [said(1, S.OUT_FOR_DELIVERY), said(2, S.DELIVERY_FAILED), said(3, S.OUT_FOR_DELIVERY)]
    assert fold(words).state == S.OUT_FOR_DELIVERY


def test_the_words_of_the_way_out_mean_returning_on_the_way_back() -> None:
    words = [said(1, S.RETURNING), said(2, S.IN_TRANSIT, back=True), said(3, S.OUT_FOR_DELIVERY, back=True)]
    assert fold(words).state == S.RETURNING
    assert fold([*words, said(4, S.DELIVERED, back=True)]).state == S.RETURNED


def test_an_unknown_code_moves_nothing_but_proves_that_the_carrier_has_the_parcel() -> None:
    assert advance(S.IN_TRANSIT, [said(1, S.IN_TRANSIT), said(2, None)]).state == S.IN_TRANSIT
    assert {advance(state, [said(1, None)]).state for state in UNSETTLED} == {S.BOOKED}


def test_words_of_one_second_count_in_the_order_of_the_journey() -> None:
    assert fold([said(1, S.OUT_FOR_DELIVERY), said(1, S.PICKED_UP), said(1, S.IN_TRANSIT)]).state == S.OUT_FOR_DELIVERY


def test_another_end_and_a_parcel_that_travels_after_its_end_need_a_person() -> None:
    assert contradicts(S.DELIVERED, START, said(5, S.RETURNED))
    assert contradicts(S.CANCELLED, START, said(5, S.IN_TRANSIT))
    assert not contradicts(S.CANCELLED, START, said(5, S.BOOKED))
    assert not contradicts(S.DELIVERED, START, said(5, S.IN_TRANSIT))
    assert not contradicts(S.DELIVERED, START, said(5, S.DELIVERED))
    assert not contradicts(S.IN_TRANSIT, START, said(5, S.DELIVERED))
    assert not contradicts(S.DELIVERED, START, said(5, None))
