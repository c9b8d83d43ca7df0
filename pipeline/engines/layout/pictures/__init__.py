"""Pictures and outlines on pages with a text layer, and the print that OCR reads in them."""
