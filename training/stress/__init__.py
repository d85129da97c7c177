"""Stress tests: how a checkpoint stands up to small changes, noise, telephones, rooms and tilt.

The tests and thresholds are those of audEERING's SER test suite for categorical emotion
(correctness, fairness, robustness).  Where it left something open here, or a source cannot be had,
the module that does it instead says so.
"""
