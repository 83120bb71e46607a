"""The parts that all simulators share, and the rules of the card gateway and the bank."""

import json
import string
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.rules.vietqr import encode_vietqr
from simulators.clock import Clock
from simulators.faults import EVERY_OPERATION, Fault, Faults
from simulators.journal import Journal, redact_body, redact_headers
from simulators.sepay.accidents import ACCIDENTS, plan
from simulators.sepay.qr import read_vietqr
from simulators.settings import Settings, from_environment
from simulators.store import Store
from simulators.stripe import forms
from simulators.stripe.cards import CARDS, by_last4, by_token, read_card
from simulators.stripe.errors import ApiError
from simulators.stripe.intents import LEGAL
from simulators.viettelpost.tokens import LONG_S, SHORT_S, Tokens

AMOUNTS = st.integers(min_value=2, max_value=10**9)
TEXTS = st.text(string.ascii_letters + string.digits + " ", min_size=1, max_size=40).filter(str.strip)
NAMES = st.text(string.ascii_lowercase + "_", min_size=1, max_size=8)


# --- memory


def test_the_oldest_rows_leave_first_and_numbers_go_on():
    store = Store(limit=3)
    for number in range(5):
        store.put("things", str(number), {"n": number})
    assert [row["n"] for row in store.list_rows("things")] == [2, 3, 4]
    assert store.find("things", "0") is None
    assert [store.next_number("a"), store.next_number("a"), store.next_number("b", 10)] == [1, 2, 10]


def test_long_rows_have_shorter_tables():
    store = Store()
    for number in range(401):
        store.put("mails", str(number), {"n": number})
    assert (len(store.list_rows("mails")), store.list_rows("mails")[0]) == (400, {"n": 1})


@given(
    tables=st.dictionaries(
        NAMES, st.dictionaries(NAMES, st.dictionaries(NAMES, st.integers() | st.text() | st.none()), max_size=3)
    )
)
def test_what_is_written_is_read_back(tables):
    store, again = Store(), Store()
    store.load(tables)
    file = StringIO()
    store.write(file)
    again.load(json.loads(file.getvalue()))
    file_again = StringIO()
    again.write(file_again)
    assert json.loads(file_again.getvalue()) == tables


def test_each_change_is_a_new_revision():
    store = Store()
    seen = [store.revision]
    for change in (lambda: store.put("t", "k", {}), store.touch, lambda: store.remove("t", "k"), store.clear):
        change()
        seen.append(store.revision)
    assert seen == sorted(set(seen))


def test_the_clock_never_goes_back():
    clock = Clock()
    clock.advance(60)
    with pytest.raises(ValueError, match="between 0 and 366 days"):
        clock.advance(-1)
    assert clock.offset_s == 60
    assert clock.local_text(0) == "01/01/1970 07:00:00"


# --- faults and the journal


def test_faults_are_used_up_in_order():
    faults = Faults()
    faults.order(Fault("create", "500", 2))
    faults.order(Fault(EVERY_OPERATION, "429"))
    assert [fault and fault.kind for fault in map(faults.take, ["read", "create", "create", "create"])] == [
        "429",
        "500",
        "500",
        None,
    ]


@pytest.mark.parametrize(
    ("kind", "count", "seconds"), [("earthquake", 1, 1), ("500", 0, 1), ("slow", 1, -1), ("slow", 1, 601)]
)
def test_a_senseless_fault_is_refused(kind, count, seconds):
    faults = Faults()
    with pytest.raises(ValueError, match="must be"):
        faults.order(Fault("create", kind, count, seconds))
    assert faults.list_open() == []


def test_the_journal_forgets_the_oldest_but_goes_on_counting():
    journal = Journal()
    for number in range(600):
        journal.write({"operation": "a" if number % 2 else "b"})
    calls = journal.read()
    assert (len(calls), calls[0]["id"], calls[-1]["id"]) == (500, 101, 600)
    assert [call["id"] for call in journal.read(operation="a", limit=2)] == [598, 600]
    journal.clear()
    journal.write({"operation": "a"})
    assert journal.read()[0]["id"] == 601


@given(secret=st.text(string.ascii_letters + string.digits, min_size=12, max_size=40))
def test_secrets_are_blacked_out(secret):
    body = json.dumps({"PASSWORD": secret, "TOKEN": secret, "client_secret": secret, "name": "Lan"})
    form = f"client_secret={secret}&card[number]={secret}&payment_method_data[card][cvc]={secret}&amount=1"
    assert secret not in redact_body(body)
    assert '"name": "Lan"' in redact_body(body)
    assert secret not in redact_body(form)
    assert redact_body(form).endswith("&amount=1")
    headers = redact_headers([("Token", secret), ("Authorization", f"Bearer {secret}"), ("Accept", "*/*")])
    assert secret not in "".join(headers.values())
    assert headers["Accept"] == "*/*"


def test_long_bodies_are_cut():
    assert len(redact_body("x" * 100_000)) == 4001


# --- settings


def test_nothing_given_means_the_defaults():
    assert from_environment({}) == Settings()


def test_webhooks_go_to_the_public_address_unless_told_otherwise():
    settings = from_environment({"PUBLIC_URL": "http://cho.example/", "SEPAY_WEBHOOK_URL": "http://khac.example/x"})
    assert settings.stripe_webhook_url == "http://cho.example/webhooks/stripe"
    assert settings.viettelpost_webhook_url == "http://cho.example/webhooks/viettelpost"
    assert settings.sepay_webhook_url == "http://khac.example/x"


# --- the bank


@given(amount=AMOUNTS, content=TEXTS, accident=st.sampled_from(["none", "split", "repeated", "late", "wrong_content"]))
def test_accidents_that_keep_the_sum(amount, content, accident):
    moves = plan(amount, content, accident)
    assert sum(one for one, _content in moves) == amount
    assert all(one > 0 for one, _content in moves)
    assert [text == content for _one, text in moves] == [accident != "wrong_content"] * len(moves)
    assert all(len(text) == len(content) for _one, text in moves)


@given(amount=AMOUNTS, content=TEXTS)
def test_accidents_that_change_the_sum(amount, content):
    assert 0 < plan(amount, content, "short")[0][0] < amount
    assert plan(amount, content, "over") == [(amount + 10_000, content)]
    assert plan(amount, content, "twice") == [(amount, content)] * 2
    assert content not in {text for _one, text in plan(amount, content, "no_content")} - {"chuyen tien"}


def test_every_accident_has_words_and_others_do_not_exist():
    assert all(plan(1000, "CQ1", accident) and words for accident, words in ACCIDENTS.items())
    with pytest.raises(ValueError, match="accident must be one of"):
        plan(1000, "CQ1", "stolen")


@given(
    amount=st.integers(min_value=1, max_value=10**9), purpose=st.text(string.ascii_uppercase, min_size=1, max_size=25)
)
def test_the_bank_reads_the_codes_that_we_print(amount, purpose):
    payload = encode_vietqr(bank_bin="970436", account_number="0123456789", amount_vnd=amount, purpose=purpose)
    assert read_vietqr(payload) == {
        "bank": "970436",
        "account": "0123456789",
        "amount": str(amount),
        "content": purpose,
    }


@given(text=st.text(max_size=60))
def test_what_is_no_code_reads_as_nothing(text):
    assert read_vietqr(text) == {}


# --- cards and forms


def test_a_card_is_known_by_its_last_digits_and_by_its_tokens():
    assert len({card.number[-4:] for card in CARDS}) == len(CARDS)
    assert all(by_last4(card.number[-4:]) is card for card in CARDS)
    tokens = [token for card in CARDS for token in card.tokens]
    assert len(set(tokens)) == len(tokens)
    assert by_token("pm_card_nobody") is None
    assert by_last4("1111").number == "4242424242424242"


@given(card=st.sampled_from(CARDS), place=st.integers(0, 15), digit=st.sampled_from(string.digits))
def test_one_wrong_digit_is_noticed(card, place, digit):
    number = card.number[:place] + digit + card.number[place + 1 :]
    typed = {"number": number, "exp_month": "12", "exp_year": "34", "cvc": "123"}
    if number == card.number:
        assert read_card(typed, year_now=2026, month_now=11, may_hold_number=True)["last4"] == number[-4:]
    else:
        with pytest.raises(ApiError) as error:
            read_card(typed, year_now=2026, month_now=11, may_hold_number=True)
        assert error.value.body["error"]["code"] == "incorrect_number"


@pytest.mark.parametrize(
    ("month", "year", "is_good"), [(11, 2026, True), (10, 2026, False), (12, 26, True), (1, 2077, False)]
)
def test_a_card_is_good_to_the_end_of_its_month(month, year, is_good):
    typed = {"number": "4242424242424242", "exp_month": str(month), "exp_year": str(year)}
    if is_good:
        assert read_card(typed, year_now=2026, month_now=11, may_hold_number=True)["exp_month"] == month
    else:
        with pytest.raises(ApiError) as error:
            read_card(typed, year_now=2026, month_now=11, may_hold_number=True)
        assert error.value.body["error"]["code"] == "invalid_expiry_year"


def test_names_nest():
    pairs = [("a", "1"), ("b[c]", "2"), ("b[d][e]", "3"), ("f[0]", "x"), ("f[1]", "y"), ("g[]", "z"), ("g[]", "w")]
    tree = forms.parse(pairs)
    assert tree == {
        "a": "1",
        "b": {"c": "2", "d": {"e": "3"}},
        "f": {"0": "x", "1": "y"},
        "g": {"0": "z", "1": "w"},
    }
    assert forms.as_list(tree, "g") == ["z", "w"]


@pytest.mark.parametrize("pairs", [[("a", "1"), ("a[b]", "2")], [("a[b]", "1"), ("a", "2")], [("a" + "[b]" * 9, "1")]])
def test_names_that_contradict_each_other_are_refused(pairs):
    with pytest.raises(ApiError):
        forms.parse(pairs)


def test_metadata_is_merged_and_an_empty_value_removes():
    assert forms.metadata({"metadata": {"a": "", "b": "2"}}, {"a": "1", "c": "3"}) == {"b": "2", "c": "3"}
    with pytest.raises(ApiError):
        forms.metadata({"metadata": {"k" * 41: "1"}})
    with pytest.raises(ApiError):
        forms.metadata({"metadata": {f"k{number}": "1" for number in range(51)}})


@pytest.mark.parametrize("value", ["1.5", "abc", "1e3", ""])
def test_amounts_are_whole(value):
    if value:
        with pytest.raises(ApiError):
            forms.integer({"amount": value}, "amount")
    else:
        assert forms.integer({"amount": value}, "amount") is None


def test_what_has_ended_allows_nothing():
    assert LEGAL["succeeded"] == LEGAL["canceled"] == LEGAL["processing"] == set()
    assert all("cancel" in LEGAL[state] for state in LEGAL if LEGAL[state])


# --- tokens of the carrier


def test_tokens_end_by_time_by_order_and_by_a_changed_letter():
    tokens = Tokens(Store())
    short, expires_ms = tokens.issue("choque", "short", 1000.0)
    long, _ = tokens.issue("choque", "long", 1000.0)
    assert expires_ms == (1000 + SHORT_S) * 1000
    assert (tokens.check(short, 1001.0), tokens.check(long, 1001.0)) == ("short", "long")
    assert tokens.check(short, 1000.0 + SHORT_S) is None
    assert tokens.check(long, 1000.0 + LONG_S - 1) == "long"
    head, body, signature = long.split(".")
    assert tokens.check(f"{head}.{body[:-2]}AA.{signature}", 1001.0) is None
    assert tokens.check("abc", 1001.0) is None
    tokens.expire_all()
    assert tokens.check(long, 1001.0) is None
    assert tokens.check(tokens.issue("choque", "long", 1001.0)[0], 1002.0) == "long"
