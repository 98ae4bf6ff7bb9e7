#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Figures (the lines of JSON on stdin) to SUMMARY.json and, as a table, to TABLE.md; or whether two
runs agree.

usage: table.py SUMMARY.json TABLE.md | --compare SUMMARY.json SUMMARY.json
"""
import datetime
import json
import sys

# Raw against raw: beyond this the machine was too busy for anything to be worth reading.
CONTROL, CONTROL_LEAST, CONTROL_MOST, CONTROL_RUNS = 'at.control.rate', 0.95, 1.05, 10
# Of figures of one run, which have no spread.
SAME = 0.1


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
            f'Linux {machine["kernel"]}, load {min(loads):.1f} to {max(loads):.1f}')


def why_void(figures):
    """Why nothing of this run is worth reading, or None. One without enough runs is not judged."""
    for figure in figures:
        if figure['figure'] != CONTROL or figure['runs'] < CONTROL_RUNS:
            continue
        ratio = figure['ratio']['median']
        if not CONTROL_LEAST <= ratio <= CONTROL_MOST:
            return (f'raw against raw is {ratio:.3f}, not {CONTROL_LEAST} to {CONTROL_MOST}: '
                    'the machine was too busy')
    return None


def summarize(figures, summary, table):
    void = why_void(figures)
    skipped = [f'{figure["figure"]}: {figure["skipped"]}' for figure in figures
               if 'skipped' in figure]
    with open(summary, 'w', encoding='utf-8') as out:
        json.dump({'circumstances': circumstances(figures), 'void': void, 'skipped': skipped,
                   'figures': figures}, out, indent=1)
    with open(table, 'w', encoding='utf-8') as out:
        out.write(f'{circumstances(figures)}:\n\n')
        if void:
            out.write(f'**This run is void: {void}.**\n\n')
        out.write('| figure | what | ours | beside | ratio | spread (runs) | aim | met |\n')
        out.write('|---|---|---|---|---|---|---|---|\n')
        for figure in figures:
            out.write('| ' + ' | '.join(cells(figure)) + ' |\n')
        if skipped:
            out.write(f'\nSkipped: {"; ".join(skipped)}.\n')
    return f'this run is void: {void}' if void else None


def agree(a, b):
    """Each median lies in the other's spread."""
    if a['runs'] == 1 or b['runs'] == 1:
        return abs(a['median'] - b['median']) <= SAME * max(abs(a['median']), abs(b['median']))
    return a['min'] <= b['median'] <= a['max'] and b['min'] <= a['median'] <= b['max']


def measured(path):
    """What counts of each figure: the ratio where there is one."""
    with open(path, encoding='utf-8') as file:
        summary = json.load(file)
    if summary['void']:
        sys.exit(f'{path}: this run is void: {summary["void"]}')
    return {figure['figure']: {**figure.get('ratio', figure['ours']), 'runs': figure['runs']}
            for figure in summary['figures'] if 'skipped' not in figure}


def compare(first, second):
    """@return what is wrong, or None"""
    before, after = measured(first), measured(second)
    missing = sorted(before.keys() ^ after.keys())
    apart = []
    for name in (name for name in before if name in after):
        a, b = before[name], after[name]
        if not agree(a, b):
            apart.append(name)
        print(f'{name}: {number(a["median"])} ({number(a["min"])} … {number(a["max"])}), then '
              f'{number(b["median"])} ({number(b["min"])} … {number(b["max"])})'
              f'{": APART" if apart[-1:] == [name] else ""}')
    print(f'{len(before.keys() & after.keys()) - len(apart)} figures agree within their spread, '
          f'{len(apart)} do not')
    if missing:
        print('in one run only: ' + ', '.join(missing))
    return f'apart: {", ".join(apart)}' if apart else None


def main():
    if len(sys.argv) == 4 and sys.argv[1] == '--compare':
        sys.exit(compare(sys.argv[2], sys.argv[3]))
    if len(sys.argv) != 3 or sys.argv[1].startswith('-'):
        sys.exit(__doc__)
    figures = [json.loads(line) for line in sys.stdin if line.startswith('{')]
    if not figures:
        sys.exit('no figures on stdin')
    sys.exit(summarize(figures, sys.argv[1], sys.argv[2]))


if __name__ == '__main__':
    main()
