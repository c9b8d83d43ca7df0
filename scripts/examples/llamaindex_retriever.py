"""A retriever for LlamaIndex over a knowledge base: ``pip install llama-index-core``."""

from __future__ import annotations

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from ingest import KnowledgeBase


class IngotRetriever(BaseRetriever):
    """Returns the chunks that answer a query, none where nothing fits."""

    def __init__(self, knowledge_base: KnowledgeBase, limit: int = 8, where: str = "") -> None:
        self._knowledge_base, self._limit, self._where = knowledge_base, limit, where
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._knowledge_base.search(query_bundle.query_str, limit=self._limit, where=self._where)
        return [
            NodeWithScore(
                node=TextNode(
                    id_=hit["chunk"],
                    text=hit["text"],
                    metadata={
                        "source": hit["source"],
                        "page": hit["first_page"],
                        "last_page": hit["last_page"],
                        "heading": hit["heading"],
                    },
                ),
                score=hit["score"],
            )
            for hit in hits
        ]
