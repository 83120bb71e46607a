"""Proof files, whole and false, with what each checker has to say: the same ones for Python and for the browser.

``python -m tests.factories.lot_proofs`` writes them anew; all keys are made from fixed seeds.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.factories.transparency import (
    HOUSEHOLD,
    LOT,
    OFFICE,
    OFFICER,
    ORIGIN,
    PHOTO,
    Entry,
    MarketLog,
    make_market_log,
)
from traceability.rules.leaf import ChainLink
from transparency.note import Signer

VECTORS = Path(__file__).parents[1] / "data" / "lot_proofs.json"
#: Name of a case -> how the log goes on, the browser's word (empty: all holds), and a part of Python's sentence.
Case = tuple[Callable[[MarketLog], object], str, str]
_FRESH = "cd" * 32
_SOMEBODY = "01JDXV6N1P3Z4Y5X6W7V8T9S0Z"


def _again(**changes: Any) -> Callable[[MarketLog], object]:
    """Decide once more, with something in the signed statement that the record does not say."""
    return lambda log: log.verify(log.entries[1:4], key=log.officer, **changes)


def _verify_own(log: MarketLog) -> None:
    own = log.add_record({"cq:kind": "tending", "cq:lot": LOT}, actor=OFFICER)
    log.verify([*log.entries[1:4], own], key=log.officer)


def _verify_too_late(log: MarketLog) -> None:
    log.announce(log.officer, by=log.office, action="revoke")
    log.verify(log.entries[1:4], key=log.officer)


def _backdate_decision(log: MarketLog) -> None:
    log.verify(log.entries[1:4], key=log.officer)
    told = json.loads(log.entries.pop().content)
    log.now -= timedelta(days=2)
    log.add(told, kind="verification", actor=OFFICER, key=log.officer)


def _enter_for_another(log: MarketLog) -> None:
    """Another person than the one who signs enters the decision."""
    log.verify(log.entries[1:4], key=log.officer)
    told, record = json.loads(log.entries.pop().content), log.entries.pop()
    log.records -= 1
    log.add_record({**json.loads(record.content), "cq:note": "x"}, actor=HOUSEHOLD)
    told["record"] = json.loads(log.entries[-1].leaf)["contentHash"]
    log.add(told, kind="verification", actor=OFFICER, key=log.officer)


def _correct(log: MarketLog) -> None:
    wrong = bytes.fromhex(json.loads(log.entries[2].leaf)["contentHash"])
    log.add_record({"cq:kind": "declaration"}, kind="error-declaration", corrects=wrong)


_HOME = {"code": "HYPSH1EH", "name": "Nhà ông Thành", "hamlet": "Thôn 1", "commune": "Xã Tân Ninh"}
_PAPER = {"household": HOUSEHOLD, "kind": "vietgap", "number": "VG-1", "issuer": "Chi cục", "issuedOn": "2026-01-05"}


def _split(log: MarketLog) -> None:
    """Another lot was harvested, and ours is a part of it: no record names it alone."""
    log.entries.clear()
    log.records = 0
    log.add({"type": "policy", "origin": ORIGIN}, kind="policy")
    log.add_record({"cq:kind": "harvest", "cq:lot": "TN2611-0000"})
    log.add_record({"cq:kind": "split", "cq:lots": ["TN2611-0000", LOT]})
    log.tell(_HOME)


def _lose_for_another(log: MarketLog) -> None:
    """Another household writes down a loss of our lot, and is told of as its maker."""
    log.add_record({"cq:kind": "loss", "cq:lot": LOT}, chain=ChainLink(_SOMEBODY, 1, bytes(32)))
    log.tell(_HOME, name=_SOMEBODY)


def _tell_twice(log: MarketLog) -> None:
    log.tell({**_HOME, "name": "Nhà bà Thành"})
    log.tell(_HOME)


def _spoil_salt(log: MarketLog) -> None:
    log.tell(_HOME).opened = {"content": "{}", "salt": "0G"}


def _tell_all(log: MarketLog) -> None:
    log.tell(_HOME)
    log.tell(_PAPER, subject="certificate", name=_SOMEBODY, status="verified")


_PARENT, _OTHER = "TN2611-0000", "TN2611-0002"
_FACTS = {"treatments": 1, "waiting_rule": "waiting-period/1"}
_DAY = "2026-12-03"


def _show(state: str = "verified", **shown: Any) -> Callable[[MarketLog], None]:
    """Let the market show the lot so."""

    def go_on(log: MarketLog) -> None:
        log.shown = {"state": state, "holdReason": None, "bestBeforeOn": None, "treatments": None, "roles": {}, **shown}

    return go_on


def _then(*steps: Callable[[MarketLog], object]) -> Callable[[MarketLog], None]:
    def go_on(log: MarketLog) -> None:
        for step in steps:
            step(log)

    return go_on


def _begin_anew(log: MarketLog) -> None:
    """A log in which nobody has verified anything yet, with a lot from which ours may come."""
    log.entries.clear()
    log.records = 0
    log.add({"type": "policy", "origin": ORIGIN}, kind="policy")
    log.add_record({"cq:kind": "spraying", "cq:photos": [PHOTO]})
    log.add_record({"cq:kind": "harvest", "cq:lot": _PARENT, "ilmd": {"cq:bestBeforeOn": _DAY}})
    log.announce(log.officer, by=log.office)


def _verify_parent(log: MarketLog) -> None:
    log.verify(log.entries[1:3], key=log.officer, lot=_PARENT, **_FACTS)


def _pack(log: MarketLog) -> None:
    log.derive("packing", (_PARENT,), ilmd={"cq:bestBeforeOn": _DAY})


def _merge_with_unverified(log: MarketLog) -> None:
    log.add_record({"cq:kind": "harvest", "cq:lot": _OTHER})
    log.derive("merge", (_PARENT, _OTHER))


def _verify_with_facts(log: MarketLog) -> None:
    log.verify(log.entries[1:4], key=log.officer, **_FACTS)


def _spray_again(log: MarketLog) -> None:
    log.add_record({"cq:kind": "spraying", "cq:photos": []})


def _withdraw_spray(log: MarketLog) -> None:
    wrong = bytes.fromhex(json.loads(log.entries[2].leaf)["contentHash"])
    log.add_record({"cq:kind": "declaration"}, kind="error-declaration", corrects=wrong)


def _show_role(role: str) -> Callable[[MarketLog], None]:
    def go_on(log: MarketLog) -> None:
        entry = log.add_record({"cq:kind": "tending", "cq:enteredRole": "helper"})
        _show(roles={json.loads(entry.leaf)["contentHash"]: role})(log)

    return go_on


def _erase(log: MarketLog) -> None:
    log.erase(log.tell(_HOME), key=log.office)


def _forget_salt(log: MarketLog) -> None:
    log.tell(_HOME).opened = None


def _forget_newest_salt(log: MarketLog) -> None:
    log.tell({**_HOME, "name": "Nhà bà Thành"})
    _forget_salt(log)


_PARENTS = _then(_begin_anew, _verify_parent, _pack)
_KEPT = _then(_verify_with_facts, _show(treatments=1))
_UNSAID = "no signed decision on the lot says so now"

#: What the market shows of a lot, against the lot's entries.
SHOWN: dict[str, Case] = {
    "shown as verified, and signed": (_show(), "", ""),
    "shown as less than signed": (_show("recorded"), "", ""),
    "shown as verified by nobody": (
        _then(_begin_anew, _pack, _show(bestBeforeOn=_DAY)), "state", "as verified; by its entries it is recorded",
    ),
    "shown as waiting": (_then(_begin_anew, _pack, _show("awaiting_verification", bestBeforeOn=_DAY)), "", ""),
    "packs of a verified lot": (_then(_PARENTS, _show(bestBeforeOn=_DAY, treatments=1)), "", ""),
    "part of a verified lot": (
        _then(_begin_anew, _verify_parent, lambda log: log.derive("split", (_PARENT,)), _show(bestBeforeOn=_DAY)), "", "",  # noqa: E501 - a row of the table
    ),
    "packed before it was verified": (
        _then(_begin_anew, _pack, _verify_parent, _show(bestBeforeOn=_DAY)), "state", "by its entries it is recorded",
    ),
    "mixed with a lot of nobody": (
        _then(_begin_anew, _verify_parent, _merge_with_unverified, _show(bestBeforeOn=_DAY)),
        "state", "by its entries it is recorded",
    ),
    "packed of a lot that was held": (
        _then(_begin_anew, _verify_parent, lambda log: log.hold(lots=(_PARENT,)), _pack, _show(bestBeforeOn=_DAY)),
        "state", "by its entries it is recorded",
    ),
    "verified by a decision that was sent back": (
        _then(lambda log: log.verify(log.entries[1:4], key=log.officer, result="sent_back"), _show()),
        "state", "by its entries it is recorded",
    ),
    "held and shown so": (_then(lambda log: log.hold(), _show("held", holdReason="Còn cách ly")), "", ""),
    "held for no reason": (_then(lambda log: log.hold(), _show("held")), "hold", "another reason for holding"),
    "held and shown as verified": (_then(lambda log: log.hold(), _show()), "state", "by its entries it is held"),
    "held by no entry": (_show("held", holdReason="x"), "state", "as held; by its entries it is verified"),
    "let go and shown as verified": (
        _then(lambda log: log.hold(), lambda log: log.hold("released"), _show()), "state", "by its entries it is recorded",  # noqa: E501 - a row of the table
    ),
    "let go": (_then(lambda log: log.hold(), lambda log: log.hold("released"), _show("recorded")), "", ""),
    "let go and verified anew": (
        _then(lambda log: log.hold(), lambda log: log.hold("released"), _again(), _show()), "", "",
    ),
    "recalled and shown as verified": (
        _then(lambda log: log.recall(key=log.officer), _show()), "state", "by its entries it is recalled",
    ),
    "recalled and shown so": (_then(lambda log: log.recall(key=log.officer), _show("recalled")), "", ""),
    "recalled by nobody": (_show("recalled"), "state", "as recalled; by its entries it is verified"),
    "another day": (_show(bestBeforeOn="2027-12-31"), "best-before", "another best-before day than its entries: no day"),  # noqa: E501 - a row of the table
    "a day that was added": (
        _then(lambda log: log.add_record({"cq:kind": "details", "cq:lot": LOT, "cq:bestBeforeOn": _DAY}),
              _show(bestBeforeOn=_DAY)), "", "",
    ),
    "a day that was moved": (
        _then(_PARENTS, _show(bestBeforeOn="2027-12-31")), "best-before", f"another best-before day than its entries: {_DAY}",  # noqa: E501 - a row of the table
    ),
    "the role in which it was entered": (_show_role("helper"), "", ""),
    "another role": (_show_role("household"), "role", "another role of who entered it"),
    "waiting periods kept": (_KEPT, "", ""),
    "waiting periods that nobody signed": (_show(treatments=1), "waiting", _UNSAID),
    "waiting periods of another number": (_then(_verify_with_facts, _show(treatments=0)), "waiting", _UNSAID),
    "waiting periods and a later treatment": (_then(_KEPT, _spray_again), "waiting", _UNSAID),
    "waiting periods and a treatment taken back": (_then(_KEPT, _withdraw_spray), "waiting", _UNSAID),
    "shown in no known way": (lambda log: setattr(log, "shown", "x"), "shown", "cannot be read"),
    "verified for a lot that it does not come from": (
        lambda log: log.verify(log.entries[1:4], key=log.officer, lot=_OTHER), "decision", "is of another lot",
    ),
    "erased": (_erase, "", ""),
    "salt destroyed without an erasure": (_forget_salt, "unopened", "no signed erasure says that it was destroyed"),
    "salt of the newest version destroyed": (_forget_newest_salt, "unopened", "no signed erasure says"),
}  # fmt: skip

CASES: dict[str, Case] = {
    "whole": (lambda log: None, "", ""),
    "corrected": (_correct, "", ""),
    "recalled": (lambda log: log.recall(key=log.officer), "", ""),
    "revoked afterwards": (lambda log: log.announce(log.officer, by=log.office, action="revoke"), "", ""),
    "told by the household": (_tell_all, "", ""),
    "told of a part of a lot": (_split, "", ""),
    "told in two versions": (_tell_twice, "", ""),
    "told by who lost some": (_lose_for_another, "other-household", "another household than the one that made the lot"),
    "told as a list": (lambda log: log.tell(["x"]), "opened", "cannot be read"),
    "told with a number for a name": (lambda log: log.tell({**_HOME, "name": 7}), "opened", "cannot be read"),
    "told with a salt that is none": (_spoil_salt, "opened", "cannot be read"),
    "papers of a list": (
        lambda log: log.tell({**_PAPER, "household": [HOUSEHOLD]}, subject="certificate", name=_SOMEBODY),
        "opened",
        "cannot be read",
    ),
    "told otherwise than logged": (
        lambda log: log.tell(_HOME, shown={**_HOME, "name": "Nhà ông Sơn"}),
        "opened",
        "what the file tells of the household is not what was logged",
    ),
    "told by another household": (
        lambda log: log.tell(_HOME, name=_SOMEBODY),
        "other-household",
        "it is about another household than the one that made the lot",
    ),
    "papers of another household": (
        lambda log: log.tell({**_PAPER, "household": _SOMEBODY}, subject="certificate", name=_SOMEBODY),
        "other-household",
        "it is about another household than the one that made the lot",
    ),
    "own record verified": (_verify_own, "four-eyes", "the officer verified what he or she had entered"),
    "sent back, recorded as verified": (_again(decision="sent_back"), "decision", "is not what the record in entry 7"),
    "another title": (_again(officer_title="Chủ tịch xã"), "decision", "is not what the record in entry 7"),
    "another record": (_again(record=bytes(32)), "decision", "that are not in the file"),
    "a photo that no record holds": (_again(photos=[_FRESH]), "decision", "a photo that no record holds"),
    "another officer": (_again(officer=_SOMEBODY), "decision", "names another officer than signed it"),
    "another person's record": (_enter_for_another, "decision", "names another officer than entered it"),
    "another time": (_backdate_decision, "order", "it was backdated"),
    "a record left out": (
        lambda log: log.verify([*log.entries[1:4], Entry(b"", b"gone")], key=log.officer),
        "hidden",
        "that are not in the file",
    ),
    "key revoked before": (_verify_too_late, "revoked-key", "signed by a key that had been revoked"),
    "recall without a signature": (lambda log: log.recall(key=None), "unsigned", "nobody has signed this recall"),
    "recall by the office": (
        lambda log: log.recall(key=log.office, actor=OFFICE, officer=OFFICE),
        "foreign-key",
        "the office cannot recall a lot",
    ),
    "recall in another officer's name": (
        lambda log: log.recall(key=log.officer, officer=_SOMEBODY),
        "recall",
        "this recall names another officer than signed it",
    ),
}


def make_vectors() -> list[dict[str, Any]]:
    """Return every case with its proof file."""
    made = []
    for name, (go_on, code, sentence) in (CASES | SHOWN).items():
        keys = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2)]
        log = make_market_log(signer=Signer(ORIGIN, bytes([3]) * 32), office=keys[0], officer=keys[1])
        go_on(log)
        made.append({"name": name, "code": code, "sentence": sentence, "bundle": log.bundle()})
    return made


def spell_vectors() -> str:
    """Return the file's text."""
    return json.dumps(make_vectors(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    VECTORS.write_text(spell_vectors(), "utf-8")
