"""Page images to text by RapidOCR, laid out like pages that have a text layer."""
