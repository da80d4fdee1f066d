"""An independent check of a proposal: SQL over the marts, the files of the proposal and the rules."""
