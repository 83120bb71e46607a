"""The floor of the house: what every package stands on and what knows none of them."""
