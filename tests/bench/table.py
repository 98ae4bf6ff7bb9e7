#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Figures (the lines of JSON on stdin, of all rounds) to SUMMARY.json and, as a table, to TABLE.md;
or whether two runs agree.

usage: table.py SUMMARY.json TABLE.md [CONDITION...] | --compare SUMMARY.json SUMMARY.json
CONDITION: what figures depend on beside the machine, in words.
"""
import datetime
import json
import sys

from figure import is_met, spread

# Raw against raw, in all rounds and in each of them: further from 1 the machine was too busy for
# anything to be worth reading. So many runs are needed to judge that.
CONTROL, CONTROL_RUNS, CONTROL_OFF, CONTROL_OFF_ROUND = 'at.control.rate', 10, 0.02, 0.05
# What every median may differ by: what hardly varies in a run, like memory, may still differ by a
# page from run to run.
NEAR = 0.02


def number(value):
    return f'{value:,.0f}' if abs(value) >= 1000 else f'{value:.3g}'


def cells(figure):
    name, what = f'`{figure["figure"]}`', figure['what']
    if 'skipped' in figure:
        return name, what, f'skipped: {figure["skipped"]}', '', '', '', '', ''
    ours, ratio, unit = figure['ours'], figure.get('ratio'), figure['unit']
    beside = 'beside' in figure and f'{figure["beside"]}: {number(figure["theirs"]["median"])}'
    runs = ratio or ours
    return (name, what, f'{number(ours["median"])} {unit}', beside or '–',
            number(ratio["median"]) if ratio else '–',
            f'{number(runs["low"])} … {number(runs["high"])} ({figure["runs"]})',
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
    whole.pop('ratio', None)
    whole.update(ours=spread(ours), runs=len(ours))
    if theirs:
        whole['theirs'] = spread(theirs)
    ratios = [a / b for a, b in zip(ours, theirs) if b > 0]
    if ratios and 'no_ratio' not in whole:
        whole['ratio'] = spread(ratios)
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


def controls(figures):
    """Raw against raw, as far as there are enough runs to judge that."""
    return [figure['ratio']['median'] for figure in figures
            if figure['figure'] == CONTROL and figure['runs'] >= CONTROL_RUNS]


def why_void(rounds):
    """Why nothing of this run is worth reading, or None."""
    for figures, off in ((join_all(rounds), CONTROL_OFF),
                         ([join([figure]) for figure in rounds], CONTROL_OFF_ROUND)):
        for ratio in controls(figures):
            if abs(ratio - 1) > off:
                return (f'raw against raw is {ratio:.3f}, not {1 - off:g} to {1 + off:g}: '
                        'the machine was too busy')
    return None


def summarize(rounds, summary, table, conditions=()):
    figures = join_all(rounds)
    void = why_void(rounds)
    about = ', '.join([circumstances(rounds), *conditions])
    skipped = [f'{figure["figure"]}: {figure["skipped"]}' for figure in figures
               if 'skipped' in figure]
    with open(summary, 'w', encoding='utf-8') as out:
        json.dump({'circumstances': about, 'conditions': conditions, 'void': void,
                   'skipped': skipped, 'figures': figures}, out, indent=1)
    with open(table, 'w', encoding='utf-8') as out:
        out.write(f'{about}:\n\n')
        if void:
            out.write(f'**This run is void: {void}.**\n\n')
        out.write('| figure | what | ours | beside | ratio | spread (runs) | aim | met |\n')
        out.write('|---|---|---|---|---|---|---|---|\n')
        for figure in figures:
            out.write('| ' + ' | '.join(cells(figure)) + ' |\n')
        if skipped:
            out.write(f'\nSkipped: {"; ".join(skipped)}.\n')
    return f'this run is void: {void}' if void else None


def lies_in(value, spread_):
    near = NEAR * abs(spread_['median'])
    return (min(spread_['low'], spread_['median'] - near) <= value <=
            max(spread_['high'], spread_['median'] + near))


def agree(a, b):
    """Each median lies in the other's spread."""
    return lies_in(a['median'], b) and lies_in(b['median'], a)


def rounded(value):
    """What the table shows of it."""
    return float(number(value).replace(',', ''))


def load(path):
    with open(path, encoding='utf-8') as file:
        summary = json.load(file)
    if summary['void']:
        sys.exit(f'{path}: this run is void: {summary["void"]}')
    return summary


def measured(summary):
    """What counts of each figure: the ratio where there is one."""
    return {figure['figure']: {key: rounded(value) for key, value
                               in figure.get('ratio', figure['ours']).items()}
            for figure in summary['figures'] if 'skipped' not in figure}


def show(spread_):
    return (f'{number(spread_["median"])} ({number(spread_["low"])} … '
            f'{number(spread_["high"])})')


def compare(first, second):
    """@return what is wrong, or None"""
    first, second = load(first), load(second)
    if first['conditions'] != second['conditions']:
        return f'not comparable: {first["conditions"]}, then {second["conditions"]}'
    before, after = measured(first), measured(second)
    both = [name for name in before if name in after]
    apart = [name for name in both if not agree(before[name], after[name])]
    lone = sorted(before.keys() ^ after.keys())
    for name in both:
        print(f'{name}: {show(before[name])}, then {show(after[name])}'
              f'{": APART" if name in apart else ""}')
    print(f'{len(both) - len(apart)} figures agree within their spread, {len(apart)} do not')
    wrong = [f'{what}: {", ".join(names)}'
             for what, names in (('apart', apart), ('in one run only', lone)) if names]
    return '; '.join(wrong) or None


def main():
    if len(sys.argv) == 4 and sys.argv[1] == '--compare':
        sys.exit(compare(sys.argv[2], sys.argv[3]))
    if len(sys.argv) < 3 or sys.argv[1].startswith('-'):
        sys.exit(__doc__)
    figures = [json.loads(line) for line in sys.stdin if line.startswith('{')]
    if not figures:
        sys.exit('no figures on stdin')
    sys.exit(summarize(figures, *sys.argv[1:3], sys.argv[3:]))


if __name__ == '__main__':
    main()
