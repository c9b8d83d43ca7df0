"""Network work that waits in SQL: callbacks and URLs to fetch, under leases, in order."""
