"""Pages of households, of their communes, and of the officers who look after them."""

from sellers.views import certificates, household, office, payout, public, sites
from sellers.views.blueprint import blueprint

__all__ = ["blueprint", "certificates", "household", "office", "payout", "public", "sites"]
