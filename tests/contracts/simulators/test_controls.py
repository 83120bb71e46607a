"""The tester's side: webhooks that go wrong, the clock, the journal, pages, restarts, the process itself."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from tests.factories.simulators import Receiver, World, receiver, running_simulators

NAMES = ("viettelpost", "stripe", "sepay", "mail")


def transfer(world: World, *contents: str) -> None:
    for content in contents:
        world.order("sepay", "transfers", amount=50_000, content=content)


def arrived(taker: Receiver) -> list[str]:
    return [json.loads(call.body)["description"].removeprefix("BankAPINotify ") for call in taker.calls]


@pytest.mark.parametrize(
    ("kind", "count", "expected"),
    [
        ("duplicate", 1, ["A", "A", "B", "C"]),
        ("drop", 2, ["C"]),
        ("shuffle", 3, ["C", "B", "A"]),
        ("shuffle", 2, ["B", "A", "C"]),
    ],
)
def test_accidents_on_the_way(world: World, taker: Receiver, kind: str, count: int, expected: list[str]):
    world.order("sepay", "webhooks/pause", paused=True)
    world.order("sepay", "webhooks/faults", kind=kind, count=count)
    transfer(world, "A", "B", "C")
    assert taker.calls == []
    world.order("sepay", "webhooks/pause", paused=False)
    assert world.settle("sepay")
    assert arrived(taker) == expected
    assert world.get("sepay", "webhooks")["faults"] == []


def test_what_a_shuffle_still_holds_is_let_go_when_the_order_is_withdrawn(world: World, taker: Receiver):
    world.order("sepay", "webhooks/faults", kind="shuffle", count=5)
    transfer(world, "A", "B")
    assert world.settle("sepay")
    assert taker.calls == []
    world.http.delete("/sepay/__sim/webhooks/faults").raise_for_status()
    assert world.settle("sepay")
    assert arrived(taker) == ["B", "A"]


def test_a_delayed_message_is_overtaken(world: World, taker: Receiver):
    world.order("sepay", "webhooks/faults", kind="delay", seconds=600)
    transfer(world, "A", "B")
    assert world.settle("sepay")
    assert arrived(taker) == ["B"]
    world.order("sepay", "clock", advance_seconds=601)
    assert world.settle("sepay")
    assert arrived(taker) == ["B", "A"]


def test_a_message_can_be_sent_once_more(world: World, taker: Receiver):
    transfer(world, "A")
    assert world.settle("sepay")
    (delivery,) = world.deliveries("sepay")
    world.order("sepay", f"webhooks/{delivery['id']}/resend")
    assert world.settle("sepay")
    assert [call.body for call in taker.calls] == [taker.calls[0].body] * 2
    assert world.http.post("/sepay/__sim/webhooks/999/resend", json={}).status_code == 404


def test_anything_can_be_forged(world: World, taker: Receiver):
    world.order("sepay", "webhooks/forge", body={"id": 1, "transferType": "in"})
    assert world.settle("sepay")
    assert json.loads(taker.calls[0].body) == {"id": 1, "transferType": "in"}
    assert taker.calls[0].headers["Authorization"] != f"Apikey {world.env['SEPAY_API_KEY']}"
    taker.answer = (401, b"")
    world.order("sepay", "webhooks/forge", body={"id": 2})
    assert world.settle("sepay")
    assert (world.deliveries("sepay")[-1]["state"], len(taker.calls)) == ("gave_up", 2)


def test_a_redirect_is_no_receipt(world: World, taker: Receiver):
    taker.answers.append((302, b""))
    transfer(world, "A")
    assert world.settle("sepay", everything=True)
    assert world.settle("sepay", everything=True)
    (delivery,) = world.deliveries("sepay")
    assert [attempt["status"] for attempt in delivery["attempts"]] == [302, 200]


def test_nobody_listens(world: World, taker: Receiver):
    world.order("sepay", "webhooks/target", url="http://127.0.0.1:9/webhooks/sepay")
    transfer(world, "A")
    world.settle("sepay")
    world.order("sepay", "webhooks/target", url=f"{taker.url}/webhooks/sepay")
    assert world.settle("sepay", everything=True)
    (delivery,) = world.deliveries("sepay")
    assert (delivery["attempts"][0]["status"], delivery["state"]) == (None, "delivered")


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("faults", {"operation": "*", "kind": "earthquake"}),
        ("faults", {"operation": "flyToTheMoon", "kind": "500"}),
        ("faults", {"kind": "500", "count": -1}),
        ("faults", {"kind": "500", "seconds": 9999}),
        ("webhooks/faults", {"kind": "earthquake"}),
        ("webhooks/target", {"url": "file:///etc/passwd"}),
        ("webhooks/forge", {"body": "text"}),
        ("clock", {"advance_seconds": -1}),
        ("clock", {"advance_hours": "soon"}),
    ],
)
def test_nonsense_is_refused_with_a_reason(world: World, path: str, data: dict[str, object]):
    answer = world.http.post(f"/sepay/__sim/{path}", json=data)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert world.get("sepay", "faults")["faults"] == []


def test_a_page_of_another_origin_gives_no_orders(world: World):
    for path in ("/sepay/__sim/transfers", "/sepay/__sim/reset", "/__sim/reset"):
        answer = world.http.post(path, json={"amount": 1, "content": "x"}, headers={"Origin": "http://la.example"})
        assert answer.status_code == 403
    assert world.get("sepay", "transfers")["transfers"] == []
    own = world.http.post("/sepay/__sim/reset", json={}, headers={"Origin": world.url})
    assert own.status_code == 200


def test_the_clock_is_one_for_all_and_never_goes_back(world: World):
    before = world.get("stripe", "clock")
    world.order("viettelpost", "clock", advance_hours=2)
    after = world.get("stripe", "clock")
    assert after["offset_seconds"] == before["offset_seconds"] + 7200
    assert after["now"] > before["now"]


def test_the_journal_tells_what_was_asked_and_hides_secrets(world: World):
    login = {"USERNAME": world.env["VIETTELPOST_USERNAME"], "PASSWORD": world.env["VIETTELPOST_PASSWORD"]}
    token = world.http.post("/viettelpost/v2/user/Login", json=login).json()["data"]["token"]
    world.http.post("/viettelpost/v2/categories/listService", json={"TYPE": 2}, headers={"Token": token})
    calls = world.get("viettelpost", "requests")["requests"]
    assert [call["operation"] for call in calls] == ["Login", "listService"]
    assert [call["operation"] for call in world.get("viettelpost", "requests", operation="Login")["requests"]] == [
        "Login"
    ]
    text = json.dumps(calls)
    assert login["PASSWORD"] not in text
    assert token not in text
    assert login["USERNAME"] in text
    world.http.delete("/viettelpost/__sim/requests")
    assert world.get("viettelpost", "requests")["requests"] == []


def test_an_open_fault_is_listed_used_up_and_withdrawn(world: World):
    world.order("viettelpost", "faults", operation="listProvinceById", kind="500", count=2)
    path = "/viettelpost/v2/categories/listProvinceById?provinceId=-1"
    assert world.http.get("/viettelpost/v3/categories/listProvinceNew").status_code == 200
    assert world.http.get(path).status_code == 500
    assert world.get("viettelpost", "faults")["faults"] == [
        {"operation": "listProvinceById", "kind": "500", "count": 1, "seconds": 30.0}
    ]
    world.http.delete("/viettelpost/__sim/faults")
    assert world.http.get(path).status_code == 200


def test_pages_for_people_work_while_the_rest_fails(world: World):
    for name in ("sepay", "mail"):
        world.order(name, "faults", kind="500", count=5)
        assert world.http.get(f"/{name}/").status_code == 200
        assert world.get(name, "requests")["requests"] == []
    assert world.letters() == []
    assert world.http.get("/sepay/userapi/transactions/list").status_code == 500
    assert world.get("sepay", "operations")["operations"] == ["list_transactions"]
    assert world.get("mail", "operations")["operations"] == ["smtp"]


@pytest.mark.parametrize("name", NAMES)
def test_every_page_is_in_vietnamese_loads_nothing_foreign_and_has_its_forms(world: World, name: str):
    page = world.http.get(f"/{name}/__sim/")
    assert page.status_code == 200
    assert '<html lang="vi">' in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for address in re.findall(r'(?:src|href|action)="([^"]*)"', page.text):
        assert address.startswith(("/", "data:,")), address
    for action in set(re.findall(r'<form[^>]*action="([^"]*)"', page.text)):
        assert world.http.get(action).status_code in (200, 404, 405), action
    assert world.http.get(f"/__sim/{name}", follow_redirects=True).status_code == 200


def test_forms_lead_back_to_their_page(world: World):
    answer = world.http.post(
        "/sepay/__sim/faults",
        data={"operation": "*", "kind": "500", "count": "1", "seconds": "30"},
        headers={"Referer": f"{world.url}/sepay/__sim/"},
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{world.url}/sepay/__sim/")
    assert "Lỗi 500, không làm gì, còn 1 lần" in world.http.get("/sepay/__sim/").text


def test_the_front_page_leads_everywhere(world: World):
    page = world.http.get("/").text
    for address in set(re.findall(r'href="(/[^"]*)"', page)):
        assert world.http.get(address, follow_redirects=True).status_code == 200, address
    assert world.http.get("/__sim/nobody").status_code == 404
    assert world.http.post("/__sim/reset", json={}).json() == {"reset": True}


def test_everything_survives_a_restart(tmp_path: Path):
    with running_simulators(tmp_path) as world:
        headers = {"Authorization": f"Bearer {world.env['STRIPE_SECRET_KEY']}", "Idempotency-Key": "mot"}
        form = {"amount": "50000", "currency": "vnd"}
        intent = world.http.post("/stripe/v1/payment_intents", data=form, headers=headers).json()
        transfer(world, "A")
        world.order("viettelpost", "automatic", enabled=True, seconds=3600)
        world.order("stripe", "clock", advance_hours=5)
    with running_simulators(tmp_path) as world, receiver() as taker:
        assert world.get("stripe", "clock")["offset_seconds"] == 5 * 3600
        assert world.get("viettelpost", "automatic") == {"enabled": True, "seconds": 3600.0}
        again = world.http.post("/stripe/v1/payment_intents", data=form, headers=headers)
        assert (again.json()["id"], again.headers["Idempotent-Replayed"]) == (intent["id"], "true")
        # What nobody had taken yet is sent now, and numbers go on.
        world.webhooks_to(taker.url)
        assert world.settle("sepay")
        transfer(world, "B")
        assert world.settle("sepay")
        assert arrived(Receiver(calls=[call for call in taker.calls if "sepay" in call.path])) == ["A", "B"]
        numbers = [row["id"] for row in world.get("sepay", "transfers")["transfers"]]
        assert all(one < next_ for one, next_ in pairwise(numbers))


@pytest.mark.parametrize("text", ["{", "[1]", '{"version": 999}'])
def test_a_state_that_cannot_be_read_is_no_reason_to_stay_down(tmp_path: Path, text: str):
    (tmp_path / "simulators.json").write_text(text, "utf-8")
    with running_simulators(tmp_path) as world:
        assert world.http.get("/healthz").json()["status"] == "ok"
        transfer(world, "A")
    saved = json.loads((tmp_path / "simulators.json").read_text("utf-8"))
    assert [row["transferAmount"] for row in saved["simulators"]["sepay"]["transactions"].values()] == [50_000]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def start(tmp_path: Path, port: int, smtp_port: int) -> "subprocess.Popen[str]":
    env = {**os.environ, "SIMULATORS_PORT": str(port), "SMTP_PORT": str(smtp_port),
           "SIMULATORS_STATE": str(tmp_path / "state.json"), "MALLOC_ARENA_MAX": "2"}  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "simulators"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_process_comes_up_stays_small_and_goes_away_when_asked(tmp_path: Path):
    port, smtp_port = free_port(), free_port()
    process = start(tmp_path, port, smtp_port)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"simulators: http://127.0.0.1:{port}/ (SMTP 127.0.0.1:{smtp_port})\n"
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as http:
            assert http.get("/healthz").json() == {"status": "ok", "smtp_port": smtp_port}
            for name in NAMES:
                assert http.get(f"/{name}/__sim/").status_code == 200
            assert http.get("/viettelpost/v3/categories/listWardsNew?provinceId=1").status_code == 200
            for number in range(60):
                data = {"amount": 50_000, "content": f"CQ{number}"}
                assert http.post("/sepay/__sim/transfers", json=data).status_code == 201
        status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
        resident_kb = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])  # type: ignore[index]
        assert resident_kb < 70_000
        second = start(tmp_path, port, free_port())
        assert second.wait(timeout=30) == 1
        assert "Address already in use" in second.communicate()[1]
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        process.communicate()
    assert json.loads((tmp_path / "state.json").read_text("utf-8"))["simulators"]["sepay"]["transactions"]
