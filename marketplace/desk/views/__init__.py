"""Pages of the operator, and the notices of everybody who works here."""

from marketplace.desk.views import erasure, pages
from marketplace.desk.views.blueprint import blueprint

__all__ = ["blueprint", "erasure", "pages"]
