"""The database handle, and the one place in the code base that commits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from marketplace.core.base import Base

db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


Addition = Callable[[Session], None]
_additions: list[Addition] = []


def before_commit(addition: Addition) -> Addition:
    """Let a function add to every transaction just before its commit, so that neither is kept without the other."""
    _additions.append(addition)
    return addition


class NestedTransactionError(RuntimeError):
    """A use case tried to open a transaction inside another: only views and tasks open one."""


@contextmanager
def transaction(*, is_work: bool = True) -> Iterator[Session]:
    """Open the transaction of this request or task: commit at the end, roll back on any exception.

    What only prepares the work, such as a photo kept through an error, is none itself: nothing is added to it.
    Raises ``NestedTransactionError`` when one is open already, since two commits in one request would let a
    crash between them leave half a use case behind.
    """
    session = db.session()
    if session.info.get("is_in_use_case"):
        message = "transaction() does not nest: open it in the view or the task, once"
        raise NestedTransactionError(message)
    session.info["is_in_use_case"] = True
    try:
        yield session
        for addition in _additions if is_work else ():
            addition(session)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("is_in_use_case", None)


def has_tables() -> bool:
    """Say whether the database was ever brought up to date."""
    return inspect(db.engine).has_table("alembic_version")
