"""The fixes that are suggested for refused statements, in the order they are tried.

The most certain ones come first.

Most kinds are a `Rule`: a pattern and what replaces it. The others are functions of a statement and
its mask.
"""

from __future__ import annotations

from collections.abc import Iterator

from sequencer.language.spec import ACTION_KEYWORDS, STATEMENT_KEYWORDS
from sequencer.language.text import suggestion_finders as finders
from sequencer.language.text.suggestion import Finder, Rule, Suggestion
from sequencer.language.values.amounts import DASHES
from sequencer.language.values.strings import NAME
from sequencer.language.values.triggers import (
    RESERVED_GO_CUE,
    SUGGESTED_GO_CUE,
    TWO_LENGTHS_MESSAGE,
)

_ACTION = "|".join(ACTION_KEYWORDS)
_STATEMENT = "|".join(STATEMENT_KEYWORDS)
_TEXT = r"\"\x01*\""
_AT = r"^at[ \t]+"
_HEAD = r"^section\b[^{]*?"
_NAMED = r"^section[ \t]+(?:[\w\-]+|\"\x01+\")[ \t]+"
_UNTIL_ALONE = r"(?P<until>until\b(?:(?!\bmax\b)[^{])*?)(?=[ \t]*\{)"
_EVERY = r"^every\b[^\",]*?"
_ASSIGNMENT = r"(?::=|:|==|->|is\b)"
_DASH = f"[-{''.join(DASHES)}]"
_LENGTH_UNIT = r"(?:bars?|beats?|chunks?|seconds?|[bcfs]|ms)"
_LENGTH = r"(?P<length>\d+(?:[./]\d+)?[ \t]*(?:bars?|beats?|[bcsf]|ms))"

_NOT_A_COMMENT = "`{symbol}` does not start a comment"
_NOT_A_KEYWORD = "`{word}` is not a keyword here"
_TWO_ACTIONS = "actions are separated by a comma"
_NO_FROM = "the start of an `every` follows `from`, not `{word}`"
_NOT_A_TRIGGER = "{length} is a length, not a trigger"

_STAGES = rf"on[ \t]+{NAME}(?:[ \t]*,[ \t]*{NAME})*"

KINDS: tuple[Rule | Finder, ...] = (
    finders.find_quotes,
    finders.find_stages_without_actions,
    Rule(
        code="E341",
        pattern=rf"[ \t]on[ \t]+{NAME}(?P<x>[ \t]*(?:\band\b|&|\+)[ \t]*)(?={NAME})",
        text=", ",
        message="the names of stages are separated by commas",
        hint="write a comma",
    ),
    Rule(
        code="E341",
        pattern=rf"^(?P<head>at[ \t]+\S+)[ \t]+(?P<actions>[^#]*?),?[ \t]+(?P<on>{_STAGES})$",
        text="{head} {on} {actions}",
        message="the stages come before the actions",
        hint="write {new}",
    ),
    Rule(
        code="E158",
        pattern=r"(?P<x>(?P<symbol>[;.]+\s*))$",
        text="",
        message="`{symbol}` does not end a statement",
        hint="a new line does: remove it",
        is_safe=True,
    ),
    Rule(
        code="E109",
        pattern=r"(?:^|[ \t])(?P<x>(?P<symbol>//|--|;|/\*))[\s\S]*",
        text="#",
        message=_NOT_A_COMMENT,
        hint="write # instead",
    ),
    Rule(
        code="E109",
        pattern=r"(?:^|[ \t])(?P<symbol>//|--|;|/\*)[\s\S]*",
        text="",
        message=_NOT_A_COMMENT,
        hint="a comment begins with #",
    ),
    Rule(
        code="E147",
        pattern=r"[^\s#](?P<x>)#",
        text=" ",
        message="a comment's # needs a space before it",
        hint="add a space before #",
    ),
    Rule(
        code="E161",
        pattern=rf"{_EVERY}[ \t](?P<x>(?P<word>starting|beginning|start|since|at|on)[ \t]+"
        r"(?:at[ \t]+|from[ \t]+|bar[ \t]+)*)(?=\d)",
        text="from ",
        message=_NO_FROM,
        hint="write from",
    ),
    Rule(
        code="E219",
        pattern=rf"{_AT}(?:measure|takt)[ \t]+(?P<bar>\d+)",
        text="at {bar}",
        message="a bar is written as its number alone",
        hint="write {new}",
    ),
    finders.find_units_before_numbers,
    Rule(
        code="E243",
        pattern=(
            r"\bstrength[ \t]+\d[\d.]*(?P<x>[ \t]*(?:->|→|=>|\.\.+|\bto\b)[ \t]*\d[\d.]*"
            r"(?:[ \t]+(?:over|in|for|during)[ \t]+\d[\d./]*[ \t]*[a-z]+)?)"
        ),
        text="",
        message="a strength does not change gradually: it is that of the image on its chunk",
        hint="write one number; a later image can have another one",
        is_safe=True,
    ),
    Rule(
        code="E157",
        pattern=r"^(?:at|from)[ \t]+\+(?P<x>[ \t]+)(?=\d)",
        text="",
        message="a number directly follows the +",
        hint="remove the space",
    ),
    Rule(
        code="E134",
        pattern=(
            r"^on[ \t]+(?:bar[ \t]+|beat[ \t]+1\.)?(?P<bar>\d+(?:\.\d+)?)[ \t]+"
            rf"(?={_TEXT}|[^\W\d])"
        ),
        text="at {bar} ",
        message="a rule reacts to a trigger; a position follows `at`",
        hint="write {new}",
    ),
    Rule(
        code="E201",
        pattern=r"^every[ \t]+(?P<count>\d+)(?:st|nd|rd|th)[ \t]+(?P<unit>bar|beat)s?\b",
        text="every {count} {unit}s",
        message="a length is a number and a unit",
        hint="write {new}",
    ),
    Rule(
        code="E201",
        pattern=r"^every[ \t]+(?:other|second)[ \t]+(?P<unit>bar|beat)s?\b",
        text="every 2 {unit}s",
        message="a length is a number and a unit",
        hint="write {new}",
    ),
    Rule(
        code="E161",
        pattern=rf"{_EVERY}[ \t](?P<x>(?P<word>offset|after|first)[ \t]+)(?=\d)",
        text="from ",
        message=_NO_FROM,
        hint="write from",
    ),
    Rule(
        code="E161",
        pattern=rf"{_EVERY}(?P<x>[ \t]+(?:until|to|till)[ \t]+[\d.]+)",
        text="",
        message="an `every` repeats until the end of its section, or of the score",
        hint="remove it",
    ),
    finders.find_alternatives,
    Rule(
        code="E157",
        pattern=rf"(?<!\w)(?<!pick)(?<!shuffle)[ \t]*[\[({{][ \t]*(?P<text>{_TEXT})[ \t]*[\])}}]",
        text=" {text}",
        message="a text has no brackets around it",
        hint="write {new}",
    ),
    finders.find_picks_without_bars,
    finders.find_joined_texts,
    Rule(
        code="E108",
        pattern=r"(?:[`´‘’‚‛]+|''+)(?P<inner>[^'`´‘’‚‛\n\x01\"]+)(?:[`´‘’‚‛]+|''+)",
        text='"{inner}"',
        message="a text is written in double quotes",
        hint="write {new}",
    ),
    finders.find_words_before_texts,
    finders.find_cuts_to,
    Rule(
        code="E131",
        pattern=r"(?<=[ \t])(?:hard|jump|smash|straight|quick)[ \t]+(?=cut\b)",
        text="",
        message="every cut is a hard cut",
        hint="remove the word",
    ),
    Rule(
        code="E131",
        pattern=r"(?<=[ \t])(?P<word>bpm|speed)[ \t]*[=:]?[ \t]*(?=\d)",
        text="tempo ",
        message=_NOT_A_KEYWORD,
        hint="write tempo",
    ),
    Rule(
        code="E131",
        pattern=(
            r"(?<=[ \t])(?P<word>time(?:[ \t]+signature)?|signature)[ \t]*[=:]?[ \t]*"
            r"(?=\d+/\d)"
        ),
        text="meter ",
        message=_NOT_A_KEYWORD,
        hint="write meter",
    ),
    Rule(
        code="E131",
        pattern=(
            r"(?<=[ \t])(?P<word>label|marker|cue-point|cuepoint|locator|name)[ \t]+"
            rf"(?={NAME})"
        ),
        text="mark ",
        message=_NOT_A_KEYWORD,
        hint="write mark",
    ),
    Rule(
        code="E131",
        pattern=r"^(?:at|every)[ \t]+[^\s\"]+[ \t]+(?P<x>(?:show|scene|play|use)[ \t]+)"
        rf"(?={NAME}(?:[ \t]*\"|[ \t]*,|[ \t]*$))",
        text="",
        message="a scene is shown by its name alone",
        hint="remove the word",
    ),
    Rule(
        code="E128",
        pattern=r"[ \t]+(?:with|using)[ \t]+(?=(?:strength|sr|image|cut|snap)\b)",
        text=", ",
        message=_TWO_ACTIONS,
        hint="add a comma here",
    ),
    Rule(
        code="E102",
        pattern=rf"\"(?P<x>[ \t]+(?:for|during|lasting)[ \t]+[\d./]+[ \t]*{_LENGTH_UNIT}\b)",
        text="",
        message="a prompt lasts until the next one",
        hint="remove it",
    ),
    Rule(
        code="E240",
        pattern=r"\btempo[ \t]+to[ \t]+(?=\d)",
        text="tempo ",
        message="the number directly follows `tempo`",
        hint="remove `to`",
    ),
    finders.find_missing_newlines,
    Rule(
        code="E104",
        pattern=rf"[ \t]*;[ \t]*(?=(?:{_STATEMENT})\b)",
        text="\n",
        message="`;` separates statements only inside braces: elsewhere a new line does",
        hint="move it to its own line",
    ),
    Rule(
        code="E129",
        pattern=r"^section[ \t]+(?:[\w\-]+|\"\x01+\")[ \t]*(?P<x>,[ \t]*)(?=[\d+])",
        text=" ",
        message="there is no comma between a section's name and its length",
        hint="remove the comma",
        is_safe=True,
    ),
    Rule(
        code="E129",
        pattern=r"^section[ \t]+(?:[\w\-]+|\"\x01+\")[ \t]*(?P<x>,[ \t]*)(?=until\b)",
        text=" ",
        message="there is no comma between a section's name and `until`",
        hint="remove the comma",
        is_safe=True,
    ),
    Rule(
        code="E136",
        pattern=rf"{_NAMED}(?P<x>(?P<length>[0-9][^,{{]*?)[ \t]*,[ \t]*{_UNTIL_ALONE})",
        text="{until}, max {length}",
        message=TWO_LENGTHS_MESSAGE,
        hint="write {new}",
        is_safe=True,
    ),
    Rule(
        code="E136",
        pattern=rf"{_NAMED}(?P<x>[0-9][^,{{]*,[ \t]*)(?=until\b)",
        text="",
        message=TWO_LENGTHS_MESSAGE,
        hint="remove the length",
        is_safe=True,
    ),
    Rule(
        code="E131",
        pattern=rf"{_NAMED}(?P<x>(?P<word>[^\W\d]+)[ \t]*,[ \t]*{_UNTIL_ALONE})",
        text="{until}, max 32 bars",
        message="{word} is not a length, and `until` needs none",
        hint="write {new}",
        is_safe=True,
    ),
    Rule(
        code="E131",
        pattern=rf"{_NAMED}(?P<x>(?P<word>[^\W\d]+)[ \t]*,[ \t]*)(?=until\b)",
        text="",
        message="{word} is not a length, and `until` needs none",
        hint="remove {word}",
        is_safe=True,
    ),
    finders.find_quoted_names_in_heads,
    Rule(
        code="E139",
        pattern=rf"{_HEAD}(?P<x>\((?P<inner>[^()]*)\))",
        text="{inner}",
        message="a length has no brackets",
        hint="write {inner}",
        is_safe=True,
    ),
    Rule(
        code="E133",
        pattern=rf"{_HEAD},[ \t]*(?P<x>)seed\b",
        text="cut ",
        message="the model reads its seed only when a take starts",
        hint="start a new take with it: cut seed …",
        is_safe=True,
    ),
    Rule(
        code="E240",
        pattern=rf"{_HEAD},[ \t]*(?P<x>(?P<bpm>[\d./]+)[ \t]*bpm\b)",
        text="tempo {bpm}",
        message="a section's tempo needs the keyword `tempo`",
        hint="write {new}",
        is_safe=True,
    ),
    Rule(
        code="E241",
        pattern=rf"{_HEAD},[ \t]*(?P<x>)\d+/\d+(?=[ \t]*[,{{])",
        text="meter ",
        message="a section's meter needs the keyword `meter`",
        hint="write meter before it",
        is_safe=True,
    ),
    Rule(
        code="E113",
        pattern=r"^scene[ \t]+[\w\-]+(?P<x>[ \t]*=?[ \t]*(?P<text>\"\x01*\"))$",
        text=" {{\n  base {text}\n}}",
        message="a scene's texts are written in braces",
        hint="write: scene NAME {{ base … follow … }}",
        is_safe=True,
    ),
    Rule(
        code="E230",
        pattern=rf"{_HEAD}\buntil\b[^{{]*?(?P<x>[ \t]+or[ \t]+{_LENGTH})(?=[ \t]*(?:,|\{{))",
        text=", max {length}",
        message=_NOT_A_TRIGGER,
        hint="its maximum length follows a comma: write {new}",
        is_safe=True,
    ),
    Rule(
        code="E230",
        pattern=rf"{_HEAD}(?P<x>\buntil[ \t]+){_LENGTH}(?=[ \t]*(?:,|\{{))",
        text="",
        message=_NOT_A_TRIGGER,
        hint="a section of fixed length has only its length: write {length}",
        is_safe=True,
    ),
    Rule(
        code="E139",
        pattern=r"^section[ \t]+[\w\-]+(?P<x>)(?=[ \t]*(?:,[^{]*)?\{$)",
        text=" 8 bars",
        message="this section has no length",
        hint="write its length after its name, for example 8 bars",
        is_safe=True,
    ),
    finders.find_section_heads,
    Rule(
        code="E134",
        pattern=r"^(?:at|every)[ \t][^\",>]*?(?P<x>[ \t]*->[ \t]*)",
        text=" ",
        message="an arrow follows a trigger, not a position",
        hint="remove it",
        is_safe=True,
    ),
    Rule(
        code="E157",
        pattern=r"^(?:at|every)[ \t]+[^\s\",>]+(?P<x>[ \t]*(?:=>|=|–|—|→|-|:|\|)[ \t]+)(?=[\"\w])",
        text=" ",
        message="a position is directly followed by its action",
        hint="use a space instead",
        is_safe=True,
    ),
    finders.find_commas_in_numbers,
    finders.find_chunks_of_leads,
    finders.find_adjacent_texts,
    Rule(
        code="E132",
        pattern=(
            rf"^(?P<name>let[ \t]+[\w\-]+)(?P<x>[ \t]*{_ASSIGNMENT}?[ \t]*)"
            r"(?=(?P<rest>\"[\s\S]*))"
        ),
        text=" = ",
        message="a variable is set with =",
        hint="write {name} = {rest}",
        is_safe=True,
    ),
    finders.find_assignments,
    Rule(
        code="E134",
        pattern=r"[ \t]*(?:=>|→|⇒|–>|—>|-->|>>|-(?=[ \t])|:)[ \t]*",
        text=" -> ",
        message="a trigger and its actions are separated by ->",
        hint="write ->",
        only="on",
    ),
    finders.find_missing_arrows,
    Rule(
        code="E160",
        pattern=r"\bcut[ \t]+(?P<x>)(?=(?P<seed>[+\-]?\d+))",
        text="seed ",
        message="a cut's new seed needs the keyword `seed`",
        hint="write: cut seed {seed}",
    ),
    Rule(
        code="E160",
        pattern=r"\bcut(?P<x>[ \t]+seed)\b(?![ \t]*[+\-\d])",
        text="",
        message="`seed` is followed by a number",
        hint="write the number, for example cut seed 9, or only cut, which keeps the seed",
    ),
    finders.find_picks,
    finders.find_calls,
    finders.find_missing_values,
    finders.find_quoted_names,
    Rule(
        code="E239",
        pattern=rf"(?<![\w\-])go[ \t]+(?P<x>{RESERVED_GO_CUE})(?![\w\-])",
        text=SUGGESTED_GO_CUE,
        message=f"`{RESERVED_GO_CUE}` joins two triggers, so it cannot be the name of a go-cue",
        hint="choose another name: {new}",
    ),
    Rule(
        code="E131",
        pattern=r"->.*?\b(?P<x>(?P<word>play|jump(?:[ \t]+to)?|go[ \t]+to|section|call|enter))"
        r"[ \t]+(?P<name>[^\W\d][\w\-]*)(?=[ \t]*(?:,|$))",
        text="goto",
        message=_NOT_A_KEYWORD,
        hint="write goto {name}",
        only="on",
    ),
    finders.find_midi_messages,
    finders.find_commas_in_osc,
    finders.find_units_of_tempos,
    Rule(
        code="E240",
        pattern=(
            r"\btempo[ \t]+[\d./]+"
            rf"(?P<x>[ \t]+(?:to|until|→|=>)[ \t]+|[ \t]*{_DASH}[ \t]*)(?=[\d.])"
        ),
        text=" -> ",
        message="two tempi are joined by ->",
        hint="write ->",
    ),
    Rule(
        code="E240",
        pattern=r"\btempo[ \t]+[\d./]+[ \t]*->[ \t]*[\d./]+[ \t]+(?P<x>in|during|for|within)\b",
        text="over",
        message="the length of a ramp follows `over`",
        hint="write over",
    ),
    Rule(
        code="E129",
        pattern=r"[ \t]*,[ \t]*$",
        text="",
        message="nothing follows this comma",
        hint="remove the comma",
    ),
    Rule(
        code="E129",
        pattern=r",[ \t]*,",
        text=",",
        message="nothing between two commas",
        hint="remove one of them",
    ),
    Rule(
        code="E129",
        pattern=r"^(?:at|every)[ \t][^\",]*?[\w.](?P<x>,)[ \t]",
        text="",
        message="there is no comma between a position and its action",
        hint="remove the comma",
    ),
    Rule(
        code="E128",
        pattern=rf"(?<![,>|(])(?P<x>)[ \t]+(?=(?:{_ACTION})\b|\")",
        text=",",
        message=_TWO_ACTIONS,
        hint="add a comma here",
    ),
    Rule(
        code="E128",
        pattern=r"(?<=\")[ \t]*(?=[^\W\d])",
        text=", ",
        message=_TWO_ACTIONS,
        hint="add a comma here",
    ),
    Rule(
        code="E128",
        pattern=r"(?<!\")[ \t]+(?:and|&|\+|;)[ \t]+|[ \t]+(?:and|&|\+|;)[ \t]+(?!\")|;[ \t]*",
        text=", ",
        message=_TWO_ACTIONS,
        hint="add a comma here",
    ),
    Rule(
        code="E135",
        pattern=r"(?P<x>)[ \t]+(?=(?:cut|tempo|meter|max|until)\b)",
        text=",",
        message="a section's length and its other settings are separated by a comma",
        hint="add a comma here",
        only="section",
    ),
    finders.find_misspelled_words,
    finders.find_missing_quotes,
    Rule(
        code="E143",
        pattern=r"(?<=image)[ \t]+(?P<x>(?P<path>[^\s\",{}]+))",
        text='"{path}"',
        message="a path is written in quotes",
        hint='write "{path}"',
        is_safe=True,
    ),
)

_SAFE_FINDERS = frozenset(
    {
        finders.find_quotes,
        finders.find_quoted_names_in_heads,
        finders.find_commas_in_numbers,
        finders.find_chunks_of_leads,
        finders.find_assignments,
        finders.find_missing_quotes,
    }
)
"""The functions whose suggestions are worth reporting even if another mistake follows."""


def find_suggestions(statement: str, masked: str) -> Iterator[tuple[Suggestion, bool]]:
    """Yield every suggestion for a statement, the most certain ones first.

    Args:
        statement: The text of the statement.
        masked: The same with the contents of its texts masked.

    Yields:
        The suggestion, and whether it is worth reporting even if another mistake follows.
    """
    for kind in KINDS:
        if isinstance(kind, Rule):
            yield from ((found, kind.is_safe) for found in kind.find(statement, masked))
        else:
            yield from ((found, kind in _SAFE_FINDERS) for found in kind(statement, masked))
