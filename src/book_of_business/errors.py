"""Errors that a user can act on."""


class UserError(Exception):
    """Something only the user can mend; the message says what, where and what to do. Shown without a traceback."""
