"""Pages of the chain of custody: the field diary, the public page of a lot, the commune's desk."""

from traceability.views import (
    corrections,
    diary,
    entries,
    lots,
    office,
    passport,
    recall_papers,
    recalls,
    regroup,
    resolver,
    sheets,
    things,
)
from traceability.views.blueprint import blueprint

__all__ = [
    "blueprint",
    "corrections",
    "diary",
    "entries",
    "lots",
    "office",
    "passport",
    "recall_papers",
    "recalls",
    "regroup",
    "resolver",
    "sheets",
    "things",
]
