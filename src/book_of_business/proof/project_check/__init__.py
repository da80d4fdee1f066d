"""Rules of the house that neither dbt nor a linter knows. `python -m book_of_business.project_check` runs them."""
