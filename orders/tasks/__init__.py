"""Celery entry points of orders: each makes one domain call and can be repeated."""

from orders.tasks import deliveries, holds, letters, payments, recalls

__all__ = ["deliveries", "holds", "letters", "payments", "recalls"]
