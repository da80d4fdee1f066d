"""Proof of the statistics: claims with a mark, held against worlds whose truth is planted, over many seeds."""
