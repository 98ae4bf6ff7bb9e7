# SPDX-License-Identifier: MIT
"""Print a figure as bench.c does: one line for people, one of JSON."""
import json
import os
import statistics


def machine():
    cpu = ''
    with open('/proc/cpuinfo', encoding='ascii', errors='replace') as info:
        for line in info:
            if line.startswith('model name'):
                cpu = line.split(':', 1)[1].strip()
                break
    return {'cpu': cpu, 'cpus': os.cpu_count(), 'kernel': os.uname().release,
            'load': f'{os.getloadavg()[0]:.2f}'}


def spread(values):
    return {'min': min(values), 'median': statistics.median(values), 'max': max(values)}


def report(figure, what, unit, values, least=None, most=None):
    """values: one of each run; least, most: what the median ought to be."""
    ours = spread(values)
    said = {'figure': figure, 'what': what, 'unit': unit, 'ours': ours, 'runs': len(values),
            'aim': 'none'}
    text = (f'{figure}: {what}: {ours["median"]:.6g} {unit} '
            f'({ours["min"]:.6g} to {ours["max"]:.6g}, {len(values)} runs)')
    if least is not None or most is not None:
        said['aim'] = f'at least {least:g} {unit}' if most is None else f'at most {most:g} {unit}'
        said['met'] = ours['median'] >= least if most is None else ours['median'] <= most
        text += f'; aim {said["aim"]}: {"met" if said["met"] else "MISSED"}'
    said['machine'] = machine()
    print(text)
    print(json.dumps(said), flush=True)


def skip(figure, what, why):
    print(f'{figure}: {what}: skipped: {why}')
    print(json.dumps({'figure': figure, 'what': what, 'skipped': why}), flush=True)
