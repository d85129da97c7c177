"""Session files: a session's results, waveform and, where asked for, sound, in one SQLite file."""
