"""Augmentation of the waveform of training clips, stored as versions of the feature cache."""
