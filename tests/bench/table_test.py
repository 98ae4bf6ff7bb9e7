#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Of table.py: what is void, what is skipped, what agrees."""
import contextlib
import copy
import io
import os
import tempfile
import unittest

import table

MACHINE = {'cpu': 'any', 'cpus': 2, 'kernel': '6.1', 'load': '0.5'}


def spread(median):
    return {'min': median * 0.9, 'median': median, 'max': median * 1.1}


def figure(name, ratio, runs=15):
    return {'figure': name, 'what': 'what', 'unit': 'us', 'ours': spread(10 * ratio),
            'beside': 'raw', 'theirs': spread(10), 'ratio': spread(ratio), 'runs': runs,
            'aim': 'none', 'machine': MACHINE}


class Table(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def summarize(self, figures, name='summary.json'):
        return table.summarize(figures, self.path(name), self.path('table.md'))

    def text(self):
        with open(self.path('table.md'), encoding='utf-8') as file:
            return file.read()

    def compare(self, before, after):
        self.summarize(before, 'a.json')
        self.summarize(after, 'b.json')
        with contextlib.redirect_stdout(io.StringIO()) as said:
            return table.compare(self.path('a.json'), self.path('b.json')), said.getvalue()

    def test_a_run_whose_control_is_off_is_void(self):
        for ratio, void in ((0.94, True), (0.96, False), (1.04, False), (1.06, True)):
            with self.subTest(ratio=ratio):
                why = self.summarize([figure(table.CONTROL, ratio)])
                self.assertEqual(why is not None, void)
                self.assertEqual('This run is void' in self.text(), void)

    def test_a_brief_run_is_not_judged(self):
        self.assertIsNone(self.summarize([figure(table.CONTROL, 3, runs=1)]))

    def test_what_is_skipped_is_told_with_the_reason(self):
        skipped = {'figure': 'at.chat', 'what': 'chat', 'skipped': 'package ppp is missing'}
        self.assertIsNone(self.summarize([figure('a', 1), skipped]))
        self.assertIn('Skipped: at.chat: package ppp is missing.', self.text())

    def test_runs_agree_within_their_spread(self):
        why, said = self.compare([figure('a', 1)], [figure('a', 1.05)])
        self.assertIsNone(why)
        self.assertIn('1 figures agree', said)

    def test_runs_that_do_not_agree_are_named(self):
        why, said = self.compare([figure('a', 1), figure('b', 1)],
                                 [figure('a', 1.5), figure('b', 1)])
        self.assertEqual(why, 'apart: a')
        self.assertIn('APART', said)

    def test_what_was_measured_once_may_be_a_tenth_apart(self):
        once = figure('a', 1, runs=1)
        other = copy.deepcopy(once)
        other['ratio'] = {'min': 1.08, 'median': 1.08, 'max': 1.08}
        self.assertIsNone(self.compare([once], [other])[0])
        other['ratio']['median'] = 1.2
        self.assertEqual(self.compare([once], [other])[0], 'apart: a')

    def test_a_void_run_is_not_compared(self):
        with self.assertRaises(SystemExit) as end:
            self.compare([figure(table.CONTROL, 2)], [figure(table.CONTROL, 1)])
        self.assertIn('void', str(end.exception))


unittest.main()
