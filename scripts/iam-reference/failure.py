"""The one exception that ends a refresh with a sentence instead of a traceback."""


class Refusal(Exception):
    """Nothing was written; the text says why, and what to do."""
