"""PDF and image files by PyMuPDF: opening, page facts, rendering, the text layer."""
