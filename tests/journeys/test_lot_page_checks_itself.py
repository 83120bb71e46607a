"""The page of a lot checks itself in the buyer's browser, and a server that lies is caught at it."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import DESK, PHONE, find_barriers
from tests.journeys.lot_page import (
    entry_of,
    flip_content,
    has,
    hide,
    lie_in_page,
    lie_in_proof,
    look,
    outcome,
    read_bundle,
    wait,
)
from transparency.note import new_signer, sign_note, split_note

# What is true


def test_an_honest_page_is_checked_step_by_step(buyer, lot, market):
    found = look(buyer, lot)
    assert found.state == "ok", found
    assert found.states <= {"ok", "unknown"}
    checked = [step for step in found.steps if step["state"] == "ok"]
    assert len(checked) >= 5
    assert f"đã kiểm {len(checked)} bước, bước nào cũng khớp" in found.said
    assert all("Đúng từng chữ với mục số" in step["said"] for step in checked)
    decision = next(step for step in checked if step["kind"] == "verification")
    assert re.search(r"Chữ ký của Cán bộ .+ đúng, bằng khóa đã công bố", decision["said"])
    assert "Chữ ký của sổ trên mốc" in found.lines
    assert re.search(
        r"Tên hộ, nơi ở và giấy chứng nhận ở đầu trang: đúng với bản của hộ trong sổ \(mục số [\d.]+, ngày", found.lines
    )
    assert "Lần đầu máy này gặp sổ" in found.lines
    # Nobody witnesses the log of the demo market: the page claims no more than that.
    assert "Chưa có bên ngoài làm chứng" in found.lines
    assert found.alarm == ""
    assert "lời khai sai mà ký thật thì vẫn là lời khai sai" in buyer.text()


def test_what_is_summed_up_is_not_called_checked(buyer, lots):
    if "sold" not in lots:
        pytest.fail("no lot of the demo market has parcels under way")
    found = look(buyer, lots["sold"])
    sums = [step for step in found.steps if not step["kind"]]
    assert sums
    assert all(step["state"] == "unknown" and "gộp nhiều kiện hàng" in step["said"] for step in sums)
    assert f"Còn {len(sums)} bước chưa kiểm được" in found.said


def test_nothing_of_the_check_is_loaded_before_the_steps_come_into_view(buyer, lot):
    asked: list[str] = []
    buyer.page.on("request", lambda request: asked.append(request.url))
    buyer.page.goto(f"/lo/{lot}")
    buyer.page.wait_for_load_state("networkidle")
    late = ("lot-page.js", "lot-proof.js", "bang-chung.json")
    assert not [url for url in asked if any(name in url for name in late)]
    wait(buyer)
    assert all(any(name in url for url in asked) for name in late)


def test_photos_are_checked_on_request_and_shown_as_they_are(buyer, lot):
    look(buyer, lot)
    assert buyer.page.locator(".tl-check", has_text="ảnh gốc chưa tải về nên chưa kiểm").count()
    button = buyer.page.locator("[data-check-photos]")
    assert re.search(r"Kiểm cả \d+ ảnh gốc \(tải nhiều nhất [\d,]+ MB\)", button.inner_text())
    button.click()
    button.wait_for(state="hidden")
    assert wait(buyer).state == "ok"
    pictures = buyer.page.locator(".tl-photos img")
    shown = pictures.evaluate_all("(all) => all.map((one) => [one.dataset.checked, one.src.slice(0, 5)])")
    assert shown
    assert all(one == ["ok", "blob:"] for one in shown)
    assert buyer.page.locator(".tl-check", has_text="Ảnh đang hiện là ảnh gốc").count()


def test_the_proof_file_is_downloaded_and_holds_without_the_market(buyer, lot, tmp_path):
    buyer.page.goto(f"/lo/{lot}")
    with buyer.page.expect_download() as coming:
        buyer.page.get_by_role("link", name="Tải tệp bằng chứng").click()
    file = tmp_path / coming.value.suggested_filename
    coming.value.save_as(file)
    assert file.name == f"{lot}.bang-chung.json"
    done = subprocess.run(
        [sys.executable, "-m", "transparency", "verify", str(file)],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "marketplace verify TỆP" in buyer.text()


@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "desk-dark"])
@pytest.mark.parametrize("is_honest", [True, False], ids=["honest", "lying"])
def test_the_findings_are_for_everybody(someone, lot, viewport, scheme, is_honest):
    reader = someone(viewport)
    reader.page.emulate_media(color_scheme=scheme)
    if not is_honest:
        lie_in_proof(
            reader,
            lambda bundle: entry_of(bundle, "harvest" if has(bundle, "harvest") else "making").update(content="{}"),
        )
    found = look(reader, lot)
    assert found.state == ("ok" if is_honest else "bad")
    reader.page.evaluate('document.querySelectorAll(".tl-check").forEach((one) => { one.open = true; })')
    assert find_barriers(reader.page) == []
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert reader.page.locator("[data-check-said]").get_attribute("role") == "status"
    # Never colour alone: each state has its word and its picture.
    words = reader.page.locator(".tl-check b").all_inner_texts()
    assert set(words) <= {"Đã kiểm", "KHÔNG KHỚP", "Chưa kiểm được"}
    assert reader.page.locator(".tl-check svg").count() == len(words)
    assert (reader.page.locator("[data-check-alarm][role=alert]").count() == 1) is not is_honest


def test_papers_of_the_household_are_compared_with_the_log(buyer, papers):
    found = look(buyer, papers)
    assert found.state == "ok", found
    assert "giấy chứng nhận ở đầu trang: đúng với bản của hộ trong sổ" in found.lines
    lie_in_page(
        buyer,
        papers,
        on_page(
            r"(<dd>)([^<]*?), đến ngày [\d/]+</dd>",
            r"\1\2, đến ngày 01/01/2040</dd>",
        ),
    )
    found = look(buyer, papers)
    assert found.state == "bad"
    assert "đến ngày 01/01/2040”, trong sổ là “" in found.alarm


def test_a_version_that_is_closed_without_a_signed_erasure_is_a_mismatch(buyer, lot):
    def leave_out(bundle: dict[str, Any]) -> None:
        for entry in bundle["entries"]:
            entry.pop("opened", None)

    lie_in_proof(buyer, leave_out)
    found = look(buyer, lot)
    assert found.state == "bad"
    assert found.said.startswith("KHÔNG KHỚP")
    assert found.alarm != ""


# Lies in the proof file


def invent_maker(bundle):
    """Somebody else's record about the lot, which the log has never seen; a page would not tell such a record."""
    record = next(one for one in bundle["entries"] if json.loads(one["leaf"]).get("chain"))
    content = json.dumps({"cq:kind": "listed", "cq:lot": bundle["lot"]})
    leaf = {**json.loads(record["leaf"]), "contentHash": hashlib.sha256(content.encode()).hexdigest()}
    index = max(one["index"] for one in bundle["entries"]) - 1
    while any(one["index"] == index for one in bundle["entries"]):
        index -= 1
    bundle["entries"].append({**record, "index": index, "leaf": json.dumps(leaf), "content": content})


def rename_household(bundle):
    entry = next(one for one in bundle["entries"] if "opened" in one and '"code"' in one["opened"]["content"])
    entry["opened"]["content"] = entry["opened"]["content"].replace("Nhà", "Trại")


def rewrite_record(bundle):
    """Content and leaf agree, as they do when a database administrator rewrites both; the tree does not."""
    flip_content(bundle)
    entry = outcome(bundle)
    leaf = json.loads(entry["leaf"])
    leaf["contentHash"] = hashlib.sha256(entry["content"].encode()).hexdigest()
    entry["leaf"] = json.dumps(leaf, separators=(",", ":"), sort_keys=True)


def flip_proof(bundle):
    entry = outcome(bundle)
    raw = bytearray(base64.b64decode(entry["proof"][0]))
    raw[0] ^= 1
    entry["proof"][0] = base64.b64encode(raw).decode()


def swap_proofs(bundle):
    one, other = bundle["entries"][0], bundle["entries"][1]
    one["proof"], other["proof"] = other["proof"], one["proof"]


def forge_checkpoint(bundle):
    text, _ = split_note(bundle["checkpoint"])
    bundle["checkpoint"] = sign_note(text, [new_signer(bundle["log"]["origin"])])


def drop_record(bundle):
    bundle["entries"].remove(outcome(bundle))


def drop_signature(bundle):
    bundle["entries"].remove(
        next(one for one in bundle["entries"] if json.loads(one["leaf"])["kind"] == "verification")
    )


def drop_key(bundle):
    bundle["entries"].remove(next(one for one in bundle["entries"] if json.loads(one["leaf"])["kind"] == "key"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (flip_content, "Nội dung không còn đúng như lúc vào sổ: đã bị sửa."),
        (rewrite_record, "Đường dẫn vào sổ không đúng"),
        (flip_proof, "Đường dẫn vào sổ không đúng"),
        (swap_proofs, "Đường dẫn vào sổ không đúng"),
        (forge_checkpoint, "Mốc của sổ không mang chữ ký đúng của sổ."),
        (drop_record, "Trang nói bước này đã vào sổ, nhưng trong sổ không có."),
        (drop_signature, "Không có chữ ký nào của cán bộ"),
        (drop_key, "khóa mà sổ chưa công bố"),
        (lambda bundle: bundle.update(office=""), "không do văn phòng chợ ký công bố"),
        (lambda bundle: bundle.update(lot="TH-00000-2611-0001"), "Tệp bằng chứng là của một lô khác."),
        (lambda bundle: {"format": "khac"}, "Tệp bằng chứng bị hỏng"),
        (lambda bundle: bundle["entries"].append(bundle["entries"][0]), "xuất hiện hai lần"),
        (invent_maker, "trong tệp bằng chứng: Đường dẫn vào sổ không đúng"),
        (rename_household, "Thông tin của hộ trong tệp bằng chứng không đúng với bản đã niêm phong."),
    ],
    ids=[
        "flipped content", "record and leaf rewritten", "wrong proof", "another's proof", "foreign checkpoint",
        "record left out", "signature left out", "key left out", "office not certified", "another lot's", "no file",
        "entry twice", "maker invented", "household renamed",
    ],
)  # fmt: skip
def test_a_lie_in_the_proof_file_is_a_mismatch(buyer, lot, change, told):
    lie_in_proof(buyer, change)
    found = look(buyer, lot)
    assert found.state == "bad"
    assert found.said.startswith("KHÔNG KHỚP")
    assert told in found.lines + found.alarm + found.said + "".join(step["said"] for step in found.bad)
    assert "Khoan mua và khoan dùng lô này" in found.alarm
    assert "tải tệp bằng chứng" in found.alarm


def test_a_record_that_the_officer_saw_cannot_be_hidden_in_page_and_proof_alike(buyer, lot, market):
    first = next(entry for entry in read_bundle(market, lot)["entries"] if json.loads(entry["leaf"])["kind"] == "event")
    sha256 = json.loads(first["leaf"])["contentHash"]
    lie_in_proof(buyer, lambda bundle: hide(bundle, first["index"]))
    lie_in_page(
        buyer,
        lot,
        lambda page: re.sub(rf'<li class="tl[^>]*data-record="{sha256}".*?</li>\n', "", page, flags=re.DOTALL),
    )
    found = look(buyer, lot)
    assert [step["kind"] for step in found.bad] == ["verification"]
    assert "có ghi chép bị giấu" in found.bad[0]["said"]


# Lies on the page


def rewrite_step(page: str, kind: str, change: Callable[[str], str]) -> str:
    """Change the step of a kind."""
    return re.sub(
        rf'<li class="tl[^>]*data-kind="{kind}".*?</li>', lambda step: change(step[0]), page, count=1, flags=re.DOTALL
    )


OUTCOME = "(?:harvest|making|slaughter|packing)"
#: The first entry of a log is its opening: it belongs to no lot.
INVENTED = """<li class="tl" data-record="{0}" data-kind="checking" data-day="2026-11-01"
 data-entered="2026-11-01T05:00:00.000Z" data-entry="0">
<span class="tl-mark"></span><div class="tl-body"><p class="tl-head"><b class="tl-title">Kiểm tra</b>
<span class="tl-when">01/11/2026</span></p></div></li></ol>"""


INVENTED_PAPER = """<h2 id="chung-nhan">Chứng nhận</h2><dl class="facts"><div data-certificate="X-1"><dt>VietGAP</dt>
<dd>Chi cục Lạ</dd></div></dl>"""
OTHER = "ab" * 32


def in_step(pattern: str, text: str) -> Callable[[str], str]:
    """Return a lie that changes something inside the step with the outcome."""
    return lambda page: rewrite_step(page, OUTCOME, lambda step: re.sub(pattern, text, step, count=1))


def on_page(pattern: str, text: str) -> Callable[[str], str]:
    return lambda page: re.sub(pattern, text, page, count=1)


LIES: dict[str, tuple[Callable[[str], str], str]] = {
    "step hidden": (lambda page: rewrite_step(page, OUTCOME, lambda _: ""), "Trang giấu một ghi chép có trong sổ"),
    "step invented": (on_page(r"</ol>\n<div", INVENTED.format(OTHER) + "\n<div"), "trong sổ không có"),
    "step without a record": (
        on_page(r"</ol>\n<div", '<li class="tl"><div class="tl-body"><p>Đã xét nghiệm</p></div></li></ol>\n<div'),
        "không kèm ghi chép nào",
    ),
    "date changed": (in_step(r"(\d\d/\d\d)/2026</span>", r"\1/2031</span>"), "Trang ghi ngày"),
    "amount changed": (in_step(r'(data-of="amount">)[^<]*', r"\g<1>7 kg"), "Trang ghi “7 kg”, trong sổ là"),
    "amount left out": (
        in_step(r'<div><dt>[^<]*</dt><dd data-of="amount">[^<]*</dd></div>', ""),
        "Trang bỏ bớt điều có",
    ),
    "dose invented": (
        in_step(r"</dl>", '<div><dt>Liều lượng</dt><dd data-of="dose">20 ml</dd></div></dl>'),
        "Trang ghi “20 ml”, trong sổ không có",
    ),
    "kind changed": (in_step('data-kind="[a-z]+"', 'data-kind="tending"'), "Trang kể một việc khác"),
    "day of the lot changed": (
        on_page(r'(<dd data-of="madeOn">)[^<]*', r"\g<1>01/01/2031"),
        "Trang ghi “01/01/2031”, trong sổ là",
    ),
    "name changed": (on_page(r'(<h1 data-of="produce">)[^<]*', r"\g<1>Vàng"), "Trang ghi “Vàng”, trong sổ là"),
    "picture changed": (
        on_page(r"(data-lot-photo src=.)/anh/[0-9a-f]{64}", rf"\1/anh/{OTHER}"),
        "Ảnh lớn đầu trang không nằm trong ghi chép nào",
    ),
    "photo changed": (
        on_page(r'(class="tl-photos"><a href=")/anh/[0-9a-f]{64}', rf"\1/anh/{OTHER}"),
        "Ảnh trên trang không phải là ảnh trong ghi chép",
    ),
    "producer renamed": (
        on_page(r'(<span data-maker="name">).*?</span>', r"\g<1>Nhà ông Lạ</span>"),
        "Trang ghi hộ làm ra lô là “Nhà ông Lạ”, bản của hộ trong sổ là “",
    ),
    "producer moved": (
        on_page(r'(<span data-maker="place">).*?</span>', r"\g<1>Xã Khác</span>"),
        "Trang ghi hộ làm ra lô là “Xã Khác”, bản của hộ trong sổ là “",
    ),
    "producer left out": (on_page(' data-maker="name"', ""), "Trang ghi hộ làm ra lô là “”"),
    "certificate invented": (
        on_page('<details class="why" id="thong-tu-02">', INVENTED_PAPER + r"\g<0>"),
        "Giấy “VietGAP, Chi cục Lạ” không có trong sổ.",
    ),
    "decision invented": (
        on_page('data-decision="[0-9a-f]+"', f'data-decision="{OTHER}"'),
        "Trang nói xã đã xác nhận, nhưng không kể bước ấy",
    ),
}


@pytest.mark.parametrize(("change", "told"), LIES.values(), ids=LIES)
def test_a_lie_on_the_page_is_a_mismatch(buyer, lot, change, told):
    lie_in_page(buyer, lot, change)
    found = look(buyer, lot)
    buyer.complaints = [one for one in buyer.complaints if "/anh/" not in one]
    assert found.state == "bad"
    assert told in found.alarm + found.lines + "".join(step["said"] for step in found.bad), found
    assert "Khoan mua và khoan dùng lô này" in found.alarm


def test_a_swapped_photo_is_a_mismatch(buyer, lot, market):
    def swap(route: Any) -> None:
        honest = route.fetch()
        route.fulfill(status=200, content_type="image/webp", body=honest.body() + b"\0")

    buyer.page.route(re.compile(r"/anh/[0-9a-f]{64}/large\.webp"), swap)
    found = look(buyer, lot)
    # The picture on top stands there in full size, and is checked at once.
    assert "Ảnh lớn đầu trang đã bị đổi" in found.alarm
    buyer.page.locator("[data-check-photos]").click()
    buyer.page.locator(".tl-check", has_text="Ảnh gốc không còn đúng như lúc ghi").first.wait_for()
    assert any("Ảnh gốc không còn đúng như lúc ghi" in step["said"] for step in wait(buyer).bad)
