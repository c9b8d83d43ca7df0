"""The way out to the web: one guarded HTTP client."""
