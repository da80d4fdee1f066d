"""What a bar of the touch plan says of touches held."""

from book_of_business.pages.balance import touch_words

BOOK = {"required_hours_per_week": 21.25, "verdict": "within", "actual_touch_count": 12, "due_touch_count": 23.4}


def test_touches_held_stand_beside_those_due() -> None:
    assert touch_words(BOOK) == "21.2 h, within; 12 touches held of 23 due"


def test_touches_are_not_observed_where_no_interaction_is_on_file() -> None:
    assert touch_words(BOOK | {"actual_touch_count": None}) == "21.2 h, within; touches held not observed, 23 due"
