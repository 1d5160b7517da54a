"""The database: numbered migrations, the log, and an embedded PostgreSQL to run them on."""
