"""Schema ``statement``: account, period, balances and transactions."""
