"""An invented market to try things out: households, lots, goods on sale and orders, each with drawn pictures."""
