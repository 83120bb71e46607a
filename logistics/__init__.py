"""Parcels with the carrier: booking, following, cancelling, labels and the cash collected at the door."""
