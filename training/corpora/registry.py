"""The corpora this project trains on, in the order of its tables."""

from training.corpora.base import Corpus
from training.corpora.crema_d import CREMA_D
from training.corpora.ravdess import RAVDESS
from training.corpora.savee import SAVEE
from training.corpora.tess import TESS

CORPORA: dict[str, Corpus] = {c.name: c for c in (CREMA_D, RAVDESS, TESS, SAVEE)}
