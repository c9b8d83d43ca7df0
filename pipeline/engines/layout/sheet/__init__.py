"""One page as MuPDF reports it: what it shows and draws, and what on it is no part of its text."""
