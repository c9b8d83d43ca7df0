"""Documents of pages through PyMuPDF: opening, looking, rendering, the text layer."""
