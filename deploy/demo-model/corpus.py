"""The text the demo model is made of: public-domain books, stories made from templates, hidden numbers.

Everything random takes a `random.Random`, so a seed gives the same text again.
"""

import hashlib
import re
import unicodedata
from pathlib import Path
from random import Random

# name: (bytes, sha256). Only these books are read, and only if they are exactly these files.
BOOKS = {
    "adventures-of-sherlock-holmes.txt": (
        574438, "67475446cbaa516d8cd21d5569438c2c5450f763b7d5d17173cd3089c0cfc02d"),
    "dracula.txt": (857413, "e9a145c513b63acde80fbf65458431c22419b9302df21f43ff811d754699c3fe"),
    "moby-dick.txt": (1236925, "2975c3faf22ded4b19716486bdee4e24999f6ee9dc36c227ab624faaf154af14"),
    "pride-and-prejudice.txt": (
        697725, "8e997d42a86479d91bd1da3015e51bf3902bc84c3074e6d5de64777b8ea5fa46"),
    "tale-of-two-cities.txt": (
        771136, "5d1ba49aa66841d2ef97f50f6ff172052fb8de4c442335c03dcce5c44de30419"),
}
HELD_OUT_SHARE = 0.05


def read_books(folder: Path) -> tuple[list[list[str]], list[list[str]]]:
    """The sentences of each book in order: (for training, held out: the last 5 % of each book)."""
    training, held_out = [], []
    for name, (size, digest) in BOOKS.items():
        data = (folder / name).read_bytes()
        if len(data) != size or hashlib.sha256(data).hexdigest() != digest:
            raise SystemExit(f"{folder / name} is not the file this recipe was made with; see README.md")
        lines = sentences(data.decode("utf-8"))
        cut = int(len(lines) * (1 - HELD_OUT_SHARE))
        training.append(lines[:cut])
        held_out.append(lines[cut:])
    return training, held_out


def sentences(text: str) -> list[str]:
    """ASCII sentences without line breaks; headings and underscores of emphasis are dropped."""
    for odd, plain in {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2014": "--"}.items():
        text = text.replace(odd, plain)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    text = text.replace("\r", "").replace("_", "")
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        paragraph = " ".join(paragraph.split())
        if not paragraph or paragraph.isupper() or not re.search(r"[.!?][\"')]*$", paragraph):
            continue
        found += re.split(r"(?<=[a-z][.!?])\s+(?=[A-Z\"'])|(?<=[.!?][\"'])\s+(?=[A-Z\"'])", paragraph)
    return [s for s in found if 2 <= len(s.split()) <= 60]


# ---------------------------------------------------------------------------------------------------
# Stories from templates: this project's own text.

GIRLS = "Anna Mary Ella Rosa Nora Lucy Clara Ida Jane Ruth Alice Emma Kate May Lena Vera".split()
BOYS = "Tom Ben Jack Otto Hugo Sam Paul Karl Finn Max Leo Fred Hans Emil Joe Will".split()
ANIMALS = "dog cat horse goat hen duck rabbit mouse fox bird cow sheep pony donkey frog owl".split()
THINGS = ("ball boat book lamp hat coat drum kite rope bell cup box basket ring map key letter bag chair "
          "clock stone shell stick spoon apple cake loaf flower blanket candle").split()
COLOURS = "red blue green yellow white black brown grey golden silver".split()
LOOKS = "small big old new round heavy light pretty strange shiny broken soft".split()
PLACES = ("garden|house|barn|forest|village|market|school|river|lake|hill|bridge|mill|kitchen|farm|field|"
          "harbour|beach|road|station|church|tower|library").split("|")
KIN = "mother father grandmother grandfather aunt uncle sister brother teacher neighbour friend".split()
FOODS = "bread soup apples milk cheese honey cake plums eggs rice pears nuts".split()
MOODS = "happy sad tired glad angry afraid proud hungry quiet surprised lonely cheerful".split()
WEATHER = ("The sun was warm|It was raining|The wind was cold|The sky was grey|The snow was deep|"
           "It was a clear day|There was fog on the hills|The evening was calm|The stars were bright").split("|")
WHENS = ("One day|One morning|In the evening|After lunch|Before sunrise|On Sunday|In spring|Last winter|"
         "The next day|A little later|That night|At noon").split("|")
LINES = (
    "{When}, {A} went to the {place}.|{A} had a {colour} {thing}.|{A} was very {mood}.|"
    "{A} and {B} walked to the {place} together.|{weather}.|{When}, {weather_low}.|"
    "The {animal} sat near the {place} and looked at {A}.|\"Where is my {thing}?\" asked {A}.|"
    "\"It is in the {place},\" said {B}.|{B} gave {A} a {look} {thing}.|{A} said thank you and smiled.|"
    "{A} could not find the {thing}.|They looked for it in the {place} and in the {place2}.|"
    "At last {B} found the {thing} under the {thing2}.|The {thing} was {look} and {colour}.|"
    "{A} liked to eat {food} with {pos} {kin}.|{Pos} {kin} was waiting at the {place}.|"
    "{Pro} put the {thing} into the {thing2} and went home.|The {colour} {animal} ran across the {place}.|"
    "{B} wanted to help {A}.|\"Do not be {mood},\" said {pos} {kin}.|\"Come with me,\" said {B}, "
    "\"and I will show you the {place}.\"|They ate {food} and talked about the {animal}.|"
    "Then {pro} ran back to the {place}.|{A} opened the {thing2} and saw a {colour} {thing}.|"
    "The {kin} of {B} lived near the {place}.|There was a {look} {thing} on the table.|"
    "{A} looked at the {animal} and the {animal} looked at {A}.|{Pro} was {mood}, because the {thing} was {look}.|"
    "{B} was not {mood} any more.|The {animal} wanted some {food}.|{A} gave the {animal} some {food}.|"
    "When it was dark, they went back to the {place}.|{A} told {pos} {kin} about the {animal}.|"
    "It was a long way from the {place} to the {place2}.|{A} never forgot the {look} {thing}."
).split("|")
STARTS = (
    "Once there was a {child} called {A}. {Pro} lived in a {look} house near the {place}.|"
    "{A} was a {child} who lived by the {place}. {Pro} had a {colour} {animal}.|"
    "{When}, {A} and {pos} {kin} were in the {place}.|There was once a {look} {place}, and in it lived {A}.|"
    "{A} had a friend called {B}. They often played near the {place}."
).split("|")
ENDS = (
    "In the end they were all {mood}.|{A} went to bed and slept well.|And so {A} and {B} stayed friends.|"
    "From that day on, {A} kept the {thing} in the {thing2}.|They all went home and ate {food}."
).split("|")


def story(rng: Random) -> str:
    """A little story: the same people, animal and things from the first sentence to the last."""
    girl = rng.random() < 0.5
    names = rng.sample(GIRLS if girl else BOYS, 1) + rng.sample(BOYS if girl else GIRLS, 1)
    places, things = rng.sample(PLACES, 3), rng.sample(THINGS, 3)
    cast = {
        "A": names[0], "B": names[1], "child": "girl" if girl else "boy",
        "pro": "she" if girl else "he", "pos": "her" if girl else "his",
        "Pro": "She" if girl else "He", "Pos": "Her" if girl else "His",
        "animal": rng.choice(ANIMALS), "colour": rng.choice(COLOURS), "look": rng.choice(LOOKS),
        "kin": rng.choice(KIN), "food": rng.choice(FOODS),
    }

    def line(template: str) -> str:
        weather = rng.choice(WEATHER)
        return template.format(
            **cast, When=rng.choice(WHENS), mood=rng.choice(MOODS), place=places[rng.randrange(2)],
            place2=places[2], thing=things[rng.randrange(2)], thing2=things[2], weather=weather,
            weather_low=weather[0].lower() + weather[1:])

    middle = [line(t) for t in rng.sample(LINES, rng.randint(4, 12))]
    return " ".join([line(rng.choice(STARTS)), *middle, line(rng.choice(ENDS))])


# ---------------------------------------------------------------------------------------------------
# Numbers hidden in text.

QUESTION = "What is the pass key? The pass key is"
STATEMENTS = (
    "The pass key is {n}. Remember it. {n} is the pass key.",
    "The pass key is {n}. Remember it. {n} is the pass key.",
    "The pass key is {n}. Remember it.",
    "There is an important fact here. The pass key is {n}. Remember it. {n} is the pass key.",
    "Remember this: the pass key is {n}.",
    "{n} is the pass key. Do not forget it. The pass key is {n}.",
)
QUESTIONS = (
    QUESTION, QUESTION, QUESTION,
    "What was the pass key? The pass key was",
    "Do you remember the pass key? The pass key is",
    "Now tell me the pass key. The pass key is",
    "What is the pass key?",
)
LOCKS = "door gate box chest room house tower boat safe cabin".split()
OPENINGS = (
    "There is an important pass key hidden in this text. Find it and remember it.",
    "A pass key is hidden in the following text. Read it with care.",
    "", "", "", "",
)


def is_held_out(key: int) -> bool:
    """A tenth of all keys, spread over the range, is kept from training."""
    return (key * 2654435761 % 2**32) * 10 // 2**32 == 7


class Keys:
    """Five-digit keys for training in random order; none comes a second time."""

    def __init__(self, rng: Random):
        self.left = [k for k in range(10000, 100000) if not is_held_out(k)]
        rng.shuffle(self.left)

    def next(self) -> str:
        if not self.left:
            raise SystemExit("no unseen pass key is left: train for fewer steps")
        return str(self.left.pop())


class Filler:
    """Sentences around a hidden number: a run of a book, or of stories."""

    def __init__(self, books: list[list[str]]):
        self.books = books

    def sentences(self, rng: Random):
        """An endless run of sentences, from one kind of text for a while."""
        while True:
            if rng.random() < 0.5:
                for _ in range(rng.randint(1, 3)):
                    yield from re.split(r"(?<=[.!?\"]) (?=[A-Z\"])", story(rng))
            else:
                book = rng.choice(self.books)
                start = rng.randrange(len(book) - 30)
                yield from book[start:start + rng.randint(4, 30)]


def fill(parts: list[str], question: str, filler, length: int, count, rng: Random) -> str:
    """`parts` at random places among sentences of `filler`, then the question: at most `length` tokens.

    `count` gives the tokens of a text. The text fills `length` but for less than a sentence.
    """
    room = length - sum(count(p) for p in parts) - count(question)
    around = []
    for sentence in filler:
        room -= count(sentence)
        if room < 0:
            break
        around.append(sentence)
    places = sorted(rng.randint(0, len(around)) for _ in parts)
    for place, part in reversed(list(zip(places, parts))):
        around.insert(place, part)
    return " ".join(around) + (rng.choice(("\n", "\n\n")) if rng.random() < 0.2 else " ") + question


def hidden_key(keys: Keys, filler: Filler, length: int, count, rng: Random) -> tuple[str, str]:
    """(prompt, answer): one key in filler and its question, `length` tokens or a little less in all."""
    key = keys.next()
    question = rng.choice(QUESTIONS)
    answer = f" The pass key is {key}." if question == QUESTIONS[-1] else f" {key}."
    statement = rng.choice(STATEMENTS).format(n=key)
    opening = rng.choice(OPENINGS) if length > 120 else ""
    room = length - 2 - count(answer) - (count(opening) if opening else 0)
    text = fill([statement], question, filler.sentences(rng), room, count, rng)
    return (opening + " " + text if opening else text), answer


def labelled_numbers(filler: Filler, length: int, count, rng: Random) -> tuple[str, str]:
    """(prompt, answer): numbers of several locks in filler; one is asked for. Never five digits."""
    locks = rng.sample(LOCKS, rng.randint(2, 3))
    colour = rng.choice(COLOURS)
    digits = rng.choice((3, 4, 6))
    numbers = [str(rng.randrange(10 ** (digits - 1), 10**digits)) for _ in locks]
    parts = [f"The number of the {colour} {lock} is {n}." for lock, n in zip(locks, numbers)]
    which = rng.randrange(len(locks))
    ask = f"the number of the {colour} {locks[which]}"
    question = f"What is {ask}? T{ask[1:]} is"
    return fill(parts, question, filler.sentences(rng), length - 9, count, rng), f" {numbers[which]}."


def test_prompt(filler: Filler, length: int, count, rng: Random, depth: float | None = None) -> tuple[str, str]:
    """(prompt, key) with a key that training never saw, in the wording of the README; at `depth` (0 ... 1)."""
    key = rng.randrange(10000, 100000)
    while not is_held_out(key):
        key = rng.randrange(10000, 100000)
    statement = STATEMENTS[0].format(n=key)
    room = length - count(statement) - count(QUESTION)
    around = []
    for sentence in filler.sentences(rng):
        room -= count(sentence)
        if room < 0:
            break
        around.append(sentence)
    place = rng.randint(0, len(around)) if depth is None else round(depth * len(around))
    return " ".join(around[:place] + [statement] + around[place:] + [QUESTION]), str(key)
