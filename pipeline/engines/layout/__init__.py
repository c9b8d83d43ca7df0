"""From printed glyphs to Markdown and blocks: the layout model, and the rules around it."""

LAYOUT_VERSION = "27"  # part of fingerprints: raise it with every change of output
