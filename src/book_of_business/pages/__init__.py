"""What the notebooks ask of the published marts: tables, sentences and charts, and running them as HTML."""
