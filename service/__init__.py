"""The board: REST, domain and schema, and the `livelane` command."""
