"""Pages read by transformers: GOT-OCR2 and models like it."""
