"""The MCP server: what an assistant may ask of the knowledge bases, as tools."""
