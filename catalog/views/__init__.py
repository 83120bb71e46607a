"""Pages of the shop window and of the household's goods."""

from catalog.views import desk, photos, shelf, shop
from catalog.views.blueprint import blueprint

__all__ = ["blueprint", "desk", "photos", "shelf", "shop"]
