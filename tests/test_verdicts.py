"""How often the claims table would call equal settings different."""

import numpy as np
import pytest

from training.claims import BASELINE, claims_markdown, claims_table
from training.claims import Run as ClaimsRun
from training.verdicts import false_verdicts


def test_two_seeds_are_judged_by_the_ratio_of_two_normal_draws():
    # |x - mean of two| against 2 |difference of the two|: sqrt(3/2) Z1 against 2 sqrt(2) Z2, and
    # the ratio of two normal draws follows Cauchy's distribution.
    exact = 1 - 2 / np.pi * np.arctan(2 * np.sqrt(2) / np.sqrt(1.5))
    assert false_verdicts(2) == pytest.approx(exact, abs=0.005)
    assert false_verdicts(2) > 2 * false_verdicts(3) > 4 * false_verdicts(4)
    with pytest.raises(ValueError, match="no spread"):
        false_verdicts(1)


@pytest.mark.parametrize(("seeds", "said"), [(2, "26 %"), (3, "8 %"), (1, None)])
def test_the_table_says_how_much_of_it_is_luck(seeds, said):
    runs = [ClaimsRun(f"a{i}", {"recipe.seed": i}, 0.5 + 0.01 * i) for i in range(seeds)]
    table = claims_table(runs)
    assert table.set_index("claim").loc[BASELINE, "seeds"] == seeds
    text = claims_markdown(table)
    if said:
        assert f"With {seeds} seeds chance alone gives a verdict to {said} of single runs" in text
    else:
        assert "chance alone" not in text
    assert "chance alone" not in claims_markdown(claims_table([]))
