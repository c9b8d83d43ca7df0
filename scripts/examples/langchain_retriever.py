"""A retriever for LangChain over a knowledge base: ``pip install langchain-core``."""

from __future__ import annotations

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from ingest import KnowledgeBase


class IngotRetriever(BaseRetriever):
    """Returns the chunks that answer a query, none where nothing fits."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    knowledge_base: KnowledgeBase
    limit: int = 8
    where: str = ""

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [
            Document(
                page_content=hit["text"],
                id=hit["chunk"],
                metadata={
                    "source": hit["source"],
                    "page": hit["first_page"],
                    "last_page": hit["last_page"],
                    "heading": hit["heading"],
                    "score": hit["score"],
                },
            )
            for hit in self.knowledge_base.search(query, limit=self.limit, where=self.where)
        ]
