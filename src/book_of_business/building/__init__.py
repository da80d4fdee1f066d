"""From raw tables to published marts: dbt, what a build found, publishing, one build at a time."""
