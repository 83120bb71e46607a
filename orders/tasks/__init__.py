"""Celery entry points of orders: each makes one domain call and can be repeated."""

from orders.tasks import deliveries, letters, payments, recalls

__all__ = ["deliveries", "letters", "payments", "recalls"]
