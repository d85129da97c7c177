"""Finding speech: voice activity, utterances, windows."""
