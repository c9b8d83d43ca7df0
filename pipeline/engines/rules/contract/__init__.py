"""Schema ``contract``: title, number, dates, parties, term, amount and governing law."""
