"""Errors that a user can act on.

Everything the program raises on purpose derives from :class:`SerLiveError`; its text is one line
that says what is wrong and, where there is one, what to do.  The command line prints it without a
traceback, the window shows it in a message.
"""

from __future__ import annotations


class SerLiveError(Exception):
    """Base of all errors whose text is meant for the user."""


class AudioDeviceError(SerLiveError):
    """The sound system, or a device of it, cannot be used."""


class AudioFileError(SerLiveError):
    """A file that cannot be read as audio."""


class CheckpointError(SerLiveError):
    """A checkpoint that is missing, damaged, altered or of the wrong shape."""


class ConfigError(SerLiveError):
    """A configuration value of the wrong name, type or range."""


class BackendError(SerLiveError):
    """A compute device that was asked for and cannot be used."""


class ExportError(SerLiveError):
    """Results that cannot be written in the format that was asked for."""


class SessionFileError(SerLiveError):
    """A session file that cannot be read or written."""
