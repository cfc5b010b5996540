"""The accounting once more, slow and obvious: what engines are held to, and what `verify` says.

Plain Python, integers and fractions, dicts and loops, written rule by rule beside the design
(R1-R4, R6-R10). It shares no code with `streams/`: where the two agree to the digit, two readings
of the rules agree.
"""

from oracle.account import account
from oracle.compare import compare
from oracle.judge import judge, judge_line
from oracle.records import Books, Given, Reading, Rollup
from oracle.verify import verify

__all__ = [
    "Books",
    "Given",
    "Reading",
    "Rollup",
    "account",
    "compare",
    "judge",
    "judge_line",
    "verify",
]
