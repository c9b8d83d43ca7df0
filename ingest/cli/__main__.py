"""``python -m ingest.cli``: the command line without an installed ``ingot``."""

from ingest.cli.app import main

main()
