"""Figures for whoever watches the installation: what is so now, what has happened, how long it took.

Three sources, each the cheapest that is right however many processes there are (docs/decisions/0019-operations.md):

``figures``   what is so now, asked of the rows when somebody looks
``record``    what has happened, folded from the event chain, each line once
``memory``    what only the process knows that did it, added up in rows every few seconds

The names, their labels and what they mean are in ``catalogue``.
"""

from executions.meters.memory import level, observe
from executions.meters.sample import Sample

__all__ = ["Sample", "level", "observe"]
