"""Each rule of SPEC.md broken alone, in a file whose checksums are right.

    @breaks("4.2.1-7", "flat", "dimension")
    def _(m): ...

takes the model of that index, breaks the rule of that number, and vsx-verify
says those words. What is returned is the file; nothing: the model is written.
"""


class Case:
    def __init__(self, rule, base, words, also, run):
        self.rule, self.base, self.words, self.also = rule, base, words, also
        self.run = run


def breaks(table, rule, base, *words, also=()):
    """also: rules that cannot hold any more when this one does not."""

    def take(run):
        table.append(Case(rule, base, words, set(also), run))
        return run

    return take
