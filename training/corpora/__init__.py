"""Corpora in their published layouts: file name → speaker, gender, emotion, intensity, sentence."""

from training.corpora.base import Clip, Corpus, discover
from training.corpora.registry import CORPORA

__all__ = ["CORPORA", "Clip", "Corpus", "discover"]
