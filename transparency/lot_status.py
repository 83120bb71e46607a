"""How a lot stands, by nothing but its sealed records and what officers signed. lot-proof.js says the same elsewhere.

A lot is verified when an officer signed that, or when it was packed, split or merged out of lots that were verified
then. It is held from a record that holds it to one that lets it go, which takes the verification away too. It is
recalled for good.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Records that make a lot out of other lots and leave its verification as it was.
DERIVING = frozenset({"packing", "split", "merge"})
_MAKING = frozenset({"harvest", "slaughter", "making"}) | DERIVING
#: Work after which a waiting period runs.
TREATMENTS = frozenset({"spraying", "medicine"})
_HOLDING = frozenset({"held", "released"})
#: After these a lot is no longer verified.
_STOPPING = _HOLDING | {"recall"}
#: What the market's tables call a lot that nobody has verified; none of them claims anything.
UNVERIFIED = frozenset({"recorded", "awaiting_verification", "sent_back"})


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A record. ``order`` is its place in the log or in its household's chain; hashes are hexadecimal."""

    order: int
    hash: str
    body: Mapping[str, Any]
    #: The order of the declaration that it is wrong, if there is one.
    wrong_since: int | None = None

    @property
    def kind(self) -> str:
        """The sealed kind."""
        return str(self.body.get("cq:kind", ""))

    @property
    def lots(self) -> frozenset[str]:
        """The lots that it is about, or that it makes."""
        named = self.body.get("cq:lots")
        own = self.body.get("cq:lot")
        lots = [str(one) for one in named] if isinstance(named, list) else []
        return frozenset([*lots, *([own] if isinstance(own, str) else [])])

    @property
    def parents(self) -> tuple[str, ...]:
        """The lots that went in, by their codes: the last part of a lot's address."""
        items = self.body.get("inputQuantityList")
        found = []
        for item in items if isinstance(items, list) else ():
            address = item.get("epcClass") if isinstance(item, dict) else None
            if isinstance(address, str) and "/" in address:
                found.append(address.rsplit("/", 1)[1].upper())
        return tuple(found)


@dataclass(frozen=True, slots=True)
class SignedDecision:
    """An officer's decision on a lot, whose signature holds. ``record`` and ``reviewed`` are hashes of records."""

    lot: str
    decision: str
    record: str
    reviewed: frozenset[str] = frozenset()
    #: How many treatments were counted, and under which rule all their waiting periods were found kept.
    treatments: int | None = None
    waiting_rule: str = ""
    #: The warnings for which the officer gave a reason.
    explained: frozenset[str] = frozenset()


def read_decision(told: Mapping[str, Any]) -> SignedDecision:
    """Read a signed statement. Older ones do not tell of waiting periods."""
    count, rule, reviewed = told.get("treatments"), told.get("waitingRule"), told.get("reviewed")
    explained = told.get("explained")
    return SignedDecision(
        lot=str(told.get("lot")),
        decision=str(told.get("decision")),
        record=str(told.get("record")),
        reviewed=frozenset(str(one) for one in reviewed) if isinstance(reviewed, list) else frozenset(),
        treatments=count if type(count) is int and count >= 0 else None,
        waiting_rule=rule if isinstance(rule, str) else "",
        explained=frozenset(str(one) for one in explained) if isinstance(explained, list) else frozenset(),
    )


@dataclass(frozen=True, slots=True)
class LotStatus:
    """How a lot stands: ``verified``, ``held``, ``recalled``, or ``recorded`` when no entry says more."""

    state: str = "recorded"
    #: The record of its own verification; empty when the lot is verified through the lots that it came from.
    decision: str = ""
    #: Every reason for which it is held.
    hold_reasons: tuple[str, ...] = ()
    best_before_on: str | None = None
    #: How many treatments signed decisions counted, all with their waiting period kept; None where none may say so.
    treatments: int | None = None
    #: The warnings for which every signed decision gives a reason, as long as no treatment was entered or struck since.
    explained: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Root:
    """A decision on which a verification rests, and the order of its record."""

    order: int
    decision: SignedDecision


class LotStory:
    """The sealed records about a lot and about the lots that it came from, with the signed decisions on all of them."""

    def __init__(
        self,
        records: Iterable[SealedRecord],
        decisions: Iterable[SignedDecision],
        ordered_back: Iterable[str] = (),
    ) -> None:
        """``ordered_back`` are the lots that signed recall orders name."""
        self._records = sorted(records, key=lambda one: one.order)
        orders = {one.hash: one.order for one in reversed(self._records) if one.kind == "verification"}
        self._roots = [_Root(orders[one.record], one) for one in decisions if one.record in orders]
        self._ordered_back = frozenset(ordered_back)

    def judge(self, lot: str) -> LotStatus:
        """Say how a lot stands after the last of the records."""
        best_before_on = self.find_best_before(lot)
        holds = self._list_holds(lot)
        if lot in self._ordered_back or any(one.kind == "recall" and lot in one.lots for one in self._records):
            return LotStatus("recalled", best_before_on=best_before_on)
        if holds and holds[-1].kind == "held":
            last_release = max((one.order for one in holds if one.kind == "released"), default=-1)
            reasons = tuple(str(one.body.get("cq:reason", "")) for one in holds if one.order > last_release)
            return LotStatus("held", hold_reasons=reasons, best_before_on=best_before_on)
        roots = self._find_roots(lot, None)
        if not roots:
            return LotStatus(best_before_on=best_before_on)
        own = next((one.decision.record for one in roots if one.decision.lot == lot), "")
        if self._has_news(roots):
            return LotStatus("verified", own, best_before_on=best_before_on)
        explained = frozenset.intersection(*(one.decision.explained for one in roots))
        return LotStatus("verified", own, (), best_before_on, self._count_treatments(roots), explained)

    def list_ancestors(self, lot: str) -> frozenset[str]:
        """Return the lots that a lot was made of, at any distance, with itself."""
        found: set[str] = set()
        left = [lot]
        while left:
            code = left.pop()
            if code not in found:
                found.add(code)
                left += [parent for one in self._list_makers(code, None) for parent in one.parents]
        return frozenset(found)

    def find_best_before(self, lot: str, before: int | None = None) -> str | None:
        """Return the sealed best-before day of a lot. A part keeps its lot's day, a mixture the earliest one."""
        makers = [one for one in self._list_makers(lot, before) if one.wrong_since is None]
        details = [
            one for one in self._records if one.kind == "details" and lot in one.lots and _is_before(one, before)
        ]
        told = [
            day
            for one in sorted([*makers, *details], key=lambda one: one.order)
            if one.wrong_since is None and (day := _read_best_before(one)) is not None
        ]
        if told:
            return told[-1]
        if len(makers) != 1 or makers[0].kind not in {"split", "merge"}:
            return None
        days = [self.find_best_before(parent, makers[0].order) for parent in makers[0].parents]
        return min((day for day in days if day is not None), default=None)

    def _list_makers(self, lot: str, before: int | None) -> list[SealedRecord]:
        return [one for one in self._records if one.kind in _MAKING and lot in one.lots and _is_before(one, before)]

    def _list_holds(self, lot: str) -> list[SealedRecord]:
        return [one for one in self._records if one.kind in _HOLDING and lot in one.lots]

    def _find_roots(self, lot: str, before: int | None) -> list[_Root]:
        """Return the decisions by which a lot was verified just before a record; none when it was not."""
        moved = [
            one.order for one in self._records if one.kind in _STOPPING and lot in one.lots and _is_before(one, before)
        ]
        last_move = max(moved, default=-1)
        own = [one for one in self._roots if one.decision.lot == lot and (before is None or one.order < before)]
        if own:
            last = max(own, key=lambda one: one.order)
            return [last] if last.decision.decision == "verified" and last.order > last_move else []
        makers = [one for one in self._list_makers(lot, before) if one.wrong_since is None]
        if len(makers) != 1 or makers[0].kind not in DERIVING or makers[0].order < last_move:
            return []
        found: list[_Root] = []
        for parent in makers[0].parents:
            roots = self._find_roots(parent, makers[0].order)
            if not roots:
                return []
            found += [one for one in roots if one not in found]
        return found

    def _has_news(self, roots: Sequence[_Root]) -> bool:
        """Say whether a treatment was entered, or declared wrong, of which the decisions could not know."""
        seen = _list_seen(roots)
        latest = max(one.order for one in roots)
        for one in self._list_treatments():
            is_seen, is_wrong = one.hash in seen, one.wrong_since is not None
            if (not is_seen and not is_wrong) or (is_seen and is_wrong and (one.wrong_since or 0) > latest):
                return True
        return False

    def _list_treatments(self) -> list[SealedRecord]:
        return [one for one in self._records if one.kind in TREATMENTS]

    def _count_treatments(self, roots: Sequence[_Root]) -> int | None:
        """Return how many treatments the decisions counted; None when one of them does not tell."""
        counts = [one.decision.treatments for one in roots if one.decision.waiting_rule]
        if len(counts) != len(roots) or None in counts:
            return None
        if len(counts) == 1:
            return counts[0]
        # Lots of one season share their treatments: each counts once.
        seen = _list_seen(roots)
        return sum(1 for one in self._list_treatments() if one.hash in seen and one.wrong_since is None)


def _list_seen(roots: Sequence[_Root]) -> frozenset[str]:
    return frozenset().union(*(one.decision.reviewed for one in roots))


def _is_before(record: SealedRecord, before: int | None) -> bool:
    return before is None or record.order < before


def _read_best_before(record: SealedRecord) -> str | None:
    ilmd = record.body.get("ilmd")
    told = record.body.get("cq:bestBeforeOn") or (ilmd.get("cq:bestBeforeOn") if isinstance(ilmd, dict) else None)
    return told if isinstance(told, str) else None


def list_contradictions(status: LotStatus, shown: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return where what the market shows of a lot is not what its entries say: a word for each, and a sentence.

    ``shown``: ``state``, ``holdReason``, ``bestBeforeOn``, ``treatments``; what is absent is not compared.
    """
    found = []
    state = str(shown.get("state", ""))
    if state != status.state and not (state in UNVERIFIED and status.state in {"recorded", "verified"}):
        found.append(("state", f"The market shows the lot as {_one_word(state)}; by its entries it is {status.state}"))
    elif status.state == "held" and "holdReason" in shown and shown["holdReason"] not in status.hold_reasons:
        found.append(("hold", "The market gives another reason for holding the lot than its entries do"))
    if "bestBeforeOn" in shown and (shown["bestBeforeOn"] or None) != status.best_before_on:
        told = status.best_before_on or "no day"
        found.append(("best-before", f"The market shows another best-before day than its entries: {told}"))
    if shown.get("treatments") is not None and shown["treatments"] != status.treatments:
        found.append(
            ("waiting", "The market says that every waiting period was kept; no signed decision on the lot says so now")
        )
    return found


def _one_word(state: str) -> str:
    return "".join(letter for letter in state if letter.isalnum() or letter == "_")[:30] or "nothing"
