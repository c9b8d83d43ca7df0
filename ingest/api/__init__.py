"""The HTTP API: one file per resource. A path function parses, calls one use case, and answers."""
