"""Searching by words, as the indexes of runs, holds and lines have them."""

from django.contrib.postgres.search import SearchQuery

MOST = 8
"""Words of one search that count."""


def begin_like(text: str) -> SearchQuery | None:
    """Return the search for what has, for each of these words, one that begins like it.

    Args:
        text: as it was typed; of each word letters, digits and ``-_.@`` count.

    Returns:
        The search; None where there is no such sign in the text.
    """
    words = ["".join(letter for letter in word if letter.isalnum() or letter in "-_.@") for word in text.split()]
    prefixes = " & ".join(f"'{word}':*" for word in words[:MOST] if word)
    return SearchQuery(prefixes, config="simple", search_type="raw") if prefixes else None
