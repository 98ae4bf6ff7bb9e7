#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Figures (the lines of JSON on stdin, of all rounds) to SUMMARY.json and, as a table, to TABLE.md;
or whether two runs agree.

usage: table.py SUMMARY.json TABLE.md | --compare SUMMARY.json SUMMARY.json
"""
import datetime
import json
import sys

from figure import is_met, spread

# Raw against raw: beyond this the machine was too busy for anything to be worth reading.
CONTROL, CONTROL_LEAST, CONTROL_MOST, CONTROL_RUNS = 'at.control.rate', 0.95, 1.05, 10
NEAR = 0.02


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
            figure['aim']['text'] if 'aim' in figure else '–',
            {True: 'yes', False: '**no**', None: '–'}[figure.get('met')])


def join(rounds):
    """One figure of what all rounds have measured."""
    measured = [figure for figure in rounds if 'skipped' not in figure]
    if not measured:
        return rounds[0]
    ours, theirs = ([value for figure in measured for value in figure.get(samples, [])]
                    for samples in ('samples', 'samples_beside'))
    whole = {key: value for key, value in measured[0].items() if not key.startswith('samples')}
    whole.update(ours=spread(ours, whole.get('quantile', 0.5)), runs=len(ours))
    if theirs:
        whole['theirs'] = spread(theirs, whole.get('quantile', 0.5))
        whole['ratio'] = spread([a / b if b > 0 else 0 for a, b in zip(ours, theirs)])
    if 'aim' in whole:
        whole['met'] = is_met(whole)
    return whole


def join_all(figures):
    rounds = {}
    for figure in figures:
        rounds.setdefault(figure['figure'], []).append(figure)
    return [join(parts) for parts in rounds.values()]


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


def summarize(rounds, summary, table):
    figures = join_all(rounds)
    void = why_void(figures)
    skipped = [f'{figure["figure"]}: {figure["skipped"]}' for figure in figures
               if 'skipped' in figure]
    with open(summary, 'w', encoding='utf-8') as out:
        json.dump({'circumstances': circumstances(rounds), 'void': void, 'skipped': skipped,
                   'figures': figures}, out, indent=1)
    with open(table, 'w', encoding='utf-8') as out:
        out.write(f'{circumstances(rounds)}:\n\n')
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
    """Each median lies in the other's spread, or they are next to each other: what hardly varies in
    a run, like memory, may still differ by a page from run to run."""
    near = abs(a['median'] - b['median']) <= NEAR * max(abs(a['median']), abs(b['median']))
    return near or (a['min'] <= b['median'] <= a['max'] and b['min'] <= a['median'] <= b['max'])


def rounded(value):
    """What the table shows of it."""
    return float(number(value).replace(',', ''))


def measured(path):
    """What counts of each figure: the ratio where there is one."""
    with open(path, encoding='utf-8') as file:
        summary = json.load(file)
    if summary['void']:
        sys.exit(f'{path}: this run is void: {summary["void"]}')
    return {figure['figure']: {key: rounded(value) for key, value
                               in figure.get('ratio', figure['ours']).items()}
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
