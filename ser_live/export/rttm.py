"""RTTM, the format of NIST's Rich Transcription evaluations: one SPEAKER line an utterance.

Ten columns between single spaces: type, file, channel, begin (s), duration (s), orthography,
subtype, name, confidence, lookahead; ``<NA>`` where there is nothing to say.  The name is the
likeliest gender and emotion, ``female_happy``, or ``unsure``; the confidence is the emotion's
probability.  (NIST, RT-09 evaluation plan, appendix A.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import BinaryIO

from ser_live.export.results import Results
from ser_live.export.text import as_text

_NOTHING = "<NA>"


def write_rttm(results: Iterable[Results], stream: BinaryIO) -> None:
    """Write the lines of every source; white space in a file's name becomes ``_``."""
    with as_text(stream) as text:
        for each in results:
            name = re.sub(r"\s+", "_", each.stem)
            for start, end, result in each.spans():
                e = result.estimate
                who = "unsure" if e.low_evidence else f"{e.top_gender}_{e.top_emotion}"
                columns = ["SPEAKER", name, "1", f"{start:.3f}", f"{end - start:.3f}", _NOTHING]
                columns += [_NOTHING, who, f"{e.confidence:.4f}", _NOTHING]
                text.write(" ".join(columns) + "\n")
