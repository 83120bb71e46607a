"""What may be done to parcels."""

from logistics.services.book import plan_parcel
from logistics.services.call_back import request_call_back
from logistics.services.cancel import request_cancel
from logistics.services.quotes import quote_parcels

__all__ = ["plan_parcel", "quote_parcels", "request_call_back", "request_cancel"]
