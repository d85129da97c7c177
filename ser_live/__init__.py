"""SER Live: emotion and vocal gender in speech, live."""

__version__ = "0.1.0"
