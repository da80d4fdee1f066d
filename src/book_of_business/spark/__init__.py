"""The same models on Apache Spark, in a local session: from raw files to marts as files that need no Spark."""
