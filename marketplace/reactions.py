"""What happens because of what: one table, event -> tasks (each with its queue).

The relay reads nothing but this table, so it stays small. Every event of every package has a row, also when nobody
reacts to it yet.
"""

from collections.abc import Mapping, Sequence

DEFAULT, OUTSIDE, SEARCH = "default", "outside", "search"

REACTIONS: Mapping[str, Sequence[tuple[str, str]]] = {
    # Webhooks, stored in the inbox under their source
    "webhook.viettelpost": [("logistics.apply_webhook", DEFAULT)],
    "webhook.stripe": [("orders.apply_stripe_webhook", OUTSIDE)],
    "webhook.sepay": [("orders.apply_bank_webhook", DEFAULT)],
    # Messages to people
    "core.notice_queued": [("core.send_notice", OUTSIDE)],
}
