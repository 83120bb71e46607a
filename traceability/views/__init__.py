"""Pages of the field diary, of lots, of the passport behind a QR code, and of the officer's desk."""

from traceability.views import passport
from traceability.views.blueprint import blueprint

__all__ = ["blueprint", "passport"]
