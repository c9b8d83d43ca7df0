"""Tells what the parts of printed rows name, by a small trained network that weighs words, places and neighbours."""
