"""Formulas of pages with a text layer as TeX: from fonts and places of printed signs. Pure, but for the page's text."""
