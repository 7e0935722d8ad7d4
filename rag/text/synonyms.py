"""Own small tables of words that say the same, or the opposite, in papers on computing.

Kept by stems (``rag.text.words.stem``), so that one entry serves all its forms.
"""

from __future__ import annotations

from rag.text.words import stem

# One line, one meaning. A word may stand in several lines.
_SAME = (
    """
reduce lower cut decrease drop fall shrink diminish lessen save shorten trim curb minimize
  slash less fewer
increase raise improve boost enhance grow rise gain climb higher greater larger more lift
  elevate better
beat outperform surpass exceed outdo better superior ahead top win
use employ utilize leverage exploit apply adopt rely harness
show demonstrate find reveal report indicate confirm observe prove suggest
method approach technique framework system scheme way strategy algorithm procedure
fast quick rapid speed accelerate speedup swift
slow sluggish
cheap inexpensive affordable economical cost
costly expensive price cost money
big large huge substantial sizeable massive
small tiny little compact lightweight minor
accurate precise accuracy precision correct
error mistake fault
begin start initiate
stop end finish halt
build create make construct design develop craft
propose introduce present offer describe
compare contrast against versus
evaluate test assess measure benchmark examine experiment investigate study analyze
difficult hard challenging tough
easy simple straightforward
many several various multiple numerous diverse different
few little scarce limited small
important key crucial critical essential significant central major vital
task problem job workload
data dataset corpus
memory footprint storage
latency delay time
energy power electricity
need require demand take
allow let enable permit
avoid prevent eliminate remove without
keep maintain preserve retain hold
change alter modify adapt adjust vary
choose select pick choice
combine join merge unify integrate pair fuse
split divide partition cut separate
share distribute allocate spread
train learn fit tune finetune
inference serving generation decoding
answer reply response respond
question query prompt request
understand comprehend grasp
solve address tackle handle resolve overcome deal
limit constrain restrict bound budget cap
predict forecast anticipate estimate
detect find identify recognize spot locate discover
store hold keep cache save
move transfer shift send
compress shrink quantize prune
group cluster bundle batch
convert turn transform translate
example instance case
author paper study work researcher
user person people human
device machine hardware
processor chip
graph network
layer block
picture image visual photo
video clip
speech audio voice sound
text document article passage
robust resilient stable reliable noise
near close approach
state-of-the-art best leading advanced modern
current existing present today conventional
previous earlier prior past former
new novel fresh
average mean typical
maximum most peak highest
minimum least lowest
about roughly approximately nearly almost around
half halve
double twice
automatic autonomous
dynamic adaptive online runtime
goal aim objective target purpose
benefit advantage gain merit
drawback disadvantage weakness shortcoming limitation
result outcome finding
cause lead bring yield produce give
reach achieve attain obtain get hit
scale grow extend
part component module piece
step phase stage
parallel concurrent simultaneous together
cooperate collaborate
survey review overview
public open release available
infer deduce
drug medicine treatment therapy
illness disease infection
risk chance likelihood probability
death mortality die fatal
patient subject participant
protect guard shield defend
spread transmit transmission
""".replace("\n  ", " ")
    .strip()
    .splitlines()
)

_GROUPS: dict[str, frozenset[str]] = {}
for _line in _SAME:
    _stems = frozenset(stem(part) for word in _line.split() for part in word.split("-"))
    for _stem in _stems:
        _GROUPS[_stem] = _GROUPS.get(_stem, frozenset()) | _stems


def same_meaning(one: str) -> frozenset[str]:
    """The stems that may stand for the stem ``one``, itself among them where it is known."""
    return _GROUPS.get(one, frozenset())
