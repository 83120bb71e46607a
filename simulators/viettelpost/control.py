"""What only this carrier's control surface has: moving parcels, scripts, tokens, parcels that move by themselves."""

from typing import TYPE_CHECKING

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from simulators.control import add_controls, answer, read_truth
from simulators.simulator import read_input
from simulators.store import Json
from simulators.viettelpost import states
from simulators.viettelpost.states import Step

if TYPE_CHECKING:
    from simulators.viettelpost.carrier import ViettelPostSimulator

_MAX_STEPS = 50


def build(carrier: "ViettelPostSimulator") -> Blueprint:  # noqa: C901 - a list of small handlers
    """Return the control surface of this simulator."""
    sim = add_controls(carrier, "viettelpost/control.html")

    def parcel_or_404(key: str) -> Json:
        parcel = carrier.parcels.find_any(key)
        return parcel if parcel is not None else abort(404, "No parcel has this waybill or reference.")

    @sim.context_processor
    def words() -> Json:
        """Give the page the names of states and journeys."""
        return {
            "states": states.NAMES, "reasons": states.REASONS, "final_states": states.FINAL,
            "scripts": {name: title for name, (title, _steps) in states.SCRIPTS.items()},
        }  # fmt: skip

    @sim.get("/parcels")
    def list_parcels() -> ResponseReturnValue:
        parcels = carrier.parcels.list_all(request.args.get("reference"))
        return {"parcels": [show(parcel) for parcel in parcels], "count": len(parcels)}

    @sim.get("/parcels/<key>")
    def show_parcel(key: str) -> ResponseReturnValue:
        return show(parcel_or_404(key))

    @sim.post("/parcels/<key>/step")
    def step(key: str) -> ResponseReturnValue:
        parcel = parcel_or_404(key)
        for _ in range(min(int(read_input().get("steps") or 1), _MAX_STEPS)):
            if not carrier.parcels.step(parcel):
                break
        return answer(show(parcel))

    @sim.post("/parcels/<key>/run")
    def run(key: str) -> ResponseReturnValue:
        """Send the parcel on a journey: to its end, to the state ``until``, or only set it with ``start: false``."""
        data = read_input()
        parcel = parcel_or_404(key)
        carrier.parcels.send_on(parcel, str(data.get("script") or "happy"))
        if not read_truth(data.get("start", True)):
            return answer(show(parcel))
        until = int(data["until"]) if data.get("until") else None
        while parcel["status"] != until and carrier.parcels.step(parcel):
            pass
        return answer(show(parcel))

    @sim.post("/parcels/<key>/status")
    def enter(key: str) -> ResponseReturnValue:
        """Put the parcel into any state; ``surplus`` or ``forge`` only send the webhook and change nothing."""
        data = read_input()
        parcel = parcel_or_404(key)
        reason = int(data["reason"]) if data.get("reason") else None
        is_returning = read_truth(data.get("is_returning", parcel["is_returning"]))
        wanted = Step(int(data.get("status") or 0), reason, is_returning)
        is_forged = read_truth(data.get("forge", False))
        if is_forged or read_truth(data.get("surplus", False)):
            carrier.parcels.tell(parcel, wanted, is_forged=is_forged)
        else:
            carrier.parcels.enter(parcel, wanted)
        return answer(show(parcel))

    @sim.post("/automatic")
    def automatic() -> ResponseReturnValue:
        data = read_input()
        is_on = read_truth(data.get("enabled", True))
        seconds = float(data.get("seconds") or 20)
        if not 1 <= seconds <= 86_400:
            message = "seconds must lie between 1 and 86400"
            raise ValueError(message)
        carrier.automatic_s = seconds if is_on else 0.0
        return answer({"enabled": is_on, "seconds": carrier.automatic_s})

    @sim.get("/automatic")
    def read_automatic() -> ResponseReturnValue:
        return {"enabled": carrier.automatic_s > 0, "seconds": carrier.automatic_s}

    @sim.post("/tokens/expire")
    def expire() -> ResponseReturnValue:
        carrier.tokens.expire_all()
        return answer({"expired": True})

    @sim.post("/secret")
    def set_secret() -> ResponseReturnValue:
        """Change the webhook secret, and whether the header Authorization carries it too."""
        data = read_input()
        carrier.webhook_secret = str(data.get("secret") or carrier.webhook_secret)
        carrier.has_authorization_header = read_truth(data.get("header", carrier.has_authorization_header))
        return answer({"header": carrier.has_authorization_header})

    return sim


def show(parcel: Json) -> Json:
    """Return a parcel for a control call, with the name of its state and what lies ahead."""
    return {
        **{key: value for key, value in parcel.items() if key not in ("is_deleted", "stamp")},
        "status_name": states.NAMES.get(parcel["status"], ""), "is_final": parcel["status"] in states.FINAL,
    }  # fmt: skip
