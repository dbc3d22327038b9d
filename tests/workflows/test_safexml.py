"""XML from strangers cannot fetch, expand or exhaust anything."""

import tracemalloc

import pytest

from tests.workflows.invoices import RIGHT
from workflows.invoices.safexml import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, parse_xml
from workflows.invoices.ubl import ParseProblem, parse_invoice

BILLION_LAUGHS = """<!DOCTYPE Invoice [
<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">
]><Invoice>&e;</Invoice>"""
QUADRATIC = f'<!DOCTYPE Invoice [<!ENTITY a "{"x" * 50_000}">]><Invoice>{"&a;" * 50_000}</Invoice>'
FROM_FILE = '<!DOCTYPE Invoice [<!ENTITY a SYSTEM "file:///etc/passwd">]><Invoice>&a;</Invoice>'
FROM_NETWORK = '<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:9/invoice.dtd"><Invoice/>'
BY_PARAMETER = '<!DOCTYPE Invoice [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]><Invoice/>'
HARMLESS = "<!DOCTYPE Invoice><Invoice/>"


def code_of(content: bytes) -> str:
    """Parse a document that must be refused, and return the problem's code."""
    with pytest.raises(ParseProblem) as caught:
        parse_invoice(content)
    return caught.value.code


@pytest.mark.parametrize(
    "text",
    [BILLION_LAUGHS, QUADRATIC, FROM_FILE, FROM_NETWORK, BY_PARAMETER, HARMLESS],
    ids=["billion laughs", "quadratic blow-up", "outside file", "outside DTD", "parameter entity", "empty DTD"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_a_document_type_declaration_is_refused_at_once(text, encoding):
    # Without a byte order mark, UTF-16 is known by its declaration only.
    declared = f'<?xml version="1.0" encoding="UTF-16"?>{text}' if encoding == "utf-16-le" else text
    assert code_of(declared.encode(encoding)) == "dtd"


def test_an_entity_that_nobody_declared_is_refused():
    assert code_of(b"<Invoice>&secret;</Invoice>") == "not-xml"


def test_an_inclusion_is_not_followed():
    included = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    text = RIGHT.replace("<cbc:ID>2026-0139</cbc:ID>", f"<cbc:ID>{included}</cbc:ID>")
    assert code_of(text.encode()) == "nested"


@pytest.mark.parametrize("closed", [True, False])
def test_elements_nested_too_deep_are_refused(closed):
    depth = 200_000
    assert code_of(b"<a>" * depth + (b"</a>" * depth if closed else b"")) == "too-deep"


def test_elements_may_be_nested_as_deep_as_the_limit():
    assert parse_xml(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH).tag == "a"
    assert code_of(b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1)) == "too-deep"


def test_a_flood_of_small_elements_is_stopped_before_it_fills_the_memory():
    content = b"<a>" + b"<b/>" * (MAX_ELEMENTS * 5) + b"</a>"
    assert len(content) < MAX_BYTES
    tracemalloc.start()
    try:
        assert code_of(content) == "too-many-elements"
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


def test_a_file_over_the_size_limit_is_not_parsed():
    assert code_of(b"<" * (MAX_BYTES + 1)) == "too-large"


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "empty", "empty"),
        (b" \n\t", "empty", "empty"),
        (b"%PDF-1.7 ...", "not-xml", "PDF"),
        (b"PK\x03\x04...", "not-xml", "ZIP"),
        (b"invoice;total\n1;2\n", "not-xml", "line 1"),
        (b"<Invoice><ID></Invoice>", "not-xml", "mismatched tag at line 1, column 16"),
        (b"<Invoice>", "not-xml", "no element found"),
        (b"<Invoice/><Invoice/>", "not-xml", "junk after document element"),
        (b"<Invoice>\x00</Invoice>", "not-xml", "line 1"),
        (b"\xff\xfe\x00", "not-xml", "not well-formed"),
    ],
)
def test_what_is_no_xml_is_told_in_words(content, code, words):
    with pytest.raises(ParseProblem) as caught:
        parse_invoice(content)
    assert caught.value.code == code
    assert words in caught.value.detail


@pytest.mark.parametrize(
    ("codec", "declared"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("iso-8859-1", "ISO-8859-1"),
        ("cp1252", "windows-1252"),
        ("iso-8859-15", "ISO-8859-15"),
    ],
)
def test_a_name_is_read_in_the_encoding_that_the_file_declares(codec, declared):
    text = RIGHT.replace("Norrsken Kontor AB", "Äpple & Söner".replace("&", "&amp;"))
    text = text[text.index("?>") + 2 :]
    invoice = parse_invoice(f'<?xml version="1.0" encoding="{declared}"?>{text}'.encode(codec))
    assert invoice.supplier.name == "Äpple & Söner"


@pytest.mark.parametrize(
    "declared", ["UTF-32", "Shift_JIS", "EBCDIC-XX", "big5", "no-such-encoding", "zip", "hex", "utf-7"]
)
def test_an_encoding_that_cannot_be_read_is_refused(declared):
    text = RIGHT[RIGHT.index("?>") + 2 :]
    content = f'<?xml version="1.0" encoding="{declared}"?>{text}'.encode()
    assert code_of(content) in ("encoding", "not-xml")


def test_bytes_that_are_not_in_the_declared_encoding_are_refused():
    assert code_of(RIGHT.replace("Norrsken", "Äpple").encode("iso-8859-1")) == "not-xml"
