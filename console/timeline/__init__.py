"""The authority timeline: a run's life put on a scale, into shapes and into words. Knows nothing of requests."""
