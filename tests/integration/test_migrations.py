import flask_migrate
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from marketplace.app import enable_migrations
from marketplace.core.db import db


def test_the_migrations_make_the_tables_of_the_models(committed_app):
    with committed_app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_the_way_back_leaves_nothing_and_the_way_up_works_again(committed_app):
    enable_migrations(committed_app)
    with committed_app.app_context():
        flask_migrate.downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}
        db.engine.dispose()
        flask_migrate.upgrade()
        assert "trace_records" in inspect(db.engine).get_table_names()
