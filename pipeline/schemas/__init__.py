"""What is extracted: built-in schemas as TOML files, and their loader."""
