"""TUTORIAL.md and README.md: their code runs as it stands, and says what the page
says."""

import contextlib
import doctest
import io
import os
import re
import sys
import unittest

from support import Folder, vsx

HERE = os.path.dirname(os.path.abspath(__file__))
README = os.path.join(HERE, "..", "..", "README.md")
PAGE = os.path.join(HERE, "..", "..", "lib", "bindings", "python", "TUTORIAL.md")


@unittest.skipIf(sys.modules.get("numpy", 0) is None, "it is for users of numpy")
class Tutorial(Folder):
    def test_every_block_runs(self):
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.folder)
        with open(PAGE) as f:
            blocks = re.findall(r"```python\n(.*?)```", f.read(), re.S)
        self.assertGreater(len(blocks), 5)
        known = {"words": os.path.join(HERE, "..", "data", "words")}
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            for block in blocks:
                exec(compile(block, PAGE, "exec"), known)
        recalls = {row[0]: row[1] for row in known["table"]}
        self.assertEqual(recalls["Flat"], 1.0)
        self.assertGreater(recalls["HNSW32"], 0.99)
        self.assertGreater(recalls["IVF8,Flat"], 0.85)
        self.assertEqual(said.getvalue().count(" passes "), 3)
        # The release check is one that can fail: against other rows.
        vsx.build(known["x"][::-1], "other.vsx", "Flat", metric="cosine",
                  keys=known["names"]).close()
        passed, share = known["release_check"]("other.vsx")
        self.assertFalse(passed, share)
        for name in ("index", "exact"):
            known[name].close()

    def test_readme(self):
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.folder)
        os.makedirs("tests")
        os.symlink(os.path.join(HERE, "..", "data"), "tests/data")
        with open(README) as f:
            text = f.read()
        self.assertEqual(text.count(">>> import"), 1)
        test = doctest.DocTestParser().get_doctest(text, {}, "README.md",
                                                   README, 0)
        self.assertGreater(len(test.examples), 8)
        told = io.StringIO()
        ran = doctest.DocTestRunner().run(test, out=told.write,
                                          clear_globs=False)
        for name in ("index", "docs"):
            test.globs[name].close()
        self.assertEqual(ran.failed, 0, told.getvalue())


if __name__ == "__main__":
    unittest.main()
