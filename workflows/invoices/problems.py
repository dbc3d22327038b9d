"""Why a document could not be read."""


class ParseProblem(Exception):
    """A document that cannot be read as an invoice, told to the person who must put it right.

    Args:
        code: what is wrong, one stable word for programs, such as ``not-xml``.
        detail: what is wrong and what to do, one or two sentences.
        where: path of the element, such as ``LegalMonetaryTotal/PayableAmount``; empty if it is the whole document.
    """

    def __init__(self, code: str, detail: str, where: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.where = where

    def as_dict(self) -> dict[str, str]:
        """Return code, detail and where as plain JSON."""
        return {"code": self.code, "detail": self.detail, "where": self.where}
