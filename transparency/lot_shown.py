"""What the market shows of a lot, against what the lot's entries say. lot-proof.js checks the same elsewhere.

``shown`` is what the market's tables hold and its pages and shop go by: ``state``, ``holdReason``, ``bestBeforeOn``,
``treatments`` (how many, where the page says that every waiting period was kept) and ``roles`` (by the hash of a
record: the role in which it is said to have been entered). A file leaves it out while an entry waits for its place.
"""

from collections.abc import Sequence

from transparency.decisions import LotEntry
from transparency.lot_status import LotStatus, list_contradictions
from transparency.report import Report


def check_shown(shown: object, status: LotStatus, entries: Sequence[LotEntry], report: Report) -> None:
    """Compare what the market shows with the status of a lot and with the records in its file."""
    if shown is None:
        return
    if not isinstance(shown, dict):
        report.fault("What the market shows of the lot cannot be read.")
        return
    found = list_contradictions(status, shown)
    for _, sentence in found:
        report.fault(f"{sentence}.")
    roles = shown.get("roles")
    wrong = []
    for entry in entries:
        role = roles.get(entry.leaf.content_hash) if isinstance(roles, dict) else None
        if entry.leaf.kind == "event" and role is not None and role != entry.body.get("cq:enteredRole"):
            wrong.append(entry)
            report.fault(f"Entry {entry.leaf.index}: the market shows another role of who entered it.")
    if not found and not wrong:
        report.holds("State, hold, best-before day and roles that the market shows are those of the entries.")
