"""Stripe: the part of its API that a shop with cards needs, and the script that its pages load."""
