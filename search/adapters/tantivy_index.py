"""The embedded engine: tantivy, a folder on disk. Vietnamese is analysed by us, so tokens are split at spaces only.

The folder holds one index for each build and a link ``current`` to the one that is read. A rebuild writes a new one
and moves the link, which is a single step of the file system. A lock on the file ``.writing`` keeps the worker's
writes and a rebuild by hand apart: what changes meanwhile goes into the new index.
"""

import fcntl
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import structlog
import tantivy
from tantivy import FieldType, Occur, Order, Query

from catalog.queries import SearchDocument
from marketplace.core.ids import new_ulid
from marketplace.core.text import bigrams, folded_syllables, syllables
from search.ports import PAGE_SIZE, SearchFilters, SearchRequest, SearchResult, Suggestion
from search.rules import MAX_LENGTH, Phrase, Question, Unit, ask, decode
from sellers.rules import CERTIFICATE_CODES

#: Raised whenever the fields change: an index of another number is not read.
SCHEMA_VERSION = 3
_HEAP_BYTES = 15_000_000
_WORDS = "words"
_BATCH = 200
_FACETS = ("category", "commune")
#: Code of a certificate -> the field that holds its last day (0: the goods have none). Days decide when one asks.
_UNTIL = {code: f"until_{code.replace('-', '_')}" for code in CERTIFICATE_CODES}
#: Words of certificates that people type. They find goods only while the certificate is in date.
_CERTIFICATE_WORDS: Mapping[str, tuple[str, ...]] = {
    "vietgap": ("vietgap",),
    "organic": ("organic",),
    "ocop": tuple(code for code in CERTIFICATE_CODES if code.startswith("ocop-")),
    **{code.removeprefix("ocop-"): (code,) for code in CERTIFICATE_CODES if code.startswith("ocop-")},
}
_FACET_LIMIT = 60
_SORTS: Mapping[str, tuple[str, Order]] = {
    "cheapest": ("price", Order.Asc),
    "dearest": ("price", Order.Desc),
    "newest": ("fresh", Order.Desc),
    "best": ("rating", Order.Desc),
}
#: Where a word is found -> how much that says. Marks that were typed and fit say more.
_NAME, _NAME_MARKED, _NAME_OTHERWISE, _BODY, _BODY_MARKED, _PAIR = 3.0, 5.0, 1.2, 0.6, 1.0, 4.0
_MIN_FUZZY = 4
log = structlog.get_logger(__name__)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("product_id", stored=True, indexed=True, fast=True)
    for name in ("name_marked", "name_folded", "name_pairs", "body_marked", "body_folded"):
        builder.add_text_field(name, tokenizer_name=_WORDS, index_option="freq")
    for name in _FACETS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("price", "rating", "fresh", "in_stock", *_UNTIL.values()):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    for name in ("slug", "name", "household", "place"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


class TantivyIndex:
    """A ``ProductIndex`` in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._open: tuple[str, tantivy.Index] | None = None
        self._has_warned = False

    def is_ready(self) -> bool:
        """Say whether an index of this schema is there."""
        return self._index() is not None

    def put(self, documents: Sequence[SearchDocument]) -> None:
        """Add or replace documents; they are found within milliseconds."""
        with self._alone():
            index = self._index()
            if index is None:
                self._build(documents, lambda _count: None)
            else:
                self._write(index, documents, [document.product_id for document in documents])

    def remove(self, product_ids: Sequence[int]) -> None:
        """Take products out."""
        with self._alone():
            index = self._index()
            if index is not None and product_ids:
                self._write(index, (), product_ids)

    def rebuild(self, documents: Iterable[SearchDocument], tick: Callable[[int], None]) -> int:
        """Build beside the old index, then swap. A build that fails leaves nothing behind."""
        with self._alone():
            return self._build(documents, tick)

    def _build(self, documents: Iterable[SearchDocument], tick: Callable[[int], None]) -> int:
        name = f"v{SCHEMA_VERSION}-{new_ulid()}"
        target = self._folder / name
        target.mkdir()
        try:
            count = self._fill(target, documents, tick)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
        self._swap(name)
        return count

    def _fill(self, target: Path, documents: Iterable[SearchDocument], tick: Callable[[int], None]) -> int:
        index = _prepare(tantivy.Index(_schema(), path=str(target), reuse=False))
        writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        schema, count = index.schema, 0
        try:
            for document in documents:
                writer.add_document(tantivy.Document.from_dict(_fields(document), schema))
                count += 1
                if count % _BATCH == 0:
                    tick(_BATCH)
            tick(count % _BATCH)
            writer.commit()
        finally:
            # Its threads write files until they are told to end; only then can the folder be taken away.
            writer.wait_merging_threads()
        return count

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait until no other process or thread writes. The lock goes with its holder, however that one ends."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".writing").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def search(self, request: SearchRequest) -> SearchResult:
        """Find products: as typed, else as the keyboard meant it, else with a typing slip, else any of the words.

        Where only the filters leave nothing, nothing is found: other words would be no answer.
        """
        index = self._index()
        if index is None:
            return SearchResult((), 0, {})
        text = request.text.strip()[:MAX_LENGTH]
        if not text:
            return self._run(index, _everything(index.schema), request)
        result = SearchResult((), 0, {})
        for words, understood_as in _readings(index.schema, text, request.on):
            result = self._run(index, words, request, understood_as=understood_as)
            if result.total or result.total_unfiltered:
                break
        return result

    def suggest(self, typed: str, limit: int) -> Sequence[Suggestion]:
        """Complete the last word; the ones before it have to be there."""
        index = self._index()
        words = folded_syllables(typed[:MAX_LENGTH])
        if index is None or not words:
            return []
        schema = index.schema
        parts = [(Occur.Must, Query.term_query(schema, "name_folded", word)) for word in words[:-1]]
        parts.append((Occur.Must, Query.regex_query(schema, "name_folded", f"{words[-1]}.*")))
        parts += [(Occur.Should, Query.term_query(schema, "name_pairs", pair)) for pair in bigrams(words)]
        parts += [(Occur.Should, Query.term_query(schema, "name_marked", word)) for word in syllables(typed)]
        searcher = index.searcher()
        hits = searcher.search(Query.boolean_query(parts), limit, count=False).hits
        found = [searcher.doc(address) for _, address in hits]
        return [
            Suggestion(
                str(document.get_first("slug")),
                str(document.get_first("name")),
                str(document.get_first("household")),
                str(document.get_first("place")),
            )
            for document in found
        ]

    def _run(
        self, index: tantivy.Index, words: Query, request: SearchRequest, *, understood_as: str = ""
    ) -> SearchResult:
        schema, searcher = index.schema, index.searcher()
        query = _narrow(schema, words, request.filters, request.on, without="")
        field, order = _SORTS.get(request.sort, (None, Order.Desc))
        page = searcher.search(
            query,
            PAGE_SIZE,
            count=True,
            order_by_field=field,
            order=order,
            offset=(request.page - 1) * PAGE_SIZE,
        )
        total: int = page.count  # type: ignore[attr-defined]  # the field is there, only the stub forgets it
        if not total:
            has_filters = request.filters != SearchFilters()
            unfiltered = searcher.search(words, 1, count=True).count if has_filters else 0  # type: ignore[attr-defined]  # as above
            return SearchResult(
                (), 0, self._facets(index, words, request.filters, request.on), understood_as, unfiltered
            )
        ids = [int(str(searcher.doc(address).get_first("product_id"))) for _, address in page.hits]
        return SearchResult(ids, total, self._facets(index, words, request.filters, request.on), understood_as)

    def _facets(
        self, index: tantivy.Index, words: Query, filters: SearchFilters, on: date
    ) -> dict[str, dict[str, int]]:
        """Count each facet as if it were not narrowed itself, so that a buyer sees the other choices."""
        searcher = index.searcher()
        counts: dict[str, dict[str, int]] = {}
        for name in _FACETS:
            query = _narrow(index.schema, words, filters, on, without=name)
            answer: dict[str, Any] = searcher.aggregate(query, {name: {"terms": {"field": name, "size": _FACET_LIMIT}}})
            counts[name] = {bucket["key"]: int(bucket["doc_count"]) for bucket in answer[name]["buckets"]}
        query = _narrow(index.schema, words, filters, on, without="certificate")
        in_date = {"ranges": [{"from": float(on.toordinal())}]}
        answer = searcher.aggregate(
            query, {code: {"range": {"field": name, **in_date}} for code, name in _UNTIL.items()}
        )
        held = {code: sum(int(one["doc_count"]) for one in answer[code]["buckets"][-1:]) for code in _UNTIL}
        counts["certificate"] = {code: count for code, count in held.items() if count}
        return counts

    def _write(self, index: tantivy.Index, documents: Sequence[SearchDocument], replaced: Sequence[int]) -> None:
        writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        for product_id in replaced:
            writer.delete_documents_by_query(Query.term_query(index.schema, "product_id", product_id))
        for document in documents:
            writer.add_document(tantivy.Document.from_dict(_fields(document), index.schema))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()

    def _index(self) -> tantivy.Index | None:
        """Return the index that ``current`` points to, opened once and told of new commits."""
        problem = "none was built with this schema"
        for _attempt in range(2):  # a rebuild may take the old one away between reading the link and opening
            try:
                name = (self._folder / "current").readlink().name
                if not name.startswith(f"v{SCHEMA_VERSION}-"):
                    break
                with self._lock:
                    if self._open is None or self._open[0] != name:
                        self._open = (name, _prepare(tantivy.Index.open(str(self._folder / name))))
                    index = self._open[1]
                index.reload()
            except (ValueError, OSError) as error:
                self._open, problem = None, str(error)
            else:
                self._has_warned = False
                return index
        if not self._has_warned:
            self._has_warned = True
            log.warning("search_index_unreadable", folder=str(self._folder), problem=problem)
        return None

    def _swap(self, name: str) -> None:
        link = self._folder / f".current-{name}"
        link.symlink_to(name)
        link.replace(self._folder / "current")
        for old in self._folder.glob("v*-*"):
            if old.name != name:
                shutil.rmtree(old, ignore_errors=True)


def _prepare(index: tantivy.Index) -> tantivy.Index:
    index.register_tokenizer(_WORDS, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    index.config_reader("manual")
    return index


def _fields(document: SearchDocument) -> dict[str, Any]:
    name = f"{document.name} {document.other_names}"
    where = f"{document.commune_name} {document.former_places} {document.province_name} {document.hamlet}"
    body = f"{document.kind_name} {where} {document.household_name} {document.unit_words} {document.description}"
    fresh = document.verified_on.toordinal() if document.verified_on else 0
    return {
        "product_id": document.product_id,
        "name_marked": " ".join(syllables(name)),
        "name_folded": " ".join(folded_syllables(name)),
        "name_pairs": " ".join(bigrams(folded_syllables(name))),
        "body_marked": " ".join(syllables(body)),
        "body_folded": " ".join(folded_syllables(body)),
        "category": [document.category],
        "commune": [document.commune_code],
        **dict.fromkeys(_UNTIL.values(), 0),
        **{_UNTIL[code]: (last or date.max).toordinal() for code, last in document.certificates},
        "price": document.price_vnd,
        "rating": round((document.stars or 0) * 100),
        "fresh": fresh,
        "in_stock": int(document.in_stock),
        "slug": document.slug,
        "name": document.name,
        "household": document.household_name,
        "place": document.commune_name,
    }


def _everything(schema: tantivy.Schema) -> Query:
    """Ask for all goods, those that can be bought now first."""
    in_stock = Query.const_score_query(Query.term_query(schema, "in_stock", 1), 0.5)
    return Query.boolean_query([(Occur.Must, Query.all_query()), (Occur.Should, in_stock)])


def _readings(schema: tantivy.Schema, text: str, on: date) -> Iterator[tuple[Query, str]]:
    """Yield what the words may mean, the likeliest first, each with how it was understood (empty: as typed)."""
    question = ask(text)
    if not question.units:
        return
    yield _strict(schema, question, on), ""
    meant = decode(text)
    if meant != text:
        yield _strict(schema, ask(meant), on), meant
    yield _forgiving(schema, question, on), text
    yield _any(schema, question), text


def _strict(schema: tantivy.Schema, question: Question, on: date) -> Query:
    """Ask for every unit."""
    parts = [(Occur.Must, _unit(schema, unit, on)) for unit in question.units]
    return Query.boolean_query([*parts, *_extras(schema, question)])


def _any(schema: tantivy.Schema, question: Question) -> Query:
    """Ask for any unit, in names only: one word of a description says nothing ("xe" in a motorbike and in a mat)."""
    units = Query.boolean_query(
        [(Occur.Should, _in_name(schema, phrase)) for unit in question.units for phrase in unit.phrases]
    )
    return Query.boolean_query([(Occur.Must, units), *_extras(schema, question)])


def _in_name(schema: tantivy.Schema, phrase: Phrase) -> Query:
    """Ask for all words of a phrase in the name, with their marks where any were typed."""
    field, words = ("name_marked", phrase.marked) if phrase.has_marks else ("name_folded", phrase.folded)
    query = Query.boolean_query([(Occur.Must, Query.term_query(schema, field, word)) for word in words])
    return query if phrase.weight == 1.0 else Query.boost_query(query, phrase.weight)


def _forgiving(schema: tantivy.Schema, question: Question, on: date) -> Query:
    """Ask for every word with one letter wrong; short words have to be right."""
    parts = []
    for unit in question.units:
        for word in unit.phrases[0].folded:
            exact = Query.boost_query(_word(schema, word, word, on, has_marks=False), 2.0)
            if len(word) < _MIN_FUZZY:
                parts.append((Occur.Must, exact))
                continue
            slip = Query.fuzzy_term_query(schema, "name_folded", word, distance=1)
            parts.append((Occur.Must, Query.disjunction_max_query([exact, slip])))
    return Query.boolean_query([*parts, *_extras(schema, question)])


def _extras(schema: tantivy.Schema, question: Question) -> list[tuple[Occur, Query]]:
    """Reward words that stand together, and goods that can be bought now."""
    pairs = [
        (Occur.Should, Query.boost_query(Query.term_query(schema, "name_pairs", pair), _PAIR))
        for pair in question.pairs
    ]
    in_stock = Query.const_score_query(Query.term_query(schema, "in_stock", 1), 0.5)
    return [*pairs, (Occur.Should, in_stock)]


def _unit(schema: tantivy.Schema, unit: Unit, on: date) -> Query:
    phrases = [_phrase(schema, phrase, on) for phrase in unit.phrases]
    return phrases[0] if len(phrases) == 1 else Query.disjunction_max_query(phrases)


def _phrase(schema: tantivy.Schema, phrase: Phrase, on: date) -> Query:
    words = [
        (Occur.Must, _word(schema, marked, folded, on, has_marks=phrase.has_marks))
        for marked, folded in zip(phrase.marked, phrase.folded, strict=True)
    ]
    # All words of a phrase in the name, side by side, say far more than the same words spread over a description.
    pairs = [
        (Occur.Should, Query.boost_query(Query.term_query(schema, "name_pairs", pair), _PAIR)) for pair in phrase.pairs
    ]
    query = Query.boolean_query([*words, *pairs])
    return query if phrase.weight == 1.0 else Query.boost_query(query, phrase.weight)


def _word(schema: tantivy.Schema, marked: str, folded: str, on: date, *, has_marks: bool) -> Query:
    if has_marks:
        # Whoever types marks means them: a name may differ by a slip, a description ("buổi" for "bưởi") may not.
        found = [
            ("name_marked", marked, _NAME_MARKED),
            ("name_folded", folded, _NAME_OTHERWISE),
            ("body_marked", marked, _BODY_MARKED),
        ]
    else:
        found = [("name_folded", folded, _NAME), ("body_folded", folded, _BODY)]
    held = [Query.const_score_query(_in_date(schema, code, on), _BODY) for code in _CERTIFICATE_WORDS.get(folded, ())]
    return Query.disjunction_max_query(
        [*(Query.boost_query(Query.term_query(schema, field, word), weight) for field, word, weight in found), *held]
    )


def _narrow(schema: tantivy.Schema, words: Query, filters: SearchFilters, on: date, *, without: str) -> Query:
    parts = [(Occur.Must, words)]
    for name in _FACETS:
        value = getattr(filters, name)
        if value and name != without:
            parts.append((Occur.Must, _quiet(Query.term_query(schema, name, value))))
    if filters.certificate and without != "certificate":
        parts.append((Occur.Must, _quiet(_in_date(schema, filters.certificate, on))))
    if filters.price_from is not None or filters.price_to is not None:
        low, high = filters.price_from or 0, filters.price_to if filters.price_to is not None else 2**53
        parts.append((Occur.Must, _quiet(Query.range_query(schema, "price", FieldType.Unsigned, low, high))))
    if filters.stars:
        parts.append(
            (
                Occur.Must,
                _quiet(Query.range_query(schema, "rating", FieldType.Unsigned, filters.stars * 100, 500)),
            )
        )
    if filters.in_stock:
        parts.append((Occur.Must, _quiet(Query.term_query(schema, "in_stock", 1))))
    return Query.boolean_query(parts)


def _in_date(schema: tantivy.Schema, code: str, on: date) -> Query:
    """Ask for goods with a certificate that is in date on a day; an unknown code finds nothing."""
    if code not in _UNTIL:
        return Query.empty_query()
    return Query.range_query(schema, _UNTIL[code], FieldType.Unsigned, on.toordinal(), date.max.toordinal())


def _quiet(query: Query) -> Query:
    """Let a filter say yes or no and nothing about relevance."""
    return Query.const_score_query(query, 0.0)
