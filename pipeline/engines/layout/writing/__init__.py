"""Regions in their order, written as Markdown and blocks."""
