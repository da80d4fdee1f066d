"""What a terminal prints of the published marts: the books, the weekly scorecard, answers to questions."""
