"""Schema ``resume``: curricula vitae. Sections by their headings, entries by the repetition of their shape."""
