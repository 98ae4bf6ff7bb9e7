#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Of table.py: how rounds are put together, what is void, what is skipped, what agrees. BUILD: the
build tree."""
import contextlib
import io
import json
import os
import subprocess
import tempfile
import unittest

import table

MACHINE = {'cpu': 'any', 'cpus': 2, 'kernel': '6.1', 'load': '0.5'}


def figure(name, *ratios, runs=5, **more):
    """What a program has measured so often, each time from 0.9 to 1.1 of ratios."""
    ours = [ratio * part for ratio in ratios for part in (0.9, 1, 1.1) * runs]
    return {'figure': name, 'what': 'what', 'unit': 'us', 'beside': 'raw', 'samples': ours,
            'samples_beside': [1] * len(ours), 'machine': MACHINE, **more}


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

    def memory(self, size):
        return {'figure': 'a', 'what': 'what', 'unit': 'KiB', 'samples': [size] * 3,
                'machine': MACHINE}

    def compare(self, before, after):
        self.summarize(before, 'a.json')
        self.summarize(after, 'b.json')
        with contextlib.redirect_stdout(io.StringIO()) as said:
            return table.compare(self.path('a.json'), self.path('b.json')), said.getvalue()

    def test_a_run_whose_control_is_off_is_void(self):
        for ratios, void in (((0.97,), True), ((0.99,), False), ((1.01,), False), ((1.03,), True),
                             ((0.96, 1, 1.04), False), ((1, 1, 1.06), True)):
            with self.subTest(ratios=ratios):
                why = self.summarize([figure(table.CONTROL, ratio) for ratio in ratios])
                self.assertEqual(why is not None, void)
                self.assertEqual('This run is void' in self.text(), void)

    def test_a_brief_run_is_not_judged(self):
        self.assertIsNone(self.summarize([figure(table.CONTROL, 3, runs=1)]))

    def test_rounds_become_one_figure(self):
        aim = {'text': 'at most 2 of it', 'of': 'ratio', 'which': 'median', 'most': 2}
        self.summarize([figure('a', ratio, aim=aim, met=False) for ratio in (1, 2, 4)])
        [row] = [line for line in self.text().splitlines() if '`a`' in line]
        self.assertIn('| 2 | 0.9 … 4.4 (45) | at most 2 of it | yes |', row)

    def test_programs_print_what_the_table_is_made_of(self):
        program = os.path.join(os.environ['BUILD'], 'tests/bench_parser')
        said = subprocess.run([program, '--brief'], check=True, stdout=subprocess.PIPE,
                              text=True).stdout
        figures = [json.loads(line) for line in said.splitlines() if line.startswith('{')]
        self.summarize(2 * figures)  # of a hundred pieces each
        for name, aim in (('parser.whole', 'at least 0.9 of it'), ('parser.split', '–')):
            [row] = [line for line in self.text().splitlines() if f'`{name}`' in line]
            self.assertRegex(row, rf'MB/s \| .* \(200\) \| {aim} \|')

    def test_each_run_may_count(self):
        for which, met in (('median', True), ('max', False)):
            aim = {'text': 'at most 0 1/min', 'of': 'ours', 'which': which, 'most': 0}
            [joined] = table.join_all([{**self.memory(0), 'aim': aim}, self.memory(0),
                                       {**self.memory(3), 'samples': [3]}])
            self.assertEqual(joined['met'], met)

    def test_what_is_divided_by_nothing_has_no_ratio(self):
        for more, ratio in (({'samples_beside': [0, 2, -1]}, 0.5),
                            ({'samples_beside': [0] * 3}, None),
                            ({'no_ratio': True, 'samples_beside': [1] * 3}, None)):
            with self.subTest(more=more):
                [joined] = table.join_all([figure('a', samples=[1, 1, 1], **more)])
                self.assertEqual(joined.get('ratio', {}).get('median'), ratio)

    def test_an_aim_of_a_ratio_that_is_not_there_is_missed(self):
        aim = {'text': 'at most 2 of it', 'of': 'ratio', 'which': 'median', 'most': 2}
        [joined] = table.join_all([figure('a', samples=[1], samples_beside=[0], aim=aim)])
        self.assertFalse(joined['met'])

    def test_what_only_some_rounds_have_skipped_is_measured(self):
        skipped = {'figure': 'a', 'what': 'what', 'skipped': 'not now'}
        self.summarize([skipped, figure('a', 1)])
        self.assertNotIn('not now', self.text())

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

    def test_figures_of_one_run_only_are_told(self):
        self.assertEqual(self.compare([figure('a', 1), figure('b', 1)], [figure('a', 1)])[0],
                         'in one run only: b')

    def test_other_conditions_are_not_compared(self):
        for name, condition in (('a.json', 'awake'), ('b.json', 'asleep')):
            table.summarize([figure('a', 1)], self.path(name), self.path('table.md'), [condition])
        self.assertIn('awake', table.compare(self.path('a.json'), self.path('b.json')))

    def test_what_does_not_vary_may_be_a_fiftieth_apart(self):
        for size, why in ((1015, None), (985, None), (1030, 'apart: a')):
            with self.subTest(size=size):
                self.assertEqual(self.compare([self.memory(1000)], [self.memory(size)])[0], why)

    def test_the_spread_is_the_printed_one(self):
        def exponent(*values):
            return {**self.memory(1), 'samples': list(values)}
        self.assertIsNone(self.compare([exponent(0.5, 0.92804, 0.92804)],
                                       [exponent(0.6, 0.9, 0.92796)])[0])

    def test_a_void_run_is_not_compared(self):
        with self.assertRaises(SystemExit) as end:
            self.compare([figure(table.CONTROL, 2)], [figure(table.CONTROL, 1)])
        self.assertIn('void', str(end.exception))


unittest.main()
