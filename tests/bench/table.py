#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Figures (the lines of JSON on stdin) to SUMMARY.json and, as a table, to TABLE.md."""
import datetime
import json
import sys


def number(value):
    return f'{value:,.0f}' if abs(value) >= 1000 else f'{value:.3g}'


def cells(figure):
    name, what = f'`{figure["figure"]}`', figure['what']
    if 'skipped' in figure:
        return name, what, f'skipped: {figure["skipped"]}', '', '', '', '', ''
    ours, ratio, unit = figure['ours'], figure.get('ratio'), figure['unit']
    beside = ratio and f'{figure["beside"]}: {number(figure["theirs"]["median"])}'
    spread = ratio or ours
    return (name, what, f'{number(ours["median"])} {unit}', beside or '–',
            f'{ratio["median"]:.3f}' if ratio else '–',
            f'{number(spread["min"])} … {number(spread["max"])} ({figure["runs"]})',
            figure['aim'].replace('none', '–'),
            {True: 'yes', False: '**no**', None: '–'}[figure.get('met')])


def circumstances(figures):
    machines = [figure['machine'] for figure in figures if 'machine' in figure]
    loads = [float(machine['load']) for machine in machines]
    machine = machines[0]
    return (f'{datetime.date.today():%d %B %Y}, {machine["cpus"]} processors ({machine["cpu"]}), '
            f'Linux {machine["kernel"]}, load {min(loads):.1f} to {max(loads):.1f}:\n\n')


def main():
    figures = [json.loads(line) for line in sys.stdin if line.startswith('{')]
    with open(sys.argv[1], 'w', encoding='utf-8') as out:
        json.dump(figures, out, indent=1)
    with open(sys.argv[2], 'w', encoding='utf-8') as out:
        out.write(circumstances(figures))
        out.write('| figure | what | ours | beside | ratio | spread (runs) | aim | met |\n')
        out.write('|---|---|---|---|---|---|---|---|\n')
        for figure in figures:
            out.write('| ' + ' | '.join(cells(figure)) + ' |\n')


main()
