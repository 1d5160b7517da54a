"""Live streams of the log: GET /streams and everything under it."""
