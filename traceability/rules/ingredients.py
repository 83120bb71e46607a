"""Active ingredients: which may be sprayed on crops, and which may not be given to animals.

Law: Circulars of the Ministry of Agriculture and Environment list plant-protection products that may be used in Viet
Nam (a permitted list, renewed each year), and drugs that may not be given to food animals (a banned list). The names
below are a working list from general knowledge, not the official annexes: an operator replaces it with
``marketplace load-ingredients FILE`` before going live, and each sale names the version that it was judged by.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from marketplace.core.errors import Refused
from marketplace.core.text import fold
from traceability.rules.seal import canonical_bytes

BUILT_IN = "working-list/2026-11"
SOURCE = "danh mục làm việc, chưa đối chiếu với phụ lục thông tư"
_MAX_NAMES = 10_000
_MAX_NAME = 120

_PERMITTED = (
    "abamectin", "acetamiprid", "azadirachtin", "azoxystrobin", "bacillus subtilis", "bacillus thuringiensis",
    "beauveria bassiana", "buprofezin", "chlorantraniliprole", "chitosan", "copper hydroxide", "copper oxychloride",
    "cymoxanil", "cyromazine", "dầu khoáng", "petroleum spray oil", "difenoconazole", "dimethomorph",
    "emamectin benzoate", "etofenprox", "fosetyl aluminium", "hexaconazole", "indoxacarb", "isoprothiolane",
    "kasugamycin", "lambda cyhalothrin", "mancozeb", "matrine", "metalaxyl", "metarhizium anisopliae",
    "ningnanmycin", "nucleopolyhedrovirus",
    "oligosaccharins", "paecilomyces lilacinus", "pymetrozine", "pyraclostrobin", "pseudomonas fluorescens", "rotenone",
    "saponin", "spinetoram", "spinosad", "spirotetramat", "streptomyces lydicus", "sulfur", "lưu huỳnh", "tebuconazole",
    "thiamethoxam", "trichoderma", "nấm trichoderma", "tricyclazole", "trifloxystrobin", "validamycin", "eugenol",
    "pretilachlor", "niclosamide", "metaldehyde",
)  # fmt: skip
_BANNED = (
    "chloramphenicol", "nitrofuran", "furazolidone", "furaltadone", "nitrofurazone", "nitrofurantoin", "metronidazole",
    "dimetridazole", "ronidazole", "ipronidazole", "chloroform", "chlorpromazine", "colchicine", "dapsone",
    "malachite green", "xanh malachite", "gentian violet", "leucomalachite green", "clenbuterol", "salbutamol",
    "ractopamine", "diethylstilbestrol", "green malachite", "vancomycin", "glycopeptides", "trichlorfon", "dipterex",
    "carbuterol", "cimaterol", "fenoterol", "terbutalin", "stilbenes", "trenbolone", "zeranol",
)  # fmt: skip
_SEPARATORS = re.compile(r"\s*(?:[+,;&]|\bvà\b|\bvới\b)\s*", re.IGNORECASE)
_STRENGTH = re.compile(
    r"\(.*?\)|\d+(?:[.,]\d+)?\s*(?:%|g/l|g/kg|mg/ml|ml|mg|kg|g|l|w/w|w/v|ec|wg|wp|sc|sl|wdg|gr|od)?(?!\w)"
)


@dataclass(frozen=True, slots=False)
class IngredientList:
    """A list of active ingredients, with where it comes from."""

    version: str
    source: str
    permitted: tuple[str, ...] = _PERMITTED
    banned: tuple[str, ...] = _BANNED
    #: SHA-256 over the canonical names, in hexadecimal: two lists of one version cannot be mistaken for each other.
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        names = {"permitted": sorted(self.permitted), "banned": sorted(self.banned)}
        object.__setattr__(self, "digest", hashlib.sha256(canonical_bytes(names)).hexdigest())

    @cached_property
    def _permitted_names(self) -> frozenset[str]:
        return frozenset(fold(name) for name in self.permitted)

    @cached_property
    def _banned_names(self) -> frozenset[str]:
        return frozenset(fold(name) for name in self.banned)

    def find_forbidden(self, kind: str, ingredient: str) -> str | None:
        """Return the first ingredient of a treatment that the list does not allow, as it was written; or None.

        ``kind`` is ``spraying`` (only what is listed may be used) or ``medicine`` (what is listed may not).
        """
        for written, name in split_ingredients(ingredient):
            if kind == "spraying" and name not in self._permitted_names:
                return written
            if kind == "medicine" and any(banned in name for banned in self._banned_names):
                return written
        return None


def split_ingredients(text: str) -> list[tuple[str, str]]:
    """Return the ingredients of a label as written and as compared: ``Mancozeb 64% + Metalaxyl 8%`` gives two."""
    found = []
    for part in _SEPARATORS.split(text):
        name = " ".join(_STRENGTH.sub(" ", fold(part)).split()).strip(" .-")
        if name:
            found.append((part.strip(), name))
    return found


def read_list(text: str, *, version: str, source: str) -> IngredientList:
    """Read a list from CSV with the columns ``name`` and ``rule`` (``permitted`` or ``banned``). Raises ``Refused``."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    if not {"name", "rule"} <= set(rows.fieldnames or ()):
        message = "Tệp phải có hai cột: name và rule."
        raise Refused("ingredient_list_unreadable", message)
    names: dict[str, list[str]] = {"permitted": [], "banned": []}
    for number, row in enumerate(rows, start=2):
        name, rule = (row["name"] or "").strip(), (row["rule"] or "").strip()
        if not name or len(name) > _MAX_NAME or rule not in names:
            message = f"Dòng {number} sai: cần tên hoạt chất và permitted hoặc banned."
            raise Refused("ingredient_list_unreadable", message, line=number)
        names[rule].append(name)
    if not names["permitted"] or sum(map(len, names.values())) > _MAX_NAMES:
        message = f"Danh mục phải có hoạt chất được phép, và không quá {_MAX_NAMES} dòng."
        raise Refused("ingredient_list_unreadable", message)
    return IngredientList(version, source, _unique(names["permitted"]), _unique(names["banned"]))


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


#: What counts until an operator loads another.
WORKING_LIST = IngredientList(BUILT_IN, SOURCE)
