"""What may happen to a parcel, decided without a database."""
