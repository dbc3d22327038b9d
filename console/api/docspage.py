"""How swagger-ui shows the description."""

from ninja import Swagger

SETTINGS = {
    "filter": True,
    "defaultModelsExpandDepth": -1,
    "defaultModelRendering": "example",
    "displayRequestDuration": True,
    "tryItOutEnabled": False,
    "persistAuthorization": False,  # a token must not stay in the browser
    "validatorUrl": None,
}


def docs_page() -> Swagger:
    """Return the page at `/v1/docs`."""
    return Swagger(settings=SETTINGS)
