"""What the stores promise. The knowledge store is the truth; vectors and keywords can be rebuilt from it.

A ``KnowledgeCatalog`` knows the knowledge bases. Each has one ``KnowledgeStore``, seen from its sides: files and jobs
that come (``registration``), steps and their leases (``lifecycle``), pages, records and chunks (``content``), views
(``queries``), callbacks and downloads (``outbox``). What their methods take and return is defined beside them. A
``FileStore`` keeps files, a ``VectorStore`` the vector index. The pipeline knows these contracts only.
"""

from stores.contracts.administration import AccessKeyStore, AdministrationStore, AuditStore
from stores.contracts.files import FileStore
from stores.contracts.knowledge import KnowledgeCatalog, KnowledgeStore
from stores.contracts.vectors import Scalar, VectorRow, VectorStore, Where, metadata_of

__all__ = [
    "AccessKeyStore",
    "AdministrationStore",
    "AuditStore",
    "FileStore",
    "KnowledgeCatalog",
    "KnowledgeStore",
    "Scalar",
    "VectorRow",
    "VectorStore",
    "Where",
    "metadata_of",
]
