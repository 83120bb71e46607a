"""Loading the administrative units that come with the package."""

import gzip
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from marketplace.core.text import fold, slugify, vietnamese_sort_key
from sellers.models import Commune, Province
from sellers.rules import split_place

_INSERT_TERMS = text(
    "INSERT INTO sellers_place_terms (commune_id, words, name, formerly, is_default)"
    " SELECT commune_id, words, name, formerly, is_default FROM jsonb_to_recordset(CAST(:terms AS jsonb))"
    " AS t(commune_id bigint, words text, name text, formerly text, is_default boolean)"
)
_DATA = Path(__file__).resolve().parent.parent / "data" / "vn_admin.json.gz"


def load_administrative_units(session: Session) -> int:
    """Load provinces, communes and names that lead to them; return how many communes. Repeatable."""
    if session.execute(select(Commune.id).limit(1)).first() is not None:
        return 0
    data: dict[str, Any] = json.loads(gzip.decompress(_DATA.read_bytes()))
    provinces = dict(data["p"])
    session.execute(
        pg_insert(Province).on_conflict_do_nothing(),
        [
            {"code": code, "name": name, "sort_key": vietnamese_sort_key(split_place(name).short)}
            for code, name in data["p"]
        ],
    )
    old = {code: (name, district, province) for code, name, district, province in data["l"]}
    into: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for old_code, new_code, is_default in data["m"]:
        into[new_code].append((old_code, bool(is_default)))
    rows = []
    for code, province, full_name, latitude, longitude in data["w"]:
        short = split_place(full_name).short
        former = [split_place(old[old_code][0]).short for old_code, _ in into[code] if old_code in old]
        rows.append(
            {
                "code": code,
                "province_code": province,
                "full_name": full_name,
                "short_name": short,
                "slug": slugify(full_name),
                "latitude": latitude,
                "longitude": longitude,
                "former_names": [name for name in dict.fromkeys(former) if name != short],
                "data_version": data["source"],
            }
        )
    added = session.execute(insert(Commune).returning(Commune.code, Commune.id, sort_by_parameter_order=True), rows)
    ids = {row.code: row.id for row in added}
    # Thousands of rows in one statement: sent one by one they take seconds.
    session.execute(_INSERT_TERMS, {"terms": json.dumps(_terms(data, provinces, old, into, ids))})
    return len(rows)


def _terms(
    data: dict[str, Any],
    provinces: dict[str, str],
    old: dict[str, tuple[str, str, str]],
    into: dict[str, list[tuple[str, bool]]],
    ids: dict[str, int],
) -> list[dict[str, object]]:
    terms: list[dict[str, object]] = []
    folded: dict[str, str] = {}

    def bare(text: str) -> str:
        if text not in folded:
            folded[text] = fold(text)
        return folded[text]

    for code, province, full_name, *_ in data["w"]:
        province_words = bare(split_place(provinces[province]).short)
        short = split_place(full_name).short
        terms.append(
            {
                "commune_id": ids[code],
                "words": f" {bare(full_name)} {province_words} ",
                "name": bare(short),
                "formerly": None,
                "is_default": True,
            }
        )
        for old_code, is_default in into[code]:
            if old_code not in old:
                continue
            name, district, old_province = old[old_code]
            district_name, old_province_name = split_place(district), split_place(old_province)
            terms.append(
                {
                    "commune_id": ids[code],
                    "words": f" {bare(name)} {bare(district_name.short)} {bare(old_province_name.short)} ",
                    "name": bare(split_place(name).short),
                    "formerly": f"trước đây: {split_place(name).short}, {district[:1].lower()}{district[1:]}",
                    "is_default": is_default,
                }
            )
    return terms
