"""Attacks on what the tables say of a lot: nothing that was sealed or signed is touched."""

from tests.factories.log import KeptMarket
from tests.tamper.attacks.registry import attack
from tests.tamper.stage import Administrator, Stage


@attack("mark packs of a lot that nobody verified as verified")
def mark_packs_verified(market: KeptMarket, stage: Stage) -> None:
    Administrator(market).run("UPDATE trace_lots SET state = 'verified' WHERE origin = 'packing'")


@attack("take away the reason for which a lot is held")
def forget_hold_reason(market: KeptMarket, stage: Stage) -> None:
    Administrator(market).run("UPDATE trace_lots SET hold_reason = NULL WHERE state = 'held'")


@attack("mark a held lot as verified again")
def free_held(market: KeptMarket, stage: Stage) -> None:
    Administrator(market).run("UPDATE trace_lots SET state = 'verified', hold_reason = NULL WHERE state = 'held'")


@attack("mark a held lot as verified again and unlink the record that holds it")
def unlink_hold(market: KeptMarket, stage: Stage) -> None:
    admin = Administrator(market)
    admin.run(
        "DELETE FROM trace_record_lots WHERE lot_id IN (SELECT id FROM trace_lots WHERE state = 'held')"
        " AND record_id IN (SELECT id FROM trace_records WHERE kind = 'held')"
    )
    free_held(market, stage)


@attack("mark a recalled lot as verified and forget its recall")
def forget_recall(market: KeptMarket, stage: Stage) -> None:
    Administrator(market).run("UPDATE trace_lots SET state = 'verified', recall_id = NULL WHERE state = 'recalled'")


@attack("mark a recalled lot as verified and unlink every record and order of its recall")
def unlink_recall(market: KeptMarket, stage: Stage) -> None:
    admin = Administrator(market)
    lots = "(SELECT id FROM trace_lots WHERE state = 'recalled')"
    admin.run(f"DELETE FROM trace_record_lots WHERE lot_id IN {lots}")  # noqa: S608 - ours
    admin.run(f"DELETE FROM trace_recall_lots WHERE lot_id IN {lots}")  # noqa: S608 - ours
    admin.run(f"UPDATE trace_log_entries SET lot_id = NULL WHERE kind = 'recall' AND lot_id IN {lots}")  # noqa: S608 - ours
    forget_recall(market, stage)


@attack("move the best-before day of a lot")
def move_best_before(market: KeptMarket, stage: Stage) -> None:
    Administrator(market).run(
        "UPDATE trace_lots SET best_before_on = best_before_on + 365 WHERE best_before_on IS NOT NULL"
    )


@attack("give a lot a best-before day that nobody entered")
def add_best_before(market: KeptMarket, stage: Stage) -> None:
    Administrator(market).run(
        "UPDATE trace_lots SET best_before_on = made_on + 365 WHERE id = (SELECT min(id) FROM trace_lots)"
    )


@attack("say that an officer entered what a household did")
def change_role(market: KeptMarket, stage: Stage) -> None:
    Administrator(market).run("UPDATE trace_records SET entered_role = 'officer' WHERE kind = 'harvest'")


@attack("destroy the salt of what a household said of itself, without an erasure")
def destroy_salt(market: KeptMarket, stage: Stage) -> None:
    Administrator(market).run("UPDATE trace_master_versions SET salt = NULL, content = NULL, erased_at = now()")
