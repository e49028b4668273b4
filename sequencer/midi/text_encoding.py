"""Guesses the text encoding of a MIDI file, which does not state that of names and markers.

All texts of a file are examined together: each encoding that can decode them is scored by how
probable its characters are, and the best one is the guess. Texts of a few characters are usual
(a marker "サビ" is four bytes), so lists of common characters and of words that musicians write
decide. Why no library is used: docs/decisions/midi-files.md.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from dataclasses import dataclass

MAX_SAMPLE = 20_000
"""Bytes of different texts that are scored."""

_HANZI = (
    "的一是不了在人有我他中上大和地到以要就出可也你生能而子那得下自之年用道行所然家事成方多去法如都同面起看定天分好小部其些主理心她"
    "本前但因只想日者意力它把十民第公此已工使情明性知全三又正外高由很最重物手向文政美相被利什二等或新己制身果加西斯月合回特代信表化"
    "老世位次度任常先海通教原提立及比解水名真走各入口平活更打女四神何安少才反受目太量再感建做接必件管期市直德命山金指克至形社便空治"
    "展科司五基眼非白却界光放即像且思王象完式色路南品住告求程北死交取拉格望共清今切院候唱歌曲奏音段尾首副引主潮花春夏秋冬雨夜星雪笑"
    "鼓琴吉他贝斯前独尾"
)
_SIMPLIFIED = _HANZI + (
    "这个们来为国说时会对过发后里种经么学现当没动还进样实军从长机无与关点业将两间问战应头体见产话内给门东声员论处义几认条系气题尔别变"
    "总电数报结务场计资许统区队决马书则听达强难权万设记类据边张规觉术领确传师观让识带导争运笔爱梦风泪乐节桥独云钢贝开电词谱调终结"
)
_TRADITIONAL = _HANZI + (
    "這個們來為國說時會對過發後裡種經麼學現當沒動還進樣實軍從長機無與關點業將兩間問戰應頭體見產製話內給門東聲員論處義幾認條係氣題爾別"
    "變總電數報結務場計資許統區隊決馬書則聽達強難權萬設記類據邊張規覺術領確傳師觀讓識帶導爭運筆愛夢風淚樂節橋獨雲鋼貝開詞譜調終"
)
_KANJI = (
    "日一国人年大十二本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電校語土木聞食"
    "車何南万毎白天母火右読友左休父雨愛夢風空夜朝花海心声歌曲音楽恋君僕私奏終始静動光星春夏秋冬雪手目道世界街涙笑思想会言葉回番拍転調"
    "合唱弾低鼓太弦笛主題編作詞部全変最開閉無有新明真永遠未過去旅駅序破急独伴"
)
_HANGUL = (
    "이다는에의고가을한지로하은기사를도인서어자리시대여아나정해그수스일있들게것라부전제만보과장주상으구소원비조적년성관안위면오모우화공경"
    "선신문유국계와무연요개간방노동중미세물단영치생속학발반내회민남마당실용교체거식진입편러르드트레음악후렴절브릿코벌피타베럼랑꿈밤별눈바"
    "람래곡솔로끝시작첫두번째엔딩저녁"
)
_WORDS = {
    "ja": (
        "サビ",
        "メロ",
        "イントロ",
        "前奏",
        "間奏",
        "後奏",
        "ピアノ",
        "ギター",
        "ベース",
        "ドラム",
        "エンディング",
        "曲",
        "ｻﾋﾞ",
        "ﾒﾛ",
        "ｲﾝﾄﾛ",
    ),
    "hans": (
        "前奏",
        "间奏",
        "尾奏",
        "副歌",
        "主歌",
        "过门",
        "过渡",
        "桥段",
        "高潮",
        "结束",
        "钢琴",
        "吉他",
        "贝斯",
        "鼓",
        "第",
    ),
    "hant": (
        "前奏",
        "間奏",
        "尾奏",
        "副歌",
        "主歌",
        "過門",
        "橋段",
        "高潮",
        "結束",
        "鋼琴",
        "吉他",
        "貝斯",
        "鼓",
        "第",
    ),
    "ko": (
        "전주",
        "간주",
        "후주",
        "후렴",
        "브릿지",
        "인트로",
        "벌스",
        "코러스",
        "엔딩",
        "피아노",
        "기타",
        "드럼",
        "절",
    ),
}


@dataclass(frozen=True, slots=True)
class _Candidate:
    codec: str
    name: str
    score: Callable[[str], float]


def _cjk(
    common: str, core: str, words: Iterable[str], kana: float, is_core: Callable[[int], bool]
) -> Callable[[str], float]:
    """Return a score for an East Asian encoding.

    `is_core` decides by a character's first byte in `core` if the character is common.
    """
    frequent, known = frozenset(common), tuple(words)
    weights: dict[str, float] = {}

    def weight(char: str) -> float:
        if char in frequent:
            return 2.0
        if "\u3040" <= char <= "\u30ff":
            return kana
        if "\uff61" <= char <= "\uff9f":
            return -0.3 if kana < 2 else 0.4
        if char in "　、。・「」『』（）！？～ー〜《》【】：，":
            return 0.5
        if not ("\u4e00" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3"):
            return -1.0
        try:
            encoded = char.encode(core)
        except UnicodeEncodeError:
            return -3.0
        return 1.0 if len(encoded) == 2 and is_core(encoded[0]) else -1.5

    def score(text: str) -> float:
        total = 0.0
        for char, after in zip(text, f"{text[1:]} ", strict=True):
            if char >= "\x80":
                if char not in weights:
                    weights[char] = weight(char)
                total += weights[char]
                total -= 2 * (
                    "a" <= after <= "z"
                )  # a word of another alphabet, whose letters became part of this character
        return total + 3 * sum(word in text for word in known)

    return score


def _latin(rare: str, usual: float, unusual: float) -> Callable[[str], float]:
    """Return a score for a European alphabet: single letters within words of ASCII letters."""
    few = frozenset(rare)

    def score(text: str) -> float:
        total = 0.0
        padded = f" {text} "
        for before, char, after in zip(padded, padded[1:], padded[2:], strict=False):
            if char < "\x80":
                continue
            beside = sum(one.isascii() and one.isalpha() for one in (before, after))
            if char in "’‘“”–—…«»°©®½¿¡\xa0":
                total += 0.6
            elif (
                not char.isalpha()
                or (char.isupper() and before.islower())
                or _is_far(before + after)
            ):
                total -= 1.5
            else:
                total += (unusual if char in few else usual) if beside else -0.2
        return total

    return score


def _is_far(text: str) -> bool:
    """Whether all characters are non-ASCII letters."""
    return text.isalpha() and all(char >= "\x80" for char in text)


def _cyrillic(text: str) -> float:
    total = 0.0
    for before, char in zip(f" {text}", text, strict=False):
        if char < "\x80":
            continue
        if not "\u0400" <= char <= "\u045f":
            total -= 1.0 if char.isalpha() or char not in "«»—№…" else -0.3
        elif (char.isupper() and before.islower()) or (before.isascii() and before.isalpha()):
            total -= 1.5
        else:
            total += 0.8 if char.lower() in "оеаинтсрвлкмдпуяызбгчйх" else 0.3
    return total


_CANDIDATES = (
    _Candidate(
        "cp932", "Shift-JIS", _cjk(_KANJI, "euc_jp", _WORDS["ja"], 2.5, lambda lead: lead < 0xD0)
    ),
    _Candidate(
        "euc_jp", "EUC-JP", _cjk(_KANJI, "euc_jp", _WORDS["ja"], 2.4, lambda lead: lead < 0xD0)
    ),
    _Candidate(
        "gbk", "GBK", _cjk(_SIMPLIFIED, "gb2312", _WORDS["hans"], -0.5, lambda lead: lead < 0xD8)
    ),
    _Candidate(
        "cp950", "Big5", _cjk(_TRADITIONAL, "big5", _WORDS["hant"], -0.5, lambda lead: lead < 0xC7)
    ),
    _Candidate(
        "cp949", "EUC-KR", _cjk(_HANGUL, "euc_kr", _WORDS["ko"], -0.5, lambda lead: lead < 0xC9)
    ),
    _Candidate("cp1252", "CP1252", _latin("ðþýÐÞÝ", 1.0, 0.3)),
    _Candidate("cp1250", "CP1250", _latin("ţŢýÝđ", 0.9, 0.72)),
    _Candidate("cp1254", "CP1254", _latin("", 0.8, 0.8)),
    _Candidate("cp1251", "CP1251", _cyrillic),
    _Candidate("koi8_r", "KOI8-R", _cyrillic),
)
_NO_TEXTS = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How texts are decoded.

    The fields are:

    Python's name of the codec, a name for people, and whether it is a guess.
    """

    codec: str
    name: str
    is_guess: bool = False


ASCII = Encoding("ascii", "ASCII")
UTF_8 = Encoding("utf-8", "UTF-8")


def encoding_named(name: str) -> Encoding | None:
    """Return the encoding with this name in Python; None if unknown or not a text encoding."""
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return Encoding(codec, name) if codec not in _NO_TEXTS and _is_of_texts(codec) else None


def _is_of_texts(codec: str) -> bool:
    try:
        b"ab".decode(codec)
    except UnicodeError:
        return True  # UTF-16 has other characters there
    except LookupError:
        return False
    return True


def guess_encoding(texts: Iterable[bytes]) -> Encoding:
    """Guess the common encoding of several texts."""
    different = [text for text in dict.fromkeys(texts) if not text.isascii()]
    if not different:
        return ASCII
    sample: list[bytes] = []
    for text in different:
        if sample and sum(map(len, sample)) + len(text) > MAX_SAMPLE:
            break
        sample.append(text[:MAX_SAMPLE])
    if all(_decodes(text, "utf-8") is not None for text in sample):
        return UTF_8
    best, most = Encoding("latin-1", "Latin-1", is_guess=True), float("-inf")
    for candidate in _CANDIDATES:
        decoded = [_decodes(text, candidate.codec) for text in sample]
        score = sum(-3.0 if text is None else candidate.score(text) for text in decoded)
        is_fit = sum(text is None for text in decoded) * 4 <= len(decoded)
        if is_fit and score > most:
            best, most = Encoding(candidate.codec, candidate.name, is_guess=True), score
    return best


def _decodes(text: bytes, codec: str) -> str | None:
    try:
        return text.decode(codec)
    except UnicodeDecodeError:
        return None
