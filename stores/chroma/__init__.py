"""The vector store: Chroma on a server or under a path, and an in-memory stand-in."""
