"""Schema ``invoice``: issuer, number, dates, sums, currency and lines."""
