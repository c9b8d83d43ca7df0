"""A knowledge base as a Python object, over an embedded home or a server."""

from ingest.client.knowledge_base import KnowledgeBase

__all__ = ["KnowledgeBase"]
