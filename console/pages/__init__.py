"""The console's pages, one file per page. They ask `executions` and show what it says: no rules here, no SQL."""
