"""How well the risk signals see, and whether the time to detection is right, on books whose truth is known.

`python -m book_of_business.risk_evidence` simulates, builds with dbt what the signals need, compares with what was
planted and writes docs/evidence/risk_signals.md. It takes minutes; a short form of it is a test.
"""
