"""The whole product through real proxies: as a newcomer writes them, and as docs/operations.md says."""
