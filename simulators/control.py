"""The control surface that every simulator has under ``/__sim/``: what was asked, faults, webhooks, clock."""

from flask import Blueprint, abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from simulators import faults, webhooks
from simulators.faults import Fault
from simulators.journal import body_for_reading
from simulators.simulator import Simulator, read_input
from simulators.store import Json
from simulators.webhooks import WebhookSender

_SHOWN_CALLS = 40
_FAULT_WORDS = {
    "timeout_after": "Làm xong rồi im lặng",
    "timeout_before": "Im lặng, không làm gì",
    "drop_after": "Làm xong rồi ngắt kết nối",
    "500": "Lỗi 500, không làm gì",
    "500_after": "Làm xong nhưng trả lỗi 500",
    "429": "Từ chối vì gọi quá nhiều (429)",
    "expired_token": "Báo mã truy cập hết hạn",
    "slow": "Làm xong, trả lời chậm",
}
_WEBHOOK_WORDS = {
    "duplicate": "Gửi hai lần",
    "shuffle": "Giữ lại rồi gửi ngược thứ tự",
    "drop": "Không gửi",
    "forge": "Ký bằng khóa sai",
    "stale": "Ký bằng giờ đã cũ",
    "delay": "Gửi muộn",
}


def answer(data: object, status: int = 200) -> ResponseReturnValue:
    """Answer a control call: JSON for programs, back to the page for people who used a form."""
    if request.is_json or request.method == "GET" or not request.form:
        return jsonify(data), status
    return redirect(request.referrer or ".", 303)


def add_controls(simulator: Simulator, page: str = "control.html") -> Blueprint:  # noqa: C901, PLR0915 - one list of calls
    """Add the common calls to a simulator and return the blueprint, so that it can add its own before mounting."""
    sim = Blueprint("sim", __name__, url_prefix="/__sim")

    def sender() -> WebhookSender:
        if simulator.webhooks is None:
            abort(404, "This simulator sends no webhooks.")
        return simulator.webhooks

    @sim.before_request
    def same_origin() -> None:
        """Refuse orders that a foreign page slipped into the tester's browser."""
        if is_foreign_order():
            abort(403, "Control calls come from this page or from a program.")

    @sim.errorhandler(HTTPException)
    def refused(error: HTTPException) -> ResponseReturnValue:
        return {"error": error.description}, error.code or 500

    @sim.errorhandler(ValueError)
    def senseless(error: ValueError) -> ResponseReturnValue:
        return {"error": str(error)}, 400

    @sim.get("/")
    def page_of_controls() -> ResponseReturnValue:
        calls = [
            {**call, "body": body_for_reading(call["body"]), "answer": body_for_reading(call["answer"])}
            for call in reversed(simulator.journal.read(limit=_SHOWN_CALLS))
        ]
        deliveries = [] if simulator.webhooks is None else simulator.webhooks.list_deliveries()
        return render_template(
            page, simulator=simulator, calls=calls, deliveries=deliveries[:-_SHOWN_CALLS - 1 : -1],
            operations=simulator.operations(), fault_words=_FAULT_WORDS, webhook_words=_WEBHOOK_WORDS,
        )  # fmt: skip

    @sim.get("/requests")
    def list_requests() -> ResponseReturnValue:
        limit = request.args.get("limit", 1000, int)
        return {"requests": simulator.journal.read(operation=request.args.get("operation"), limit=limit)}

    @sim.delete("/requests")
    def clear_requests() -> ResponseReturnValue:
        simulator.journal.clear()
        return {"requests": []}

    @sim.get("/operations")
    def list_operations() -> ResponseReturnValue:
        return {"operations": simulator.operations(), "faults": faults.KINDS, "webhook_faults": webhooks.KINDS}

    @sim.get("/faults")
    def list_faults() -> ResponseReturnValue:
        return {"faults": simulator.faults.list_open()}

    @sim.post("/faults")
    def order_fault() -> ResponseReturnValue:
        data = read_input()
        operation = str(data.get("operation") or faults.EVERY_OPERATION)
        if operation not in (*simulator.operations(), faults.EVERY_OPERATION):
            message = f"operation must be * or one of {', '.join(simulator.operations())}"
            raise ValueError(message)
        simulator.faults.order(
            Fault(operation, str(data.get("kind")), int(data.get("count") or 1), _seconds(data, 30.0))
        )
        return answer({"faults": simulator.faults.list_open()}, 201)

    @sim.route("/faults", methods=["DELETE"])
    @sim.post("/faults/clear")
    def clear_faults() -> ResponseReturnValue:
        simulator.faults.clear()
        return answer({"faults": []})

    @sim.get("/objects")
    def list_objects() -> ResponseReturnValue:
        with simulator.store.lock:
            return jsonify({name: simulator.store.list_rows(name) for name in simulator.store.tables()})

    @sim.get("/objects/<table>")
    def list_table(table: str) -> ResponseReturnValue:
        with simulator.store.lock:
            return jsonify({table: simulator.store.list_rows(table)})

    @sim.post("/reset")
    def reset() -> ResponseReturnValue:
        simulator.reset()
        return answer({"reset": True})

    @sim.get("/clock")
    def read_clock() -> ResponseReturnValue:
        return _clock(simulator)

    @sim.post("/clock")
    def advance_clock() -> ResponseReturnValue:
        data = read_input()
        simulator.clock.advance(float(data.get("advance_seconds") or 0) + 3600 * float(data.get("advance_hours") or 0))
        simulator.tick()
        if simulator.webhooks is not None:
            simulator.webhooks.poke()
        return answer(_clock(simulator))

    @sim.get("/webhooks")
    def list_webhooks() -> ResponseReturnValue:
        with simulator.store.lock:
            return jsonify({
                "url": sender().url, "is_paused": sender().is_paused, "faults": sender().list_faults(),
                "deliveries": sender().list_deliveries(),
            })  # fmt: skip

    @sim.post("/webhooks/target")
    def set_target() -> ResponseReturnValue:
        data = read_input()
        if not str(data.get("url", "")).startswith(("http://", "https://")):
            message = "url must begin with http:// or https://"
            raise ValueError(message)
        sender().url = str(data["url"])
        sender().poke()
        return answer({"url": sender().url})

    @sim.post("/webhooks/faults")
    def order_webhook_fault() -> ResponseReturnValue:
        data = read_input()
        sender().order_fault(str(data.get("kind")), int(data.get("count") or 1), _seconds(data, 30.0))
        return answer({"faults": sender().list_faults()}, 201)

    @sim.route("/webhooks/faults", methods=["DELETE"])
    @sim.post("/webhooks/faults/clear")
    def clear_webhook_faults() -> ResponseReturnValue:
        sender().clear_faults()
        return answer({"faults": []})

    @sim.post("/webhooks/pause")
    def pause() -> ResponseReturnValue:
        sender().is_paused = read_truth(read_input().get("paused", True))
        sender().poke()
        return answer({"is_paused": sender().is_paused})

    @sim.post("/webhooks/drain")
    def drain() -> ResponseReturnValue:
        data = read_input()
        is_idle = sender().drain(
            float(data.get("timeout_seconds") or 10), is_everything_due=read_truth(data.get("everything", False))
        )
        return answer({"is_idle": is_idle, "deliveries": sender().list_deliveries()})

    @sim.post("/webhooks/forge")
    def forge() -> ResponseReturnValue:
        body = read_input().get("body")
        if not isinstance(body, dict):
            message = "body must be the JSON object to send with a wrong secret"
            raise ValueError(message)  # noqa: TRY004 - what was sent is wrong, not the program
        return answer(sender().send(body, label="forged", is_forged=True), 201)

    @sim.post("/webhooks/<delivery_id>/resend")
    def resend(delivery_id: str) -> ResponseReturnValue:
        row = sender().resend(delivery_id)
        return answer(row, 201) if row is not None else abort(404, "No such delivery.")

    return sim


def is_foreign_order() -> bool:
    """Say whether a page of another origin sent this call."""
    origin = request.headers.get("Origin")
    return request.method not in ("GET", "HEAD") and bool(origin) and origin != request.host_url.rstrip("/")


def _clock(simulator: Simulator) -> Json:
    clock = simulator.clock
    return {"now": clock.now().isoformat(), "offset_seconds": clock.offset_s, "local": clock.local_text(clock.epoch())}


def _seconds(data: Json, default: float) -> float:
    value = data.get("seconds")
    return default if value in (None, "") else float(str(value))


def read_truth(value: object) -> bool:
    """Read a yes or no from JSON or from a form."""
    return value in (True, 1, "1", "true", "on", "yes")
