"""The prompt's language: by script, and by stop words among the Latin-script languages and Cyrillic ones."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from hydrometer.fingerprint.kernels.lookup import build_hash_table, build_sieve
from hydrometer.fingerprint.kernels.tokeniser import SCRIPTS, make_token_scratch, tokenise
from hydrometer.fingerprint.kernels.vector_intrinsics import LANES
from hydrometer.fingerprint.kernels.word_hashing import RING
from hydrometer.fingerprint.unicode_tables import SCRIPT_NAMES, build_unicode_tables

STOP_WORDS: dict[str, str] = {
    "en": (
        "the of and to in is that it for was with as on be at by this are from or an have not you your what"
        " which how can will my me please write give all each their if do i a we should would about into has"
    ),
    "es": (
        "de la que el en y los del se las por un para con no una su al lo como más pero sus le ya o este sí"
        " porque esta entre cuando muy sin sobre ser también me hasta hay donde qué cómo es son está escribe"
        " tu mi cada"
    ),
    "fr": (
        "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec"
        " mais comme ou si leur y dont aux cette ses être fait vous nous votre mon quel quelle chaque je écris"
        " sans entre ainsi tout"
    ),
    "de": (
        "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden"
        " aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur"
        " oder aber vor zur bis mehr ich was bitte"
    ),
    "pt": (
        "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem"
        " à seu sua ou ser quando muito há nos já está eu também só pelo pela até isso entre era você são"
        " escreva meu minha"
    ),
    "it": (
        "di e il la che in un a per è una sono con non del si da come le dei nel alla più anche lo ma al gli"
        " della delle ha questo questa cosa se o su dalla tra essere quando mi ogni scrivi perché nella degli"
        " molto"
    ),
    "nl": (
        "de het een van en in is dat op te zijn met voor niet aan er om ook als dan maar bij of uit nog naar"
        " heeft hij ze wordt door over deze dit je ik wat geen worden meer kan hoe schrijf mijn waarom alle"
        " veel"
    ),
    "tr": (
        "ve bir bu için ile de da ne gibi daha çok en o olarak olan ben mi sonra kadar her ama ya değil nasıl"
        " var yok ise veya bana neden hangi şu biz sen onun tüm bunu yaz göre ki"
    ),
    "vi": (
        "và của là các có trong được cho một những với không này đến khi để người từ đã như về tôi bạn hãy"
        " viết cũng ra vào nhiều sự nào gì thì sẽ làm rằng hoặc theo trên tại"
    ),
    "id": (
        "yang dan di untuk dengan ini itu dari dalam tidak pada adalah ke saya akan atau juga bisa oleh"
        " sebuah kami anda seperti lebih tersebut karena apa bagaimana dapat telah ada tolong buat tulis jika"
        " sudah para setiap satu"
    ),
    "pl": (
        "i w na z do się że nie to jest o jak po co ale od za przez dla czy są tak może jego który które być"
        " tylko już lub oraz ten jakie napisz proszę mi gdy przy też bardzo więc"
    ),
    "ru": (
        "и в не на что с как по это из к для от о у или его но все так то же если вы бы за только мы был быть"
        " при а я ты где когда который напиши этого есть почему чтобы"
    ),
    "uk": (
        "і в не на що з як по це із до для від о у або його але всі так то ж якщо ви би за тільки ми був бути"
        " при а я ти де коли який напиши цього є чому щоб та й про"
    ),
}
"""Some of the commonest words of each language."""

LANGUAGES = tuple(STOP_WORDS)
CODES = (*LANGUAGES, "und", "el", "ar", "he", "hi", "th", "ko", "zh", "ja")
"""What `decide_languages` may answer."""
_FULL_VOTE = 12
"""What a stop word of one language alone gives; one of several languages shares it."""
_LATIN = len(LANGUAGES) - 2
_SLOTS = 1 << 13
StopTable = tuple[npt.NDArray[np.uint64], npt.NDArray[np.int8], npt.NDArray[np.uint64]]


@functools.cache
def build_stop_table() -> StopTable:
    """Return (keys, votes, sieve): an open-addressed table of stop words, their votes [slots, LANES] and their sieve."""
    homes: dict[str, list[int]] = {}
    for index, text in enumerate(STOP_WORDS.values()):
        for word in dict.fromkeys(text.split()):
            homes.setdefault(word, []).append(index)
    hashes = [hash_word(word) for word in homes]
    keys, positions = build_hash_table(hashes, _SLOTS)
    votes = np.zeros((_SLOTS, LANES), np.int8)
    for position, languages in zip(positions, homes.values(), strict=True):
        votes[position, languages] = _FULL_VOTE // len(languages)
    return keys, votes, build_sieve(hashes)


def hash_word(word: str) -> int:
    """Return the kernel's hash of one word."""
    data = np.frombuffer(word.encode(), np.uint8)
    out, stems = np.zeros(RING + 1, np.uint64), np.zeros(RING + 1, np.uint64)
    script_counts = np.zeros(SCRIPTS, np.int32)
    count, _ = tokenise(
        data, 0, data.size, build_unicode_tables().arrays, 1, out, stems, script_counts, make_token_scratch()
    )
    if count != 1:
        raise ValueError(f"{word!r} is not one word")
    return int(out[0])


def decide_languages(
    scripts: npt.NDArray[np.int32], votes: npt.NDArray[np.int32], words: npt.NDArray[np.int32]
) -> npt.NDArray[np.int8]:
    """Return the language of each row, as its index in CODES.

    scripts: code points by script [rows, SCRIPTS]; votes: stop-word votes [rows, languages or more]; words: length in
    words. A script wins when it has at least half as many letters as Latin (a third for Han and Kana, which say more per
    letter). Arabic script counts as `ar`, Cyrillic as `ru` or `uk`; other languages of these scripts are not told
    apart.
    """
    column = dict(zip(SCRIPT_NAMES, np.ascontiguousarray(scripts.T).astype(np.int64), strict=True))
    latin_votes = votes[:, :_LATIN]
    best = latin_votes.argmax(axis=1)
    most = latin_votes[np.arange(len(votes)), best]
    rows = np.minimum(words, 256)
    sure = (most >= _FULL_VOTE) & (most * 12 >= rows * _FULL_VOTE)
    language = np.where(sure, best, CODES.index("und")).astype(np.int8)
    latin = column["latin"]
    cyrillic = column["cyrillic"] + column["ukrainian"]
    ukrainian = (column["ukrainian"] * 50 > cyrillic) | (votes[:, _LATIN + 1] > votes[:, _LATIN])
    asian = column["han"] + column["kana"]
    for won, code, other, instead in (
        (cyrillic * 2 >= np.maximum(latin, 2), "ru", "uk", ukrainian),
        (column["greek"] * 2 >= np.maximum(latin, 4), "el", "el", None),
        (column["arabic"] * 2 >= np.maximum(latin, 2), "ar", "ar", None),
        (column["hebrew"] * 2 >= np.maximum(latin, 2), "he", "he", None),
        (column["devanagari"] * 2 >= np.maximum(latin, 2), "hi", "hi", None),
        (column["thai"] * 2 >= np.maximum(latin, 2), "th", "th", None),
        (column["hangul"] * 3 >= np.maximum(latin, 2), "ko", "ko", None),
        (asian * 3 >= np.maximum(latin, 2), "zh", "ja", column["kana"] * 10 > asian),
    ):
        language[won] = CODES.index(code)
        if instead is not None:
            language[won & instead] = CODES.index(other)
    return language
