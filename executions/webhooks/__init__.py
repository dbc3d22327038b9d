"""Webhooks as Standard Webhooks 1.0 describes them: secrets, signatures, messages and when they are tried again."""
