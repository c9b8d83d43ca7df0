"""One module per outside tool; every heavy import lives here."""
