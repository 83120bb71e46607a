"""Finding goods in Vietnamese, however they are typed."""
