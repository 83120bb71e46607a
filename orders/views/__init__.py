"""Pages of the basket, the order and the household's desk."""

from orders.views import desk, orders, pay, recall, shop
from orders.views.blueprint import blueprint

__all__ = ["blueprint", "desk", "orders", "pay", "recall", "shop"]
