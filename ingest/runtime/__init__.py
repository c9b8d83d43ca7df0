"""The embedded runtime: the private Redis, Chroma server and workers of one home."""
