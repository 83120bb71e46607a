"""Pages of the chain of custody: the field diary, the public page of a lot, the commune's desk."""

from traceability.views import (
    api_keys,
    corrections,
    diary,
    entries,
    interface,
    log,
    lot_proof,
    lots,
    office,
    passport,
    recall_papers,
    recalls,
    regroup,
    resolver,
    sensors,
    sheets,
    things,
)
from traceability.views.blueprint import blueprint

__all__ = [
    "api_keys",
    "blueprint",
    "corrections",
    "diary",
    "entries",
    "interface",
    "log",
    "lot_proof",
    "lots",
    "office",
    "passport",
    "recall_papers",
    "recalls",
    "regroup",
    "resolver",
    "sensors",
    "sheets",
    "things",
]
