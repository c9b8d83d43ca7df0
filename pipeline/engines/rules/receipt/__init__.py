"""Schema ``receipt``: shop, date, address and total."""
