"""XML from strangers: parsed without DTD, entities or outside references, within limits."""

from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from workflows.invoices.problems import ParseProblem

MAX_BYTES = 5 * 1024 * 1024
"""Largest document read. The largest of the standard's own examples has 22 KB; attachments make some larger."""
MAX_DEPTH = 100
"""Deepest nesting read. UBL's own elements go some 15 deep; extensions may add a few."""
MAX_ELEMENTS = 200_000
"""Most elements read: some 8,000 invoice lines. Bounds memory, which an element costs more of than its bytes."""

_NOT_XML = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
)


class _BoundedBuilder(TreeBuilder):
    """Builds the tree and gives up while parsing, before a bomb has gone off."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._elements = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            raise ParseProblem(
                "too-deep",
                f"Elements are nested more than {MAX_DEPTH} deep, which no invoice needs. Ask for another file.",
            )
        if self._elements > MAX_ELEMENTS:
            raise ParseProblem(
                "too-many-elements",
                f"The document has more than {MAX_ELEMENTS:,} elements. Split it into several files.",
            )
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse_xml(content: bytes) -> Element:
    """Parse a document of unknown origin into elements.

    Args:
        content: the file's bytes. The encoding is taken from the byte order mark or the XML declaration.

    Returns:
        The root element.

    Raises:
        ParseProblem: empty, larger than ``MAX_BYTES``, not well-formed, in an unreadable encoding, with a DTD,
            deeper than ``MAX_DEPTH`` or with more than ``MAX_ELEMENTS`` elements.
    """
    if len(content) > MAX_BYTES:
        raise ParseProblem(
            "too-large",
            f"The file has {len(content):,} bytes; at most {MAX_BYTES:,} are read. "
            "Send attachments separately, or split the invoice.",
        )
    if not content.strip():
        raise ParseProblem("empty", "The file is empty. Upload the invoice as UBL 2.1 XML.")
    for magic, kind in _NOT_XML:
        if content.startswith(magic):
            raise ParseProblem("not-xml", f"The file is {kind}, not XML. Ask the supplier for the UBL 2.1 XML file.")

    parser = DefusedXMLParser(target=_BoundedBuilder(), forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(content)
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise ParseProblem(
            "dtd",
            "The file has a document type declaration (DOCTYPE), which can make a reader fetch or expand anything. "
            "UBL needs none: remove it, or ask for a file without it.",
        ) from error
    except ParseError as error:
        line, column = error.position
        raise ParseProblem(
            "not-xml",
            f"The file is not well-formed XML: {_reason(error)} at line {line}, column {column + 1}. "
            "Export it again, or ask the supplier for another file.",
        ) from error
    except (LookupError, ValueError, UnicodeError) as error:
        # What expat does not know itself it asks Python's codecs for; those answer with these.
        raise ParseProblem(
            "encoding",
            f"The file is in an encoding that cannot be read ({error}). Save it as UTF-8 and upload it again.",
        ) from error
    return root


def _reason(error: ParseError) -> str:
    return str(error).partition(":")[0] or "unreadable"
