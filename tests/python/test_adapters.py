"""The module for ann-benchmarks and VIBE, asked as their runners ask."""

import importlib.util
import os
import re
import sys
import types
import unittest

from support import Folder, nearest, vectors, vsx

try:
    import numpy
except ImportError:
    numpy = None

HERE = os.path.dirname(os.path.abspath(__file__))
ADAPTERS = os.path.join(HERE, "..", "..", "bench", "adapters")


class BaseANN:
    def done(self):
        pass

    def get_memory_usage(self):
        return 1.0


def load():
    """The module where a runner has it: beside base/module.py."""
    for name in ("runner", "runner.base", "runner.vsx"):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = []
    base = types.ModuleType("runner.base.module")
    base.BaseANN = BaseANN
    sys.modules[base.__name__] = base
    spec = importlib.util.spec_from_file_location(
        "runner.vsx.module", os.path.join(ADAPTERS, "module.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def specs_of(config):
    """The lists of specs in a config.yml."""
    with open(os.path.join(ADAPTERS, config, "config.yml")) as f:
        text = f.read()
    found = []
    for row in re.findall(r"(?:args: \[|spec: )\[(.*)\]", text):
        if not row[0].isdigit():
            found += [s.strip(" '\"[]") for s in re.findall(r"'[^']*'|\w+", row)]
    return found


@unittest.skipIf(numpy is None, "the runners need numpy")
class Runner(Folder):
    def run_one(self, metric, spec, effort):
        rows = vectors(400)
        engine = load().VSX(metric, spec)
        self.assertEqual(engine.get_memory_usage(), 1.0)
        engine.fit(numpy.array(rows))  # of f64: runners have that, too
        engine.set_query_arguments(effort)
        due = [nearest(rows, q, 5) for q in rows[:20]]
        alone = [list(engine.query(numpy.array(q, "f4"), 5))
                 for q in rows[:20]]
        engine.batch_query(numpy.array(rows[:20], "f4"), 5)
        self.assertEqual([list(r) for r in engine.get_batch_results()], alone)
        self.assertEqual(len(engine.query(numpy.array(rows[0], "f4"), 500)),
                         400)
        self.assertGreater(engine.get_memory_usage(), 1.0)
        self.assertGreater(engine.get_additional()["file_bytes"], 4096)
        self.assertIn(spec, str(engine))
        engine.done()
        engine.done()
        return due, alone

    def test_each_spec_of_the_configurations(self):
        every = specs_of("ann-benchmarks")
        self.assertEqual(every, specs_of("vibe"))
        self.assertGreaterEqual(len(every), 5)
        for spec in every:
            small = re.sub("IVF[0-9]+", "IVF8", spec)
            due, found = self.run_one("euclidean", small, 400)
            self.assertEqual(found, due, spec)

    def test_metrics(self):
        for metric in ("euclidean", "angular", "cosine", "normalized", "ip"):
            due, found = self.run_one(metric, "Flat", 1)
            if metric == "euclidean":
                self.assertEqual(found, due)
            elif metric != "ip":
                self.assertEqual([f[0] for f in found], list(range(20)))
        self.assertRaises(NotImplementedError, load().VSX, "jaccard", "Flat")
