# SPDX-License-Identifier: MIT
"""Print a figure as bench.c does: one line for people, one of JSON."""
import json
import os


def machine():
    cpu = ''
    with open('/proc/cpuinfo', encoding='ascii', errors='replace') as info:
        for line in info:
            if line.startswith('model name'):
                cpu = line.split(':', 1)[1].strip()
                break
    return {'cpu': cpu, 'cpus': os.cpu_count(), 'kernel': os.uname().release,
            'load': f'{os.getloadavg()[0]:.2f}'}


QUANTILES = {'min': 0, 'low': 0.05, 'median': 0.5, 'high': 0.95, 'max': 1}


def spread(values):
    """What bench.c means by that."""
    values = sorted(values)
    return {name: values[int(part * (len(values) - 1) + 0.5)] for name, part in QUANTILES.items()}


def aim(text, **limit):
    return {'text': text, 'of': 'ours', 'which': 'median', **limit}


def is_met(figure):
    aim = figure['aim']
    if aim['of'] not in figure:
        return False
    value = figure[aim['of']][aim['which']]
    return value >= aim['least'] if 'least' in aim else value <= aim['most']


def report(figure, what, unit, values, least=None, most=None):
    """values: one of each run; least, most: what the median ought to be."""
    ours = spread(values)
    said = {'figure': figure, 'what': what, 'unit': unit, 'ours': ours, 'runs': len(values),
            'samples': values}
    text = (f'{figure}: {what}: {ours["median"]:.6g} {unit} '
            f'({ours["min"]:.6g} to {ours["max"]:.6g}, {len(values)} runs)')
    if least is not None:
        said['aim'] = aim(f'at least {least:g} {unit}', least=least)
    if most is not None:
        said['aim'] = aim(f'at most {most:g} {unit}', most=most)
    if 'aim' in said:
        said['met'] = is_met(said)
        text += f'; aim {said["aim"]["text"]}: {"met" if said["met"] else "MISSED"}'
    said['machine'] = machine()
    print(text)
    print(json.dumps(said), flush=True)


def skip(figure, what, why):
    print(f'{figure}: {what}: skipped: {why}')
    print(json.dumps({'figure': figure, 'what': what, 'skipped': why}), flush=True)
