"""The page of a lot remembers the log between visits; and says what is new, old or cannot be checked."""

import base64
import json
import re
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.journeys.conftest import PHONE
from tests.journeys.lot_page import (
    flip_content,
    fork,
    grow,
    hide,
    lie,
    lie_in_page,
    lie_in_proof,
    look,
    outcome,
    read_bundle,
    read_size,
    serve_fork,
    wait,
)
from transparency.entries import name_key
from transparency.merkle import consistency_proof, hash_leaf, read_from
from transparency.note import COSIGNATURE, Signer, new_signer, split_note


@pytest.fixture
def log_key(market) -> Signer:
    return Signer.from_text((market.stack.data_dir / "keys" / "log.key").read_text("utf-8").strip())


def test_a_log_that_grew_is_proved_to_continue_what_was_seen(someone, buyer, lot, market):
    size = read_size(market)
    look(buyer, lot)
    grow(someone, market)
    found = look(buyer, lot)
    assert found.state == "ok"
    assert re.search(rf"Sổ nối tiếp đúng mốc {size:,} mục".replace(",", r"\."), found.lines)
    kept = buyer.page.evaluate('JSON.parse(localStorage.getItem("so-minh-bach"))')
    assert kept["size"] > size


def test_a_log_that_was_rolled_back_is_noticed(someone, buyer, lot, market):
    old = read_bundle(market, lot)
    grow(someone, market)
    look(buyer, lot)
    lie_in_proof(buyer, lambda _: old)
    lie(buyer, r"/log/checkpoint$", lambda _: old["checkpoint"])
    found = look(buyer, lot)
    assert found.state == "bad"
    assert "Sổ bị lùi lại" in found.alarm
    # It remembers what it saw, not what it was shown then.
    assert buyer.page.evaluate('JSON.parse(localStorage.getItem("so-minh-bach")).size') > int(
        old["checkpoint"].split("\n")[1]
    )


def test_an_older_proof_file_of_the_same_log_is_no_lie(someone, buyer, lot, market):
    """A cache may hold the file for a moment longer: then the newest checkpoint continues it."""
    old = read_bundle(market, lot)
    grow(someone, market)
    look(buyer, lot)
    lie_in_proof(buyer, lambda _: old)
    found = look(buyer, lot)
    assert (found.state, found.alarm) == ("ok", "")


@pytest.mark.parametrize("more", [0, 3], ids=["same size", "longer"])
def test_a_history_rewritten_with_the_logs_own_key_is_noticed(buyer, lot, market, log_key, more):
    look(buyer, lot)
    honest = read_bundle(market, lot)
    size = int(honest["checkpoint"].split("\n")[1])
    forked = fork(honest, log_key, size=size + more)
    serve_fork(buyer, forked)
    leaves = [hash_leaf(b"x%d" % number) for number in range(size + more)]
    proof = [base64.b64encode(one).decode() for one in consistency_proof(size, size + more, read_from(leaves))]
    told = {"old": size, "new": size + more, "hashes": proof}
    buyer.page.route(re.compile(r"/log/proof/consistency"), lambda route: route.fulfill(json=told))
    found = look(buyer, lot)
    assert found.state == "bad"
    assert "Sổ hôm nay không nối tiếp sổ đã thấy trước đây: sổ đã bị viết lại." in found.alarm
    assert found.bad == []
    # Who is here for the first time sees nothing of it, which is what the page says of itself without witnesses.
    buyer.page.evaluate("localStorage.clear()")
    again = look(buyer, lot)
    assert (again.state, again.alarm) == ("ok", "")
    assert "chỉ ai còn giữ một mốc cũ mới phát hiện được" in again.lines


def test_a_market_that_proves_no_continuation_is_told_so(buyer, lot, market, log_key):
    look(buyer, lot)
    honest = read_bundle(market, lot)
    serve_fork(buyer, fork(honest, log_key, size=int(honest["checkpoint"].split("\n")[1]) + 1))
    found = look(buyer, lot)
    assert "Chợ không chứng minh được rằng sổ hôm nay nối tiếp" in found.alarm
    buyer.complaints.clear()


def test_another_key_is_another_log_until_somebody_says_otherwise(buyer, lot, market):
    look(buyer, lot)
    honest = read_bundle(market, lot)
    serve_fork(buyer, fork(honest, new_signer(honest["log"]["origin"]), size=len(honest["entries"])))
    found = look(buyer, lot)
    assert "Đây là một cuốn sổ khác, hoặc sổ đã đổi khóa" in found.alarm
    assert look(buyer, lot).state == "bad"
    buyer.page.get_by_role("button", name="Tôi đã hỏi rõ, hãy nhớ sổ mới").click()
    buyer.page.locator("[data-check-alarm]").wait_for(state="detached")
    assert wait(buyer).state == "ok"
    assert buyer.page.get_by_role("button", name="Tôi đã hỏi rõ").is_hidden()


@pytest.mark.parametrize("is_named", [False, True], ids=["under the officer's name", "under another key's name"])
def test_a_decision_signed_by_a_stranger_is_a_mismatch(buyer, lot, market, log_key, is_named):
    """The log's own key is in wrong hands, and yet nobody can sign for the officer."""
    stranger = Ed25519PrivateKey.generate()

    def sign(entries: list[Any]) -> None:
        for entry in entries:
            leaf = json.loads(entry["leaf"])
            if leaf["kind"] != "verification":
                continue
            leaf["signature"] = base64.b64encode(stranger.sign(entry["content"].encode())).decode()
            if is_named:
                leaf["actorKeyId"] = name_key(stranger.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
            entry["leaf"] = json.dumps(leaf, separators=(",", ":"), sort_keys=True)

    honest = read_bundle(market, lot)
    serve_fork(buyer, fork(honest, log_key, size=len(honest["entries"]), change=sign))
    found = look(buyer, lot)
    assert {step["kind"] for step in found.bad} == {"verification"}
    assert ("khóa mà sổ chưa công bố" if is_named else "Chữ ký là giả.") in found.bad[0]["said"]


@pytest.mark.parametrize("cosigning", ["ab", "a"])
def test_witnesses_are_told_by_name_and_count_only_when_they_are_enough(buyer, lot, market, log_key, cosigning):
    honest = read_bundle(market, lot)
    forked = fork(honest, log_key, size=len(honest["entries"]))
    witnesses = {name: new_signer(f"{name}.example/witness", COSIGNATURE) for name in "ab"}
    text, _ = split_note(forked["checkpoint"])
    forked["checkpoint"] += "".join(witnesses[name].sign(text, at=1_795_000_000).to_text() for name in cosigning)
    keys = [f"witness {name} {signer.verifier().to_text()}" for name, signer in witnesses.items()]
    forked["policy"] = "\n".join([*keys, "group both all a b", "quorum both", ""])
    serve_fork(buyer, forked)
    found = look(buyer, lot)
    assert (found.state, found.alarm) == ("ok", "")
    assert "a.example/witness (18/11/2026)" in found.lines
    assert ("b.example/witness" in found.lines) is (cosigning == "ab")
    assert ("Muốn đưa ra một cuốn sổ khác, chợ phải được họ tiếp tay" in found.lines) is (cosigning == "ab")
    assert ("chưa đủ số theo quy định" in found.lines) is (cosigning == "a")


# What is on its way, old, weak or switched off


def test_a_new_record_waits_for_the_log(buyer, lot, market):
    entry = outcome(read_bundle(market, lot))
    sha256 = json.loads(entry["leaf"])["contentHash"]
    lie_in_proof(buyer, lambda bundle: hide(bundle, entry["index"]))

    def make_new(page: str) -> str:
        drawn = re.search(r'data-drawn="([^"]+)"', page)[1]
        return re.sub(rf'(data-record="{sha256}".*?data-entered=")[^"]+" data-entry="\d+"', rf'\g<1>{drawn}"', page)

    lie_in_page(buyer, lot, make_new)
    found = look(buyer, lot)
    waiting = [step for step in found.steps if step["state"] == "waiting"]
    assert len(waiting) == 1
    assert "Đang chờ vào sổ" in waiting[0]["said"]
    assert "vài giây nữa mới vào sổ" in waiting[0]["said"]
    # The officer had it before him or her, so its absence shows there; its photos wait as well and are no mismatch.
    assert [step["kind"] for step in found.bad] == ["verification"]
    assert "có ghi chép bị giấu" in found.bad[0]["said"]
    assert "Ảnh lớn đầu trang" not in found.alarm + found.lines


def test_what_waits_too_long_is_called_unusual(buyer, lot, market):
    entry = outcome(read_bundle(market, lot))
    lie_in_proof(buyer, lambda bundle: hide(bundle, entry["index"]))
    lie_in_page(buyer, lot, lambda page: page.replace(f' data-entry="{entry["index"]}"', ""))
    waiting = [step for step in look(buyer, lot).steps if step["state"] == "waiting"]
    assert ["Lâu như vậy là bất thường, hãy hỏi chợ." in step["said"] for step in waiting] == [True]


def test_a_page_older_than_the_proof_is_asked_to_be_loaded_again(buyer, lot, market):
    entry = outcome(read_bundle(market, lot))
    leaf = json.loads(entry["leaf"])

    def make_old(page: str) -> str:
        page = re.sub(r'data-drawn="[^"]+"', f'data-drawn="{leaf["recordTime"]}"', page)
        return re.sub(rf'<li class="tl[^>]*data-record="{leaf["contentHash"]}".*?</li>\n', "", page, flags=re.DOTALL)

    lie_in_page(buyer, lot, make_old)
    found = look(buyer, lot)
    assert (found.state, found.alarm) == ("ok", "")
    assert re.search(r"sổ có thêm \d+ ghi chép về lô. Tải lại trang", found.lines)


def test_an_old_phone_checks_hashes_and_says_that_it_cannot_check_signatures(buyer, lot):
    buyer.page.add_init_script(
        """const known = crypto.subtle.importKey.bind(crypto.subtle);
        crypto.subtle.importKey = (format, data, algorithm, ...rest) => {
          if (algorithm.name === "Ed25519") return Promise.reject(new DOMException("", "NotSupportedError"));
          return known(format, data, algorithm, ...rest);
        };"""
    )
    found = look(buyer, lot)
    assert found.state == "ok"
    assert "Máy này chưa kiểm được chữ ký" in found.lines
    decision = next(step for step in found.steps if step["kind"] == "verification")
    assert decision["state"] == "unknown"
    assert "máy này chưa kiểm được chữ ký của cán bộ" in decision["said"]
    lie_in_proof(buyer, flip_content)
    assert look(buyer, lot).state == "bad"


def test_without_webcrypto_nothing_is_claimed(buyer, lot):
    buyer.page.add_init_script('Object.defineProperty(Crypto.prototype, "subtle", { value: undefined })')
    found = look(buyer, lot)
    assert (found.state, found.steps, found.alarm) == ("unknown", [], "")
    assert "không mở qua đường truyền an toàn" in found.said


def test_a_browser_that_forgets_checks_all_the_same(buyer, lot):
    buyer.page.add_init_script(
        'Object.defineProperty(window, "localStorage", { get() { throw new DOMException("", "SecurityError"); } })'
    )
    assert look(buyer, lot).state == "ok"
    found = look(buyer, lot)
    assert found.state == "ok"
    assert "Lần đầu máy này gặp sổ" in found.lines


ROOT = "ab" * 32


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "null",
        "7",
        "{",
        '{"size":"9","root":1}',
        '{"size":3,"root":"zz"}',
        '{"size":1e400}',
        json.dumps({"size": 3, "root": ROOT, "at": "2026-11-25T00:00:00Z"}),
        json.dumps({"size": 3, "root": ROOT, "key": "x", "at": "yesterday"}),
    ],
)
def test_a_damaged_memory_is_no_memory(buyer, lot, kept):
    buyer.page.goto("/gioi-thieu")
    buyer.page.evaluate('(text) => localStorage.setItem("so-minh-bach", text)', kept)
    assert look(buyer, lot).state == "ok"


@pytest.mark.parametrize(
    ("status", "said"), [(404, "sổ chưa có mốc nào"), (503, "không tải được tệp bằng chứng"), (429, "không tải được")]
)
def test_a_proof_file_that_does_not_come_is_no_proof_of_anything(buyer, lot, status, said):
    buyer.page.route(re.compile(r"/bang-chung\.json"), lambda route: route.fulfill(status=status, body=""))
    found = look(buyer, lot)
    assert found.state in {"unknown", "waiting"}
    assert said in found.said
    assert (found.steps, found.alarm) == ([], "")
    buyer.page.unroute_all()
    buyer.page.get_by_role("button", name="Kiểm lại").click()
    buyer.page.locator("#tu-kiem[data-state=ok]").wait_for()
    buyer.complaints.clear()


def test_without_a_line_it_says_so_and_tries_again_when_asked(buyer, lot):
    buyer.page.route(re.compile(r"/bang-chung\.json"), lambda route: route.abort())
    found = look(buyer, lot)
    assert "không tải được tệp bằng chứng" in found.said
    buyer.complaints.clear()


def test_on_a_saved_line_it_waits_to_be_asked(buyer, lot):
    buyer.page.add_init_script('Object.defineProperty(navigator, "connection", { value: { saveData: true } })')
    buyer.page.goto(f"/lo/{lot}")
    buyer.page.locator("#tu-kiem").scroll_into_view_if_needed()
    button = buyer.page.locator("[data-check-again]")
    button.wait_for()
    buyer.page.wait_for_load_state("networkidle")
    assert "Bạn đang tiết kiệm dữ liệu" in buyer.text()
    assert buyer.page.locator(".tl-check").count() == 0
    button.click()
    buyer.page.locator("#tu-kiem[data-state=ok]").wait_for()


def test_without_javascript_the_page_tells_how_else_to_check(browser, market, lot):
    context = browser.new_context(viewport=PHONE, java_script_enabled=False, base_url=market.url)
    page = context.new_page()
    page.goto(f"/lo/{lot}")
    text = page.locator("main").inner_text()
    context.close()
    assert "nếu trình duyệt bật JavaScript. Nếu không, hãy tải tệp bằng chứng ở cuối trang." in text
    assert "marketplace verify TỆP" in text
    assert "Kiểm lại" not in text
