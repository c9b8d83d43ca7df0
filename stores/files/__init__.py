"""The file store: originals, page images, Markdown and JSON."""
