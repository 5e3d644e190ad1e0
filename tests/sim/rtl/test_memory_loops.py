"""Memories' first values as loops: every word keeps its value, and runs of equal ones are short."""

import re

from sim.rtl.memory_loops import with_memory_loops


def block(words: list[str]) -> str:
    lines = "".join(f"    ring[{place}] = {word};\n" for place, word in enumerate(words))
    return f"  reg [7:0] ring [{len(words) - 1}:0];\n  initial begin\n{lines}  end\n"


def words_of(verilog: str) -> list[str]:
    """The words that an `initial` block leaves, loops unrolled."""
    found = []
    loop = re.compile(r"for \(int at = (\d+); at <= (\d+); at = at \+ 1\) ring\[at\] = ([^;]+);")
    for line in verilog.splitlines():
        if match := loop.search(line):
            first, last, value = match.groups()
            assert int(first) == len(found)
            found += [value] * (int(last) + 1 - int(first))
        elif match := re.fullmatch(r" +ring\[(\d+)\] = ([^;]+);", line):
            assert int(match[1]) == len(found)
            found.append(match[2])
    return found


def test_words_keep_their_values():
    words = ["8'h00"] * 1000 + ["8'h07", "8'h09", "8'h09"] + ["8'hff"] * 4 + ["8'h00"] * 3
    short = with_memory_loops(block(words))
    assert words_of(short) == words
    assert short.count("for (") == 2
    assert len(short) < 600


def test_what_is_no_memory_stays():
    text = "  initial begin\n    ready = 1'h0;\n  end\n  assign a = b[0];\n" + block(["8'h00"] * 3)
    assert with_memory_loops(text) == text
