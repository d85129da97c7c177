"""What a run's page says about who was tested."""

import pytest

from training.wording import protocol


@pytest.mark.parametrize("left_out", [None, "SAVEE"])
def test_a_later_stage_does_not_claim_that_its_test_speakers_were_new_to_all_stages(left_out):
    first, later = protocol("test", left_out), protocol("test", left_out, later_stage=True)
    assert "looked at once." in first and "may have been tested" not in first
    assert "looked at once." not in later and "looked at once with this model" in later
    assert "runs that it began with may have been tested on them" in later
    assert protocol("validation", None, later_stage=True) == protocol("validation")
