"""The layout models in PyMuPDF's wheel: what they are given, and the boxes that they see."""
