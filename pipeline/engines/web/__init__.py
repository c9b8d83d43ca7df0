"""HTTP requests to untrusted URLs: one guarded client."""
