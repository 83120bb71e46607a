"""Memory of one simulator: named tables of JSON objects, oldest first and bounded."""

import json
import threading
from typing import Any, TextIO

Json = dict[str, Any]
#: Rows kept in a table, where it is not 1500: what is long and soon of no interest leaves earlier.
_LIMITS = {"events": 400, "replays": 500, "mails": 400, "print_codes": 300}


class Store:
    """Tables of JSON rows. Change rows only while holding ``lock`` and call ``touch`` afterwards."""

    def __init__(self, limit: int = 1500) -> None:
        """Keep at most ``limit`` rows in a table, fewer in some; the oldest leave first."""
        self.lock = threading.RLock()
        self.limit = limit
        #: Grows with each change, so that a saver sees what is new.
        self.revision = 0
        self._tables: dict[str, dict[str, Json]] = {}

    def touch(self) -> None:
        """Say that a row was changed in place."""
        with self.lock:
            self.revision += 1

    def put(self, table: str, key: str, row: Json) -> Json:
        """Store a row under a key and return it."""
        with self.lock:
            rows = self._tables.setdefault(table, {})
            rows[key] = row
            while len(rows) > min(self.limit, _LIMITS.get(table, self.limit)):
                del rows[next(iter(rows))]
            self.revision += 1
        return row

    def next_number(self, name: str, at_least: int = 1) -> int:
        """Count: return the next whole number of a series that survives restarts."""
        with self.lock:
            row = self._tables.setdefault("counters", {}).setdefault(name, {"n": 0})
            row["n"] = max(row["n"] + 1, at_least)
            self.revision += 1
            return int(row["n"])

    def find(self, table: str, key: str) -> Json | None:
        """Return the row itself (not a copy), or None."""
        with self.lock:
            return self._tables.get(table, {}).get(key)

    def list_rows(self, table: str) -> list[Json]:
        """Return all rows of a table, oldest first."""
        with self.lock:
            return list(self._tables.get(table, {}).values())

    def remove(self, table: str, key: str) -> None:
        """Forget a row, if there is one."""
        with self.lock:
            self._tables.get(table, {}).pop(key, None)
            self.revision += 1

    def clear(self, table: str | None = None) -> None:
        """Forget one table, or everything."""
        with self.lock:
            if table is None:
                self._tables.clear()
            else:
                self._tables.pop(table, None)
            self.revision += 1

    def tables(self) -> list[str]:
        """Return the names of the tables that hold rows."""
        with self.lock:
            return sorted(name for name, rows in self._tables.items() if rows)

    def write(self, file: TextIO) -> None:
        """Write everything as one JSON object, row by row: as a whole it would be in memory twice."""
        with self.lock:
            file.write("{")
            for number, (table, rows) in enumerate(self._tables.items()):
                file.write(f"{',' if number else ''}\n{json.dumps(table)}:{{")
                file.writelines(
                    f"{',' if place else ''}\n{json.dumps(key)}:{json.dumps(row, ensure_ascii=False)}"
                    for place, (key, row) in enumerate(rows.items())
                )
                file.write("}")
            file.write("}")

    def load(self, tables: dict[str, dict[str, Json]]) -> None:
        """Take over what was saved."""
        with self.lock:
            self._tables = tables
            self.revision += 1
