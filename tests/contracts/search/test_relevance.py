"""What buyers type, and what they have to find: on the 98 products of the demo market, with the real engine."""

import csv
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import pytest

from catalog.queries import SearchDocument
from catalog.rules import CATEGORIES
from search.adapters.tantivy_index import TantivyIndex
from search.ports import SearchFilters, SearchRequest

_DATA = Path(__file__).parents[3] / "marketplace" / "seed" / "data"


def read_tsv(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


PRODUCTS = read_tsv(_DATA / "products.tsv")
WORDS = {row["slug"]: row for row in read_tsv(_DATA / "descriptions.tsv")}
QUERIES = read_tsv(Path(__file__).with_name("queries.tsv"))
SLUGS = {number: row["slug"] for number, row in enumerate(PRODUCTS, start=1)}


def make_document(number, row, **changes):
    values = {
        "product_id": number,
        "slug": row["slug"],
        "name": row["name"],
        "other_names": WORDS[row["slug"]]["other_names"],
        "kind_code": row["category"],
        "kind_name": CATEGORIES[row["category"]],
        "category": row["category"],
        "commune_code": row["origin_code"].split("/")[-1],
        "commune_name": row["origin"],
        "former_places": "",
        "province_name": "Tỉnh Thanh Hóa",
        "hamlet": "",
        "household_id": 1,
        "household_name": "Nhà bà Hoa",
        "certificates": (("vietgap", None),) if "VietGAP" in row["name"] else (),
        "price_vnd": int(row["price_vnd"]),
        "stars": 4.5 if number % 2 else None,
        "rating_count": 2,
        "in_stock": number % 10 != 0,
        "verified_on": date(2026, 11, 1),
        "sold_count": 0,
        "unit_words": row["unit"],
        "description": WORDS[row["slug"]]["description"],
    }
    return SearchDocument(**{**values, **changes})


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    index = TantivyIndex(tmp_path_factory.mktemp("index"))
    index.rebuild([make_document(number, row) for number, row in enumerate(PRODUCTS, start=1)], lambda _: None)
    return index


def find(index, text="", **options):
    return [SLUGS[number] for number in index.search(SearchRequest(text, **options)).ids]


@pytest.mark.parametrize("row", QUERIES, ids=lambda row: row["typed"])
def test_what_is_typed_is_found_among_the_first_three(index, row):
    wanted = set(row["wanted"].split("|"))
    found = find(index, row["typed"])
    assert wanted & set(found[:3]), found[:6]


def test_marks_that_were_typed_are_meant(index):
    """Coriander is called "ngò" too, and every description tells of some "buổi"."""
    assert find(index, "ngô")[0] == "ngo-nep"
    told = {
        row["slug"]: f"{row['name']} {WORDS[row['slug']]['other_names']} {WORDS[row['slug']]['description']}"
        for row in PRODUCTS
    }
    found = find(index, "bưởi")
    assert found[0] == "buoi-lv"
    assert [slug for slug in found if "bưởi" not in told[slug].lower()] == []
    assert "buoi-lv" in find(index, "buoi")


def test_there_are_enough_queries_to_mean_something():
    assert len(QUERIES) >= 60
    assert {slug for row in QUERIES for slug in row["wanted"].split("|")} <= set(SLUGS.values())


def test_every_product_is_found_first_by_its_own_name_with_and_without_marks(index):
    from marketplace.core.text import fold

    misses = [
        (row["slug"], text)
        for row in PRODUCTS
        for text in (row["name"], fold(row["name"]))
        if find(index, text)[:1] != [row["slug"]]
    ]
    assert misses == []


@pytest.mark.parametrize("text", ["bàn phím", "xe máy", "zzzzqq", "'; DROP TABLE", "(((", "\\", "*", "a AND"])
def test_what_nobody_sells_or_what_is_no_question_breaks_nothing(index, text):
    assert index.search(SearchRequest(text)).total <= 12


@pytest.mark.parametrize("text", ["xe máy", "bàn phím", "xe may", "điện thoại", "zzzzqq"])
def test_what_nobody_sells_is_not_answered_with_something_else(index, text):
    assert find(index, text) == []


def test_filters_narrow_and_facets_show_the_other_choices(index):
    everything = index.search(SearchRequest())
    assert everything.total == len(PRODUCTS)
    fruit = index.search(SearchRequest(filters=SearchFilters(category="trai-cay")))
    assert fruit.total == sum(row["category"] == "trai-cay" for row in PRODUCTS)
    assert fruit.facets["category"] == everything.facets["category"]
    cheap = index.search(SearchRequest(filters=SearchFilters(price_from=20_000, price_to=30_000), sort="cheapest"))
    prices = [int(PRODUCTS[number - 1]["price_vnd"]) for number in cheap.ids]
    assert prices == sorted(prices)
    assert 20_000 <= prices[0] <= prices[-1] <= 30_000
    vietgap = find(index, filters=SearchFilters(certificate="vietgap"))
    assert set(vietgap) == {row["slug"] for row in PRODUCTS if "VietGAP" in row["name"]}
    in_stock = index.search(SearchRequest(filters=SearchFilters(in_stock=True)))
    assert in_stock.total == len(PRODUCTS) - len(PRODUCTS) // 10
    assert index.search(SearchRequest(filters=SearchFilters(stars=5))).total == 0
    assert index.search(SearchRequest(filters=SearchFilters(stars=4))).total == len(PRODUCTS) // 2


def test_pages_follow_one_another_without_gap_or_repetition(index):
    seen = [slug for page in range(1, 6) for slug in find(index, sort="cheapest", page=page)]
    assert len(seen) == len(set(seen)) == len(PRODUCTS)
    assert find(index, page=99) == []


def test_words_are_completed_while_they_are_typed(index):
    assert next(one.slug for one in index.suggest("mam to", 5)) == "mam-tom"
    assert "buoi-lv" in [one.slug for one in index.suggest("bưở", 5)]
    assert index.suggest("", 5) == []
    assert index.suggest("qqq", 5) == []


def test_one_product_is_replaced_and_taken_out(tmp_path):
    index = TantivyIndex(tmp_path)
    row = PRODUCTS[0]
    assert index.search(SearchRequest("nem")).total == 0
    index.put([make_document(1, row)])
    index.put([make_document(1, row, name="Nem lụi")])
    assert index.search(SearchRequest("nem lụi")).total == 1
    assert index.search(SearchRequest("10 quả")).total == 0
    index.remove([1, 77])
    assert index.search(SearchRequest("nem")).total == 0


def test_a_rebuild_that_dies_leaves_the_old_index_in_place(tmp_path):
    index = TantivyIndex(tmp_path)
    index.put([make_document(1, PRODUCTS[0])])

    def broken():
        yield make_document(2, PRODUCTS[1])
        message = "power cut"
        raise OSError(message)

    with pytest.raises(OSError, match="power cut"):
        index.rebuild(broken(), lambda _: None)
    assert list(index.search(SearchRequest("nem")).ids) == [1]
    assert index.rebuild([make_document(2, PRODUCTS[1])], lambda _: None) == 1
    assert list(index.search(SearchRequest("nem")).ids) == [2]
    assert len(list(tmp_path.glob("v*"))) == 1


def test_a_second_reader_sees_what_the_first_one_wrote(tmp_path):
    writer, reader = TantivyIndex(tmp_path), TantivyIndex(tmp_path)
    writer.put([make_document(1, PRODUCTS[0])])
    assert reader.search(SearchRequest("nem")).total == 1
    writer.put([make_document(2, PRODUCTS[1])])
    assert reader.search(SearchRequest("nem")).total == 2


def test_a_rebuild_that_dies_leaves_no_half_of_itself(tmp_path):
    index = TantivyIndex(tmp_path)

    def broken():
        yield make_document(1, PRODUCTS[0])
        message = "power cut"
        raise OSError(message)

    with pytest.raises(OSError, match="power cut"):
        index.rebuild(broken(), lambda _: None)
    assert list(tmp_path.glob("v*")) == []
    assert not index.is_ready()


def test_a_process_killed_in_a_rebuild_leaves_the_old_index_and_no_lock(tmp_path):
    index = TantivyIndex(tmp_path)
    index.put([make_document(1, PRODUCTS[0])])
    program = (
        "import os, sys; from pathlib import Path; from search.adapters.tantivy_index import TantivyIndex\n"
        "def documents():\n    os.kill(os.getpid(), 9)\n    yield\n"
        "TantivyIndex(Path(sys.argv[1])).rebuild(documents(), print)"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=60)
    assert killed.returncode == -9
    assert list(index.search(SearchRequest("nem")).ids) == [1]
    assert len(list(tmp_path.glob("v*"))) == 2
    assert index.rebuild([make_document(2, PRODUCTS[1])], lambda _: None) == 1
    assert len(list(tmp_path.glob("v*"))) == 1


def test_what_changes_during_a_rebuild_is_in_the_new_index(tmp_path):
    index, by_hand = TantivyIndex(tmp_path), TantivyIndex(tmp_path)
    index.put([make_document(1, PRODUCTS[0])])
    has_begun, may_go_on = threading.Event(), threading.Event()

    def slow():
        yield make_document(1, PRODUCTS[0])
        has_begun.set()
        assert may_go_on.wait(10)

    rebuild = threading.Thread(target=by_hand.rebuild, args=(slow(), lambda _: None))
    put = threading.Thread(target=index.put, args=([make_document(2, PRODUCTS[1])],))
    rebuild.start()
    assert has_begun.wait(10)
    put.start()
    assert index.search(SearchRequest()).total == 1
    may_go_on.set()
    rebuild.join(10)
    put.join(10)
    assert index.search(SearchRequest()).total == 2


def test_an_index_of_another_schema_is_not_read(tmp_path):
    index = TantivyIndex(tmp_path)
    index.put([make_document(1, PRODUCTS[0])])
    old = next(tmp_path.glob("v*"))
    old.rename(tmp_path / "v0-OLD")
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to("v0-OLD")
    assert not index.is_ready()
    assert index.search(SearchRequest("nem")).total == 0


def test_goods_in_stock_come_first_where_nothing_is_asked_for(index):
    page = index.search(SearchRequest(page=4)).ids
    sold_out = {number for number in SLUGS if number % 10 == 0}
    assert not sold_out & set(index.search(SearchRequest()).ids)
    assert sold_out & set(page)


def test_marks_that_were_typed_put_their_own_word_first(tmp_path):
    index = TantivyIndex(tmp_path)
    names = ["Dừa xiêm", "Dưa hấu", "Dứa mật"]
    index.rebuild([make_document(n, PRODUCTS[0], name=name, other_names="") for n, name in enumerate(names)], print)
    for number, word in enumerate(["dừa", "dưa", "dứa"]):
        assert index.search(SearchRequest(word)).ids[0] == number
    assert index.search(SearchRequest("dua")).total == 3


@pytest.mark.parametrize(
    ("one", "other"), [("hoà lộc", "hòa lộc"), ("thuỷ sản", "thủy sản"), ("hoa\u0300 la", "hoà la")]
)
def test_tones_may_stand_on_either_vowel(tmp_path, one, other):
    index = TantivyIndex(tmp_path)
    index.put([make_document(1, PRODUCTS[0], name=f"Hàng {one}")])
    assert list(index.search(SearchRequest(other)).ids) == [1]


def test_filters_that_leave_nothing_say_how_much_there_would_be_without_them(index):
    filters = SearchFilters(price_to=1)
    found = index.search(SearchRequest("thịt lợn", filters=filters))
    alone = index.search(SearchRequest("thịt lợn"))
    assert (found.total, found.understood_as, found.total_unfiltered) == (0, "", alone.total)
    assert alone.total_unfiltered == 0
