"""The database engine of a process that knows no database: it answers every connection with what to do."""
