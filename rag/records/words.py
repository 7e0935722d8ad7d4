"""The words by which questions ask for records: what each means is a line of one table."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

# "tag value: phrases", parted by commas: "a/b" is either word, "a?" may be left out, "a*" is a or
# as. The longest phrase that fits a question is taken (``rag.records.items``), with all its tags.
_TABLE = """
field authors: how many author*/co-author*, number of author*/co-author*, by whom, behind, whose
field authors: who else? wrote/made/did/published/built/created/developed/invented/proposed/authored
field authors: who is/are/was/were behind, first? author*/co-author*/coauthor* list?, creator*
field authors: full/complete author list, authored, wrote, write, written by
field year: from when, what/which year/yr, year*/yr, publication? date*/year, how old/recent
field bibtex: bib/bibtex/biblatex entry?, cite/citing/reference, citation* entry?
field code: source/public? code, github, gitlab, git, repo*/repository/repositories/implementation*
field code: code link*/release*/repo*/repository/repositories, code on github/gitlab
field code: open source/sourced, open-source/open-sourced/opensource
field doi: doi*
field address: link*/url*/identifier/website/webpage/address/pdf/id*, web site/page
field address: arxiv number/nr/id/link?, where can/could/do i/we/one find/read/get/download/see
field topics: topic*/keyword*/tag*/category/categories/subject*/field*/area*
field title: title*
field venue: journal*/venue*/conference*/proceedings
field affiliation: affiliation*/institution*/university/universities/company/companies/country
field affiliation: countries
field all: metadata/record, bibliographic data/record/details, all/the? details
field abstract: whole/full/entire? abstract/digest, full text
entries: as/in a? bib/bibtex/biblatex file/format/entries?, bibtex entries? of/for all/your/every
similar: similar to?, comparable/akin/related/nearest/neighbour*/neighbor*, close/closest to
similar: resembling/resemble/resembles, along the lines, in the spirit/vein, based on, what next
similar: the? same problem/topic/direction/area/field/thing/line, alternative* to?
similar: read/reading next, next after, read after, what else? should/could/can i/we read
count: how many/much, number/nr/no of, #, count, total, is? there more than one, are there more
order newest: newest/latest/newer, most recent/recently/new/current/up-to-date, more recent
order newest: most up to date, freshest
order recent: recent/recently/lately, anything/something new, what is new
order oldest: oldest/earliest/older/earlier/chronologically, most old
order oldest: was/is/came first
order random: random/randomly, surprise me, pick/suggest/recommend me/us? a/an/one/any
order random: pick/suggest/recommend me/us? some/something
sort: sort/sorted/order/ordered/rank/ranked them/these/those/it/all/papers? by the? year*/date*/age
sort: by date/age, sort/sorted/order/ordered them/these/those? chronologically
mention: that/which? mention*/mentioning/mentioned/contain*/containing the? word/term/name?
mention: that/which? use*/using the? word/term/name?
mention: with/include the word/term/name/phrase, speak* of
not: not, nothing, no, none, except for?, without, excluding, minus, besides, cannot, aint, arent
not: isnt, dont, doesnt, didnt, lack*/lacking, miss/misses/missing, other/rather than
not: anything/everything/all but, instead of, apart from, leave/leaving out, i don't/dont want
by: by/et/al/person/everything, works/papers of, listed as, called, 's, published, 1st author
group authors: first? author*/researcher*/writer*/contributor*, people, author names, whose name
group authors: how many author*, by author
group years: year*/timespan/timeframe/period, year range/span, time span/frame/range
group years: what/which year, by year
group topics: by topic, topic*/subject*/theme*/category/categories/keyword*/tag*
group topics: research? area*/field*
per: by author/year/topic, per/each/every/distribution/breakdown/histogram
extreme most: most often/frequently/frequent/common/popular/prolific/active/productive?
extreme most: most used/mentioned, biggest/largest/top/main/dominant/prolific/busiest/commonest
extreme least: least often/common/frequent?, fewest/smallest/rarest
several: more than/over, at least, several, multiple
mean: average/mean/median/typical, on average
all: overall, all the/these? papers/people, what/which do most papers/people/authors
all: in/of/over/across all/these/the
bound since: since
bound after: after, later/newer than, more recent than, post, >
bound before: before, earlier/older than, prior to, pre, <
bound until: until, till, up to, through
bound between: between
bound in: from/frm/in/of/during/for/dated the? year?
here: is/are there, do/can/could you/we/i, do/does any, who has
follow: what/how about, and, but, or, just, only
these: all/any/which/one/some/both? of them/these/those, them/these/those/they/both
these: all/any/which/one/some/both? of the above/list/lot/two/three/four/five, listed above
these: the one/ones from/by/on/with/without/that/of/in, ones from/by/with/without/in, the above
these: the ones
this: it/its/this/that one/paper/work/thing/article/study/survey/system?
this: the one/paper/work/thing/article/study/system
say greeting: hi/hello/hey/hallo/howdy there/all?, good morning/afternoon/evening/day
say thanks: many? thanks/thank/thx/cheers/ta/bye/goodbye you?, see you later?, got it
say thanks: ok/okay/great/perfect/cool/nice/alright/awesome, that/this? was/is? very? helped/helpful
say help: help me?, what is it? that? you can do, what can you/i/it/this do/ask, what/who are you
say help: how does this work, how do/can/should i use this/you/it, what is this
say help: i can/should ask you?, what should/could i ask you?, kind*/sort* of questions
say doubt: are/r you/u really/quite? sure/certain, is that/this/it right/correct/true, really
say doubt: not right/correct/true, wrong, incorrect
say shorter: make? it/that? shorter/briefer, more concise, in one/a single? sentence, too long
say shorter: tldr, tl;dr
say more: tell/show/give? me? any/some? more details?, go on, continue, elaborate, what else
say more: the? rest/others/remainder, the? next page/ones/ten/10, remaining
view: summarize/summarise/summary/overview/outline/introduce/describe/description/explain
view: what is/are, how big/large, the? size of, what do/does, what do you have/know/cover/hold
view: tell me about, what kind*/sort*/type* of, have you got, about
view: what do/does the/this/your library/collection contain/hold/cover/have
library: what do/does the/this/your library/collection contain/hold/cover/have
library: library/collection/corpus/database/catalog/catalogue/archive, in here
paper: paper*/article*/publication*/preprint*/work*/study/studies/thesis/theses/survey*/one*/item*
paper: entry/entries, abstracts, texts
unrecorded: who/that/which/papers/what else? cite*/cited/citing, has/have cited, cited by, h-index
unrecorded: h index, impact factor, peer review/reviewed, peer-review/peer-reviewed, email/e-mail
unrecorded: downloads/pages, most cited/citations, citation count*, how long is it/this
unrecorded: how long is the/this paper/article/text
cited: cited
unranked: best/greatest/coolest/worst/longest/shortest/hardest/easiest, most famous/read/useful
unranked: most important/influential/interesting/popular/cited/relevant/significant/impressive
ranked: highest/lowest/smallest/strongest
ranked speed: fastest/quickest/slowest
ranked cost: cheapest/costliest
letters: start*/starting/begin*/beginning/end*/ending with/in the? letter? a/an?
ask: how/why/when/where/who/whom/do/does/did/can/could/should/is/are/explain/describe/compare
ask: summarise/summarize, what is/are/was/were/does/did/do/has/have/make/makes/happens
text: by its/their author*
text: what/how/why/where/when do/does/did/have/has/are/were/was the? author*/researcher*/team
"""
NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "few": 5, "couple": 2}
PLACES = {
    **dict(zip("first second third fourth fifth last".split(), (0, 1, 2, 3, 4, -1), strict=True)),
    **dict(zip("1st 2nd 3rd 4th 5th".split(), range(5), strict=True)),
}
APPEARED = frozenset(
    "published released written appeared posted out appear dated publish come came from".split()
)
BY_AGE = frozenset(
    ("later than", "newer than", "more recent than", "earlier than", "older than", "prior to")
)
HAVING = frozenset(
    "with have has having releases release released provides provide shares share offers offer come"
    " comes links".split()
)
# Words of chat, and words that say that papers are asked for but not which: what is left is what
# they are about.
FILLER = frozenset(
    """
a about above abstracts add added after again all also am an and any anybody anyone anything
anywhere appear appeared appears are area article articles as ask at available be because been
both but by call called came can catalog certain check chronologically co collection come comes
coming concerning conference could count cover covered covering current currently cut d date dated
deal dealing deals dealt did discuss discusses do documents does download each either else enjoyed
entire entries entry ever every everything exactly exist exists export filed find first folks for
found frm from full get gimme give given go good got guess had has have having hello help her here
hers hey hi his hold holding how however i id if im in incl included including inclusive
interested into is it item items its just keep kind kindly know last lately latest lead let
library like liked likes list listed lists ll long look looking lot loved m made main make many
maybe me mean mention mentioned more most much my n name names need new next nr number of ok old
on one ones online only or other others our out overall paper papers people person person's place
please pls possible posted preprint preprints present public publication publications publish
published pull put quick quickly r re read reading really recommend regarding release released
report research s same say search see send set share should show shown so some somebody someone
something sort sth still studies study stuff such suggest suggested supervisor t tagged talk team
tell texts than thank thanks that the their theirs them then there these thesis they thing things
think this those thus title titled titles to topic topics total u under up us use using ve version
want wanted was we well wen were what whats when where which who whole whom whose will wise with
wo work works would write writes writing written wrote year years yes you your yours
""".split()
)
# Beside those, where authors, years or topics are counted.
GROUP_FILLER = frozenset(
    """
appear appears available contain contains counts cover covered covers different distinct here
include included includes kinds list listed name named names occur occurs often overview paper's
range ranges research saw span spans summary time turn turns unique up go goes over
""".split()
)


def _phrases() -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Every phrase of the table, word by word, with its tag and value."""
    for line in _TABLE.strip().splitlines():
        what, _, said = line.partition(": ")
        tag, _, value = what.partition(" ")
        for phrase in said.split(", "):
            for words in itertools.product(*map(_forms, phrase.split())):
                if any(words):
                    yield tuple(filter(None, words)), tag, value


def _forms(word: str) -> list[str]:
    """What a word of the table stands for."""
    forms = [form.rstrip("*") for form in word.removesuffix("?").split("/")]
    plural = [f"{form[:-1]}s" for form in word.removesuffix("?").split("/") if form[-1] == "*"]
    return [*forms, *plural, *([""] * word.endswith("?"))]


PHRASES: dict[tuple[str, ...], dict[str, str]] = {}
for _words, _tag, _value in _phrases():
    PHRASES.setdefault(_words, {}).setdefault(_tag, _value)
LONGEST = max(map(len, PHRASES))
SPELT = frozenset(word for phrase in PHRASES for word in phrase if word.isalpha() and len(word) > 3)
SPELT |= {word for word in FILLER if len(word) > 3}
BY_LETTERS = {"".join(sorted(word)): word for word in sorted(SPELT)}
