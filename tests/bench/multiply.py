"""Copies one invented pair of households as often as wanted: millions of sealed records in minutes.

PostgreSQL itself writes the pair as COPY text. Every number of a row and every name in it that must stay unique gets
a mark; a copy is the same text with the marks filled in. Records are sealed anew, each on the one before it, and so
are their leaves; officers' signatures are the one thing that is copied without being made again.
"""

import hashlib
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import LargeBinary, Table, UniqueConstraint

from marketplace.core.base import Base

#: Rows of one table that the pair may have: a copy's numbers are its own number and four digits of the original.
_DIGITS = 4
#: What every household shares, and what nobody copies.
_SHARED = re.compile(
    r"core_|accounts_|search_|sellers_(communes|provinces|place_terms)|trace_lot_numbers|trace_log_positions|.*checkpoints"
)
#: Numbers of things that are not copied.
_FOREIGN = frozenset({"commune_id", "user_id", "context_id", "key_id", "capture_id"})
_ULID = re.compile(r"^[0-9A-HJKMNP-TV-Z]{26}$")
_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
_CODE = re.compile(r"^TH-\d{5}-\d{4}-\d{4}$")
_NUMBER = re.compile(r"^DH-[0-9A-Z]{7}(-\d)?$")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: Marks: a copy's number in decimal, in eight letters, large and small, in eight hexadecimal and in six digits.
_K, _BIG, _SMALL, _HEX, _SIX = "\x01", "\x02", "\x03", "\x04", "\x05"
_CHUNK = 200
#: How COPY writes nothing, and what stands before bytes in hexadecimal.
_NULL, _BYTES = "\\N", "\\\\x"


@dataclass
class _Template:
    """A table's rows as text with marks."""

    table: str
    columns: Sequence[str]
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A record of a copy: its line, its number and household with marks, its hash, the hash of its body."""

    line: str
    id: str
    household: str
    hash: bytes
    content: bytes


@dataclass
class Pair:
    """The original, ready to be copied."""

    templates: list[_Template] = field(default_factory=list)
    #: Fields of records and of entries, in the order of their numbers.
    records: list[list[str]] = field(default_factory=list)
    entries: list[list[str]] = field(default_factory=list)
    record_columns: list[str] = field(default_factory=list)
    entry_columns: list[str] = field(default_factory=list)


def read_pair(connection: psycopg.Connection) -> Pair:
    """Read everything that hangs on the households in a database, and mark what must differ in a copy."""
    tables = [table for table in Base.metadata.sorted_tables if not _SHARED.match(table.name)]
    raw = {table.name: _copy_out(connection, table) for table in tables}
    names = _find_names(raw)
    pair = Pair()
    for table in tables:
        columns = [column.name for column in table.columns]
        rows = [
            [_mark(table, name, value, names) for name, value in zip(columns, row, strict=True)]
            for row in raw[table.name]
        ]
        if table.name == "trace_records":
            pair.record_columns, pair.records = columns, rows
        elif table.name == "trace_log_entries":
            pair.entry_columns, pair.entries = columns, rows
        if rows:
            pair.templates.append(_Template(table.name, columns, "".join("\t".join(row) + "\n" for row in rows)))
    return pair


def _copy_out(connection: psycopg.Connection, table: Table) -> list[list[str]]:
    statement = SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
        SQL(", ").join(Identifier(column.name) for column in table.columns),
        Identifier(table.name),
        SQL(", ").join(Identifier(column.name) for column in table.primary_key.columns),
    )
    with connection.cursor().copy(statement) as copy:
        text = b"".join(bytes(block) for block in copy).decode()
    return [line.split("\t") for line in text.split("\n")[:-1]]


def _find_names(raw: Mapping[str, list[list[str]]]) -> dict[str, str]:
    """Return what stands for one thing, with the same under marks: random names, codes and numbers."""
    names: dict[str, str] = {}
    for rows in raw.values():
        for row in rows:
            for value in row:
                if _ULID.match(value):
                    names[value] = value[:18] + _BIG
                    names[value.lower()] = value[:18].lower() + _SMALL
                elif _CODE.match(value):
                    names[value] = f"{value[:14]}{value[-1]}{_SIX}"
                    names[value.lower()] = f"{value[:14].lower()}{value[-1]}{_SIX}"
                elif _NUMBER.match(value):
                    names[value] = f"{value[:6]}{_BIG}{value[10:]}"
                elif _UUID.match(value):
                    names[value] = value[:28] + _HEX
    return names


def _mark(table: Table, column: str, value: str, names: Mapping[str, str]) -> str:
    if value == _NULL:
        return value
    kind = table.columns[column]
    if isinstance(kind.type, LargeBinary):
        return _mark_bytes(value, names)
    is_number = column == "id" or (column.endswith("_id") and column not in _FOREIGN)
    if is_number and value.isdigit():
        return f"{_K}{value.zfill(_DIGITS)}"
    renamed = _rename(value, names)
    if renamed == value and _is_unique(table, column):
        longest = getattr(kind.type, "length", None) or 40
        return f"{value[: longest - 8]}{_BIG}"
    return renamed


def _is_unique(table: Table, column: str) -> bool:
    return bool(table.columns[column].unique) or any(
        isinstance(one, UniqueConstraint) and [two.name for two in one.columns] == [column] for one in table.constraints
    )


def _mark_bytes(value: str, names: Mapping[str, str]) -> str:
    """Return hexadecimal text; content in JSON gets its marks inside, as hexadecimal digits of them."""
    content = _read(value)
    try:
        renamed = _rename(content.decode(), names)
    except UnicodeDecodeError:
        return value
    return _spell(renamed.encode())


def _rename(value: str, names: Mapping[str, str]) -> str:
    for name, marked in names.items():
        if name in value:
            value = value.replace(name, marked)
    return value


def load_copies(connection: psycopg.Connection, pair: Pair, copies: range, label: str) -> int:
    """Add copies of the pair; return how many records that made. Says on one line how far it is."""
    started = time.perf_counter()
    connection.execute("SET session_replication_role = replica")
    is_shown = sys.stderr.isatty()
    for start in range(copies.start, copies.stop, _CHUNK):
        chunk = range(start, min(start + _CHUNK, copies.stop))
        sealed = {number: list(_seal(pair, number)) for number in chunk}
        for template in pair.templates:
            _copy_in(
                connection, template, "".join(_fill_table(pair, template, number, sealed[number]) for number in chunk)
            )
        if is_shown:
            done = chunk.stop - copies.start
            print(f"\r{label} {_bar(done / len(copies))} {done * len(pair.records):,}", end="", file=sys.stderr)
    if is_shown:
        print(file=sys.stderr)
    connection.execute("SET session_replication_role = origin")
    connection.commit()
    records = len(copies) * len(pair.records)
    print(f"{label}: {records:,} records in {time.perf_counter() - started:.0f} s", flush=True)
    return records


def _bar(share: float) -> str:
    return f"[{'#' * round(30 * share):<30}]"


def _copy_in(connection: psycopg.Connection, template: _Template, lines: str) -> None:
    statement = SQL("COPY {} ({}) FROM STDIN").format(
        Identifier(template.table), SQL(", ").join(Identifier(name) for name in template.columns)
    )
    with connection.cursor().copy(statement) as copy:
        copy.write(lines)


def _fill_table(pair: Pair, template: _Template, number: int, sealed: Sequence[_Sealed]) -> str:
    if template.table == "trace_records":
        return "".join(one.line for one in sealed)
    if template.table == "trace_log_entries":
        return "".join(_log(pair, number, sealed))
    if template.table == "trace_chains":
        return _head(template, number, sealed)
    return fill(template.text, number)


def fill(text: str, number: int) -> str:
    """Put a copy's number where the marks are."""
    letters = _letters(number)
    text = text.replace(_K, str(number)).replace(_BIG, letters).replace(_SMALL, letters.lower())
    return text.replace(_HEX, f"{number:08x}").replace(_SIX, f"{number:06d}")


def _fill_bytes(value: str, number: int) -> bytes:
    content = _read(value)
    letters = _letters(number).encode()
    content = content.replace(_BIG.encode(), letters).replace(_SMALL.encode(), letters.lower())
    return content.replace(_HEX.encode(), b"%08x" % number).replace(_SIX.encode(), b"%06d" % number)


def _letters(number: int) -> str:
    letters = ""
    for _ in range(8):
        number, digit = divmod(number, 32)
        letters = _ALPHABET[digit] + letters
    return letters


def _seal(pair: Pair, number: int) -> Iterator[_Sealed]:
    """Yield each record of a copy, sealed on the one before it."""
    place = {name: index for index, name in enumerate(pair.record_columns)}
    heads: dict[str, bytes] = {}
    for row in pair.records:
        household = row[place["household_id"]]
        previous = heads.get(household, bytes(32))
        body = _fill_bytes(row[place["body"]], number)
        own = hashlib.sha256(previous + body).digest()
        heads[household] = own
        filled = list(row)
        filled[place["body"]] = _spell(body)
        filled[place["prev_hash"]] = _spell(previous)
        filled[place["hash"]] = _spell(own)
        line = fill("\t".join(filled) + "\n", number)
        yield _Sealed(line, row[place["id"]], household, own, hashlib.sha256(body).digest())


def _head(template: _Template, number: int, sealed: Sequence[_Sealed]) -> str:
    heads = {one.household: one.hash for one in sealed}
    place = {name: index for index, name in enumerate(template.columns)}
    lines = []
    for line in template.text.splitlines():
        row = line.split("\t")
        row[place["head_hash"]] = _spell(heads[row[place["household_id"]]])
        lines.append("\t".join(row) + "\n")
    return fill("".join(lines), number)


def _log(pair: Pair, number: int, sealed: Sequence[_Sealed]) -> Iterator[str]:
    """Yield the entries of a copy, each with the leaf of the record that it is now about."""
    records = {one.id: one for one in sealed}
    place = {name: index for index, name in enumerate(pair.entry_columns)}
    for row in pair.entries:
        leaf = _fill_bytes(row[place["leaf"]], number).decode()
        filled = list(row)
        record = records.get(row[place["record_id"]])
        if record is not None:
            content = record.content
            leaf = re.sub(r'(?<="hash":")[0-9a-f]{64}', record.hash.hex(), leaf)
        elif row[place["content"]] != _NULL:
            written = _fill_bytes(row[place["content"]], number)
            content = hashlib.sha256(written).digest()
            filled[place["content"]] = _spell(written)
        else:
            content = _read(row[place["content_hash"]])
        filled[place["leaf"]] = _spell(re.sub(r'(?<="contentHash":")[0-9a-f]{64}', content.hex(), leaf).encode())
        filled[place["content_hash"]] = _spell(content)
        yield fill("\t".join(filled) + "\n", number)


def _spell(content: bytes) -> str:
    return f"{_BYTES}{content.hex()}"


def _read(value: str) -> bytes:
    return bytes.fromhex(value.removeprefix(_BYTES))
