"""Builds and measures the models that SER Live runs: corpora → manifest → features → checkpoint."""
