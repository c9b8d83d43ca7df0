"""The SQL database of a knowledge base: tables, migrations, and the rows of pages, chunks and records."""
