"""The raw contract, and what is received: files, headers and encodings, read before a build; reference tables."""
