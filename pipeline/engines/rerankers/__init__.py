"""Rerankers: how well texts answer a query, by a cross-encoder on this host or by a rerank API."""
