"""The API's reference at `/v1/docs`: pages made from the OpenAPI document, the same that `/v1/openapi.json` serves."""
