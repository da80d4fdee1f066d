"""Increments equal a full build where a line of a contract matters before its own date."""

from pathlib import Path

import pytest

from . import contract_rows
from .sequences import Player, begun
from .test_increments_equal_a_full_build import IS_LONG, SEED, keeps_weeks

# Each goes less far back than the one before, so that what it got wrong stays.
STEPS = ("step_comes_late", "link_leads_somewhere", "signed_ahead", "linked_later", "goes_on_inclusively")


@pytest.mark.skipif(not IS_LONG, reason="minutes: make prove-increments")
@pytest.mark.parametrize("form", ["csv", "folders"])
def test_lines_that_matter_before_their_own_date(form: str, tmp_path: Path) -> None:
    history = begun(tmp_path, "simulated", SEED, has_own_project=False)
    contract_rows.prepare(history)
    player = Player(history, tmp_path, form, SEED)
    player.step("begin")
    for name in STEPS:
        assert player.step(name), f"{name} changed nothing"
        assert keeps_weeks(player), f"everything was built: this proves nothing\n{player.played}"
    player.step("weeks:1")
    assert not player.check(), str(player.played)
