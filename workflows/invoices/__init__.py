"""Invoice batch: read UBL invoices, check their arithmetic, ask about what is wrong, post each exactly once."""
