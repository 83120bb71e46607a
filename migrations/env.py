"""How Alembic finds the tables and the database: both come from the Flask application."""

from logging import getLogger
from typing import Any

from alembic import context
from alembic.operations import ops
from flask import current_app

from marketplace.core.db import db

log = getLogger("alembic.env")


def leave_out_empty(_context: object, _revision: object, directives: list[ops.MigrationScript]) -> None:
    """Write no migration when nothing has changed."""
    script = directives[0]
    if script.upgrade_ops is not None and script.upgrade_ops.is_empty():
        directives[:] = []
        log.info("The tables are as the models want them.")


def run(**options: Any) -> None:
    """Run the chosen migrations with the options that both ways share."""
    context.configure(
        target_metadata=db.metadata,
        compare_type=True,
        process_revision_directives=leave_out_empty,
        **options,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run(url=current_app.config["SQLALCHEMY_DATABASE_URI"], literal_binds=True)
else:
    with db.engine.connect() as connection:
        # Two servers that start at once take turns: the lock goes with the transaction.
        run(connection=connection, transactional_ddl=True)
