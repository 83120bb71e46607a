"""Looking at a lot's page that checks itself, and lying to it on the way from the market to the browser.

What the log's own key could do is played with that key, which the tests may read.
"""

import base64
import json
import re
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.journeys.conftest import Market, Person, eventually, today
from transparency.checkpoint import Checkpoint, format_checkpoint
from transparency.merkle import hash_leaf, inclusion_proof, read_from, root_of
from transparency.note import Signer, sign_note, split_note

HOUSEHOLD = "0900010057"
_STATES = """[...document.querySelectorAll(".timeline .tl")].map((step) => ({
  state: step.dataset.checked, kind: step.dataset.kind ?? "", said: step.querySelector(".tl-check").textContent,
}))"""


@dataclass
class Finding:
    """What the page says after its check."""

    state: str
    said: str
    lines: str
    alarm: str
    steps: list[dict[str, str]]

    @property
    def states(self) -> set[str]:
        return {step["state"] for step in self.steps}

    @property
    def bad(self) -> list[dict[str, str]]:
        return [step for step in self.steps if step["state"] == "bad"]


def look(person: Person, lot: str) -> Finding:
    """Open a lot's page, go to its steps, and wait until it has checked itself."""
    person.page.goto(f"/lo/{lot}")
    return wait(person)


def wait(person: Person) -> Finding:
    page = person.page
    page.locator("#tu-kiem").scroll_into_view_if_needed()
    page.locator("#tu-kiem[data-state] [data-check-again]:not([hidden])").wait_for()
    alarm = page.locator("[data-check-alarm]")
    return Finding(
        state=str(page.locator("#tu-kiem").get_attribute("data-state")),
        said=page.locator("[data-check-said]").inner_text(),
        lines=page.locator("[data-check-list]").inner_text() if page.locator("[data-check-list]").is_visible() else "",
        alarm=alarm.inner_text() if alarm.count() else "",
        steps=page.evaluate(_STATES) if page.locator(".tl-check").count() else [],
    )


def lie(person: Person, address: str, change: Callable[[str], str]) -> None:
    """Change what the market answers at an address, on its way to somebody's browser."""

    def answer(route: Any) -> None:
        honest = route.fetch()
        headers = {
            name: value for name, value in honest.headers.items() if name not in {"content-encoding", "content-length"}
        }
        route.fulfill(status=honest.status, headers=headers, body=change(honest.text()))

    person.page.route(re.compile(address), answer)


def lie_in_page(person: Person, lot: str, change: Callable[[str], str]) -> None:
    def checked(page: str) -> str:
        changed = change(page)
        assert changed != page, "the lie changes nothing"
        return changed

    lie(person, rf"/lo/{lot}$", checked)


def lie_in_proof(person: Person, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    def changed(text: str) -> str:
        bundle = json.loads(text)
        return json.dumps(change(bundle) or bundle)

    lie(person, r"/bang-chung\.json", changed)


def entry_of(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the entry with a record of a kind, or with a leaf of it."""
    for entry in bundle["entries"]:
        if json.loads(entry["content"]).get("cq:kind") == kind:
            return entry
    return next(entry for entry in bundle["entries"] if json.loads(entry["leaf"])["kind"] == kind)


def read_bundle(market: Market, lot: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{market.url}/lo/{lot}/bang-chung.json", timeout=20) as answer:  # noqa: S310 - ours
        return json.loads(answer.read())


def has(bundle: dict[str, Any], kind: str) -> bool:
    return any(json.loads(entry["content"]).get("cq:kind") == kind for entry in bundle["entries"])


def outcome(bundle: dict[str, Any]) -> dict[str, Any]:
    return entry_of(bundle, next(kind for kind in ("harvest", "making", "slaughter", "packing") if has(bundle, kind)))


def flip_content(bundle: dict[str, Any]) -> None:
    """Change an amount in the content, and nothing else."""
    entry = outcome(bundle)
    entry["content"] = re.sub(r'"cq:amount":\d+', '"cq:amount":999', entry["content"], count=1)


def hide(bundle: dict[str, Any], index: int) -> None:
    bundle["entries"] = [entry for entry in bundle["entries"] if entry["index"] != index]


def grow(someone, market) -> None:
    """Let a household write into its diary, and wait until the log has a newer checkpoint."""
    before = read_size(market)
    owner = someone()
    owner.sign_in(HOUSEHOLD)
    owner.open("/so-tay")
    season = re.search(r'href="(/so-tay/vu/\d+)"', owner.page.content())[1]
    owner.open(f"{season}/viec")
    owner.choose("kind")
    owner.fill(happened_on=today(0))
    owner.press("Ghi vào sổ")
    eventually(lambda: read_size(market) > before, "the log grows")


def read_size(market: Market) -> int:
    with urllib.request.urlopen(f"{market.url}/log/checkpoint", timeout=20) as answer:  # noqa: S310 - ours
        return int(answer.read().decode().split("\n")[1])


def fork(
    bundle: dict[str, Any], signer: Signer, *, size: int, change: Callable[[list[Any]], None] = lambda _: None
) -> dict[str, Any]:
    """Return the proof file of another log that holds the same records, and is in itself as it should be."""
    forked = json.loads(json.dumps(bundle))
    change(forked["entries"])
    leaves = [entry["leaf"].encode() for entry in forked["entries"]]
    leaves += [b'{"filler":%d}' % number for number in range(size - len(leaves))]
    read = read_from([hash_leaf(leaf) for leaf in leaves])
    for place, entry in enumerate(forked["entries"]):
        proof = inclusion_proof(len(leaves), place, read)
        entry |= {"index": place, "proof": [base64.b64encode(one).decode() for one in proof]}
    origin = forked["log"]["origin"]
    forked["log"]["vkey"] = signer.verifier().to_text()
    forked["checkpoint"] = sign_note(
        format_checkpoint(Checkpoint(origin, len(leaves), root_of(len(leaves), read))), [signer]
    )
    forked["office"] = sign_note(split_note(forked["office"])[0], [signer])
    return forked


def serve_fork(person: Person, forked: dict[str, Any]) -> None:
    """Play a market that shows another log throughout."""
    lie_in_proof(person, lambda _: forked)
    lie(person, r"/log/checkpoint$", lambda _: forked["checkpoint"])
    # The steps stand where the other log has them.
    places = {json.loads(entry["leaf"])["contentHash"]: entry["index"] for entry in forked["entries"]}

    def move(page: str) -> str:
        return re.sub(
            r'(data-record="([0-9a-f]{64})".*?data-entry=")\d+', lambda step: f"{step[1]}{places.get(step[2], 0)}", page
        )

    lie(person, rf"/lo/{forked['lot']}$", move)
