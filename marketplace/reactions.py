"""What happens because of what: one table, event -> tasks (each with its queue).

The relay reads nothing but this table, so it stays small. Every event of every package has a row, also when nobody
reacts to it yet.
"""

from collections.abc import Mapping, Sequence

DEFAULT, OUTSIDE, SEARCH = "default", "outside", "search"

#: What the public sees is logged in each version, and the gate before sale looks again.
_HOUSEHOLD_SEEN = [("traceability.log_household", DEFAULT), ("traceability.review_household_gates", DEFAULT)]
_CERTIFICATE_TURNED = [("traceability.log_certificate", DEFAULT), ("traceability.review_household_gates", DEFAULT)]

REACTIONS: Mapping[str, Sequence[tuple[str, str]]] = {
    # Webhooks, stored in the inbox under their source
    "webhook.viettelpost": [("logistics.apply_webhook", DEFAULT)],
    "webhook.stripe": [("orders.apply_stripe_webhook", OUTSIDE)],
    "webhook.sepay": [("orders.apply_bank_webhook", DEFAULT)],
    # Messages to people
    "core.notice_queued": [("core.send_notice", OUTSIDE)],
    "core.photos_removed": [("desk.delete_photo_files", DEFAULT)],
    # Households and their papers. Pages ask sellers as they are drawn; the search index is built anew each night.
    "sellers.household_verified": _HOUSEHOLD_SEEN,
    "sellers.household_changed": _HOUSEHOLD_SEEN,
    "sellers.site_changed": [("traceability.log_site", DEFAULT)],
    "sellers.certificate_added": [("traceability.log_certificate", DEFAULT)],
    "sellers.certificate_verified": _CERTIFICATE_TURNED,
    "sellers.certificate_expired": _CERTIFICATE_TURNED,
    "sellers.certificate_ended": _CERTIFICATE_TURNED,
    # People
    "accounts.account_closed": [("traceability.revoke_keys", DEFAULT)],
    # Traceability
    "traceability.season_opened": [],
    "traceability.season_closed": [("traceability.seal_season_sensors", DEFAULT)],
    "traceability.lot_harvested": [
        ("traceability.seal_lot_sensors", DEFAULT),
        ("traceability.log_product_class", DEFAULT),
    ],
    "traceability.lots_derived": [("traceability.log_product_classes", DEFAULT)],
    "traceability.verification_requested": [("desk.tell_officers_waiting", DEFAULT)],
    "traceability.lot_verified": [
        ("catalog.thaw_verified_lot", DEFAULT),
        ("desk.tell_household_verified", DEFAULT),
    ],
    "traceability.lot_sent_back": [("desk.tell_household_sent_back", DEFAULT)],
    "traceability.lot_held": [
        ("catalog.freeze_lots", DEFAULT),
        ("desk.tell_household_held", DEFAULT),
        ("desk.tell_officers_held", DEFAULT),
    ],
    # A released lot awaits verification anew; its goods come back to the shop with that.
    "traceability.lot_released": [],
    "traceability.lot_recalled": [
        ("catalog.freeze_lots", DEFAULT),
        ("orders.stop_recalled", DEFAULT),
        ("orders.warn_recalled", DEFAULT),
        ("orders.refund_recalled", DEFAULT),
        ("desk.tell_households_recalled", DEFAULT),
    ],
    "traceability.recall_rehearsed": [("orders.rehearse_recall", DEFAULT)],
    "traceability.recalled_goods_brought": [("orders.refund_returned", DEFAULT)],
    "traceability.prefix_claimed": [("desk.tell_officers_prefix", DEFAULT)],
    "traceability.prefix_decided": [("desk.tell_household_prefix", DEFAULT)],
    "traceability.document_captured": [("traceability.run_capture", DEFAULT)],
    "traceability.stickers_suspected": [("desk.tell_stickers_suspected", DEFAULT)],
    "traceability.sensor_alert_raised": [("desk.tell_household_sensor_alert", DEFAULT)],
    "traceability.sensor_alert_ended": [("desk.tell_household_sensor_calm", DEFAULT)],
    "traceability.sale_gate_closed": [
        ("catalog.freeze_lots", DEFAULT),
        ("desk.tell_household_gate_closed", DEFAULT),
    ],
    "traceability.sale_gate_opened": [("catalog.thaw_lots", DEFAULT)],
    # The shelf
    "catalog.offer_changed": [("search.refresh_product", SEARCH)],
    "catalog.stock_frozen": [],
    # Parcels
    "logistics.parcel_planned": [("logistics.book_parcel", OUTSIDE)],
    "logistics.parcel_booked": [("logistics.fetch_label", OUTSIDE)],
    "logistics.parcel_booking_refused": [("orders.tell_household_parcel_stuck", DEFAULT)],
    "logistics.parcel_moved": [("orders.follow_handover", DEFAULT)],
    "logistics.parcel_delivered": [("orders.follow_delivery", DEFAULT), ("orders.refund_late_delivery", DEFAULT)],
    "logistics.parcel_returned": [("orders.follow_return", DEFAULT)],
    "logistics.parcel_lost": [("orders.follow_return", DEFAULT)],
    "logistics.parcel_cancel_asked": [("logistics.cancel_parcel", OUTSIDE)],
    "logistics.parcel_call_back_asked": [("logistics.call_back_parcel", OUTSIDE)],
    "logistics.parcel_cancelled": [("orders.tell_household_parcel_stuck", DEFAULT)],
    "logistics.cod_collected": [],
    # Orders and money
    "orders.order_placed": [("orders.tell_buyer_placed", DEFAULT)],
    "orders.order_confirmed": [("orders.tell_households", DEFAULT), ("orders.tell_buyer_confirmed", DEFAULT)],
    "orders.order_expired": [("orders.tell_buyer_expired", DEFAULT), ("orders.close_card", OUTSIDE)],
    "orders.order_cancelled": [("orders.tell_buyer_cancelled", DEFAULT), ("orders.close_card", OUTSIDE)],
    "orders.consignment_accepted": [("orders.tell_buyer_accepted", DEFAULT)],
    "orders.consignment_declined": [("orders.tell_buyer_declined", DEFAULT)],
    "orders.consignment_stopped": [("orders.tell_buyer_stopped", DEFAULT)],
    "orders.consignment_packed": [],
    "orders.consignment_handed_over": [("orders.tell_buyer_sent", DEFAULT)],
    "orders.consignment_delivered": [("orders.tell_buyer_delivered", DEFAULT)],
    "orders.consignment_returned": [("orders.tell_buyer_returned", DEFAULT)],
    "orders.payment_received": [],
    "orders.refund_requested": [("orders.send_refund", OUTSIDE)],
    "orders.buyers_warned": [("orders.warn_buyers", DEFAULT)],
    "orders.recall_stops_left": [("orders.stop_recalled", DEFAULT)],
    "orders.recall_refunds_left": [("orders.refund_recalled", DEFAULT)],
}
