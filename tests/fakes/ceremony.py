"""The people in the room of a ceremony: they type words of present shares, and of the printed sheets."""

import re


def words_on(path):
    """The words of a printed sheet, in order."""
    found = re.findall(r'<td class="word">(\d+)\. (\w+)</td>', path.read_text())
    return [word for _, word in sorted((int(number), word) for number, word in found)]


class Room:
    """Answers prompts: `typed` are the words of present shares, last first; sheets lie in `folder`."""

    def __init__(self, typed, folder):
        self.typed = typed
        self.sheets = {}
        self.folder = folder
        self.asked = []
        self.rolls = 0

    def prompt(self, text, **more):
        assert more["hide_input"], text
        self.asked.append(text)
        if text.startswith("Words of a present"):
            return self.typed.pop()
        if text.startswith("Rolls"):
            self.rolls += 1
            return "1632 4516 2345 61"
        number = int(re.fullmatch(r"Word (\d+)", text)[1])
        (sheet,) = self.folder.glob("*.html")
        words = words_on(sheet)
        assert len(words) == 33
        if len(self.asked) % 5 == 0:  # misread now and then
            return "academic" if words[number - 1] != "academic" else "acid"
        self.sheets[sheet.name] = words
        return words[number - 1]
