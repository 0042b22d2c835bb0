import { describe, expect, it } from '@jest/globals';
import {
  answered,
  facts,
  failed,
  invalidCanary,
  Looks,
  rejected,
  silent,
  traffic,
  unasked,
} from '../../builders/look.ts';
import type { WorkflowSpecInput } from '../../../lib/api/spec.ts';

interface Row {
  readonly spec?: Partial<WorkflowSpecInput>;
  readonly run: (looks: Looks) => unknown;
  readonly opus: string;
}

const probe = (...outcomes: (typeof answered)[]) => ({ probes: { opus: outcomes } });
const canary = (...outcomes: (typeof answered)[]) => ({ canaries: { opus: outcomes } });
const seen = (part: Parameters<typeof traffic>[1]) => ({ traffic: [traffic('opus', part)] });
const illByInference = (looks: Looks) => looks.well().times(3, canary(failed));
const illByProbe = (looks: Looks) => looks.well().times(3, probe(failed));
const canaryOff = { probes: { canary: 'Off' as const } };

const rows: Record<string, Row> = {
  // Unknown and first evidence
  'a new model is Unknown': { run: (l) => l.look(), opus: 'Unknown' },
  'one answered free probe makes Unknown Healthy': { run: (l) => l.look(probe(answered)), opus: 'Healthy' },
  'one canary makes Unknown Healthy': { run: (l) => l.look(canary(answered)), opus: 'Healthy' },
  'one success of traffic makes Unknown Healthy': { run: (l) => l.look(seen({ successes: 1 })), opus: 'Healthy' },
  'Unknown turns ill by the same thresholds': { run: (l) => l.times(3, probe(silent)), opus: 'Unhealthy/Probe' },

  // Free probes
  'two free-probe failures of three do not make ill': { run: (l) => l.well().times(2, probe(failed)), opus: 'Healthy' },
  'failureThreshold free-probe failures in a row make ill': { run: illByProbe, opus: 'Unhealthy/Probe' },
  'three failures in one look make ill as well': {
    run: (l) => l.well().look(probe(failed, failed, failed)),
    opus: 'Unhealthy/Probe',
  },
  'a free-probe success clears the free-probe streak': {
    run: (l) => l.well().look(probe(failed, failed, answered, failed, failed)),
    opus: 'Healthy',
  },
  'failureThreshold is the one of this spec': {
    spec: { probes: { failureThreshold: 1 } },
    run: (l) => l.well().look(probe(failed)),
    opus: 'Unhealthy/Probe',
  },
  'an inference success clears the free-probe streak too': {
    run: (l) => {
      l.well().times(2, probe(failed));
      l.look(seen({ successes: 1 }));
      l.times(2, probe(failed));
    },
    opus: 'Healthy',
  },
  'a free-probe success does not clear the inference streak': {
    run: (l) => {
      l.well().times(2, canary(failed));
      l.look(probe(answered));
      l.look(canary(failed));
    },
    opus: 'Unhealthy/Inference',
  },

  // Canaries and traffic
  'consecutiveFailures canaries in a row make ill by inference': { run: illByInference, opus: 'Unhealthy/Inference' },
  'two failed canaries do not': { run: (l) => l.well().times(2, canary(failed)), opus: 'Healthy' },
  'a canary success clears the inference streak': {
    run: (l) => l.well().look(canary(failed, failed, answered, failed, failed)),
    opus: 'Healthy',
  },
  'three failures of traffic in a row make ill': {
    run: (l) => l.well().look(seen({ failures: 3 })),
    opus: 'Unhealthy/Inference',
  },
  'failures of traffic add up over looks': {
    run: (l) => {
      l.well().look(seen({ failures: 2 }));
      l.look(seen({ failures: 1, trailingFailures: 3 }));
    },
    opus: 'Unhealthy/Inference',
  },
  'three gateways with one failure each are no three in a row': {
    run: (l) => l.well().look(seen({ failures: 3, trailingFailures: 1 })),
    opus: 'Healthy',
  },
  'a run of another gateway does not shrink the largest one': {
    run: (l) => {
      l.well().look(seen({ failures: 2, trailingFailures: 2 }));
      l.look(seen({ failures: 1, trailingFailures: 1 }));
      l.look(seen({ failures: 1, trailingFailures: 3 }));
    },
    opus: 'Unhealthy/Inference',
  },
  'any success in the merged delta clears the streak': {
    run: (l) => {
      l.well().look(seen({ failures: 2 }));
      l.look(seen({ successes: 1 }));
      l.look(seen({ failures: 2, trailingFailures: 2 }));
    },
    opus: 'Healthy',
  },
  'a run that began before a success in the same delta still counts when it goes on': {
    run: (l) => {
      l.well().look(seen({ successes: 5, failures: 2, trailingFailures: 2 }));
      l.look(seen({ failures: 1, trailingFailures: 3 }));
    },
    opus: 'Unhealthy/Inference',
  },
  'a canary failure goes on with such a run': {
    run: (l) => {
      l.well().look(seen({ successes: 5, failures: 2, trailingFailures: 2 }));
      l.look(canary(failed));
    },
    opus: 'Unhealthy/Inference',
  },
  'a canary success forgets such a run': {
    run: (l) => {
      l.well().look(seen({ successes: 5, failures: 2, trailingFailures: 2 }));
      l.look(canary(answered));
      l.look(seen({ failures: 1, trailingFailures: 3 }));
    },
    opus: 'Healthy',
  },
  'a failed canary adds one to the streak of traffic': {
    run: (l) => {
      l.well().look(seen({ failures: 2 }));
      l.look(canary(failed));
    },
    opus: 'Unhealthy/Inference',
  },
  'canaries come first in a fold: a success of traffic clears what they added': {
    run: (l) => l.well().look({ ...canary(failed, failed), ...seen({ successes: 1 }) }),
    opus: 'Healthy',
  },

  // Timeouts
  'timeouts of traffic alone are slowness': { run: (l) => l.well().look(seen({ timeouts: 9 })), opus: 'Healthy' },
  'held timeouts join the streak at the next canary failure': {
    run: (l) => {
      l.well().look(seen({ timeouts: 2 }));
      l.look(canary({ kind: 'noAnswer', reason: 'Timeout' }));
    },
    opus: 'Unhealthy/Inference',
  },
  'held timeouts are dropped at the next canary success': {
    run: (l) => {
      l.well().look(seen({ timeouts: 2 }));
      l.look(canary(answered));
      l.look(canary(failed));
    },
    opus: 'Healthy',
  },
  'with canary Off timeouts count by themselves': {
    spec: canaryOff,
    run: (l) => l.well().look(seen({ timeouts: 3 })),
    opus: 'Unhealthy/Inference',
  },
  'with a canary refused as invalid nothing else could judge timeouts': {
    run: (l) => l.well().look({ ...seen({ timeouts: 3 }), facts: { opus: facts({ canaryInvalid: true }) } }),
    opus: 'Unhealthy/Inference',
  },
  'timeouts are never in the error-rate window': {
    spec: { ...canaryOff, detection: { consecutiveFailures: 100 } },
    run: (l) => l.well().look(seen({ successes: 5, timeouts: 20 })),
    opus: 'Healthy',
  },

  // Error rate
  'half of ten requests failed: ill by the error rate': {
    run: (l) => l.well().look(seen({ successes: 5, failures: 5, trailingFailures: 1 })),
    opus: 'Unhealthy/Inference',
  },
  'with fewer than minRequests the rate says nothing': {
    run: (l) => l.well().look(seen({ successes: 4, failures: 5, trailingFailures: 1 })),
    opus: 'Healthy',
  },
  'under the threshold the rate does not make ill': {
    run: (l) => l.well().look(seen({ successes: 6, failures: 5, trailingFailures: 1 })),
    opus: 'Healthy',
  },
  'the window adds up over looks': {
    run: (l) => {
      l.well().look(seen({ successes: 1, failures: 4, trailingFailures: 1 }));
      l.look(seen({ successes: 4, failures: 1, trailingFailures: 1 }));
    },
    opus: 'Unhealthy/Inference',
  },
  'the window forgets what is older than it': {
    run: (l) => {
      l.well().look(seen({ successes: 1, failures: 4, trailingFailures: 1 }));
      l.look({ afterMs: 31_000, ...seen({ successes: 4, failures: 1, trailingFailures: 1 }) });
    },
    opus: 'Healthy',
  },
  'an inference success never clears the window': {
    run: (l) => {
      l.well().look(seen({ successes: 1, failures: 5, trailingFailures: 1 }));
      l.look(canary(answered));
      l.look(seen({ successes: 3, failures: 1, trailingFailures: 1 }));
    },
    opus: 'Unhealthy/Inference',
  },
  'the window empties when the model turns Healthy': {
    run: (l) => {
      l.well().look(seen({ successes: 5, failures: 5, trailingFailures: 1 }));
      l.times(3, canary(answered));
      l.look(seen({ successes: 1, failures: 1, trailingFailures: 1 }));
    },
    opus: 'Healthy',
  },

  // What is no evidence
  'an unclear 401, 403 or 404 of traffic does not count': {
    run: (l) => l.well().look(seen({ unconfirmed: 9 })),
    opus: 'Healthy',
  },
  'it counts when a free probe confirms it': {
    run: (l) => {
      l.well().look(probe(rejected));
      l.look({ ...seen({ unconfirmed: 3 }), facts: { opus: facts({ probeFailing: true }) } });
    },
    opus: 'Unhealthy/Inference',
  },
  'a probe that was once rejected confirms nothing now': {
    run: (l) => {
      l.well().look(probe(rejected));
      l.look({ ...seen({ unconfirmed: 3 }), facts: { opus: facts({ probeFailing: false }) } });
    },
    opus: 'Healthy',
  },
  'a failing free probe of another kind confirms nothing': {
    run: (l) => {
      l.well().look(probe(failed));
      l.look({ ...seen({ unconfirmed: 3 }), facts: { opus: facts({ probeFailing: true }) } });
    },
    opus: 'Healthy',
  },
  'clients that gave up are no evidence': { run: (l) => l.well().look(seen({ gaveUp: 50 })), opus: 'Healthy' },
  'free probes that could not be asked change no state': {
    run: (l) => l.well().times(9, probe(unasked)),
    opus: 'Healthy',
  },
  'they do not break a run of failures either': {
    run: (l) => l.well().look(probe(failed, failed, unasked, failed)),
    opus: 'Unhealthy/Probe',
  },
  'a canary refused as invalid changes no state': {
    run: (l) => l.well().times(9, canary(invalidCanary)),
    opus: 'Healthy',
  },
  'a 429 to a canary neither worsens nor heals': {
    run: (l) => l.well().times(9, canary({ kind: 'throttled', retryAfterMs: 1_000 })),
    opus: 'Healthy',
  },

  // Blindness
  'while the operator is blind silence changes no state and no streak': {
    run: (l) => {
      l.well().times(2, probe(silent));
      l.times(20, { ...probe(silent), ...canary(silent), blind: true });
      l.look(probe(answered));
    },
    opus: 'Healthy',
  },
  'while blind, what one host answers counts': {
    run: (l) => l.well().times(3, { ...probe(failed), blind: true }),
    opus: 'Unhealthy/Probe',
  },
  'while blind, traffic counters still count': {
    run: (l) => l.well().look({ ...seen({ failures: 3 }), blind: true }),
    opus: 'Unhealthy/Inference',
  },

  // Recovery
  'free probes never heal an illness found by inference': {
    run: (l) => illByInference(l).times(50, probe(answered)),
    opus: 'Unhealthy/Inference',
  },
  'a first success makes Recovering, not Healthy': {
    run: (l) => illByProbe(l).look(probe(answered)),
    opus: 'Recovering/Probe',
  },
  'successThreshold successes and stabilization make Healthy': {
    run: (l) => illByProbe(l).times(3, probe(answered)),
    opus: 'Healthy',
  },
  'enough successes before the end of stabilization do not': {
    run: (l) => illByProbe(l).times(2, probe(answered)),
    opus: 'Recovering/Probe',
  },
  'stabilization passes without further evidence': {
    run: (l) => illByProbe(l).times(2, probe(answered)).look({ afterMs: 2_000 }),
    opus: 'Healthy',
  },
  'stabilization alone is no proof': {
    run: (l) => illByProbe(l).times(1, probe(answered)).look({ afterMs: 60_000 }),
    opus: 'Recovering/Probe',
  },
  'an inference success heals an illness found by probes': {
    run: (l) => illByProbe(l).times(3, canary(answered)),
    opus: 'Healthy',
  },
  'traffic proves as canaries do': { run: (l) => illByInference(l).times(3, seen({ successes: 1 })), opus: 'Healthy' },
  'a free-probe failure takes Recovering from probes back': {
    run: (l) => illByProbe(l).times(1, probe(answered)).look(probe(failed)),
    opus: 'Unhealthy/Probe',
  },
  'a free-probe failure does not disturb a recovery from inference': {
    run: (l) => illByInference(l).times(1, canary(answered)).look(probe(failed)),
    opus: 'Recovering/Inference',
  },
  'an inference failure takes every Recovering back': {
    run: (l) => illByProbe(l).times(1, probe(answered)).look(canary(failed)),
    opus: 'Unhealthy/Probe',
  },
  'inference failures that make ill by themselves raise the rank': {
    run: (l) => illByProbe(l).times(3, canary(failed)),
    opus: 'Unhealthy/Inference',
  },
  'free probes do not lower the rank': {
    run: (l) => illByInference(l).times(9, probe(failed)),
    opus: 'Unhealthy/Inference',
  },
  'a failure after the last success of a delta is no proof': {
    run: (l) => illByInference(l).look(seen({ successes: 3, failures: 1, trailingFailures: 1 })),
    opus: 'Unhealthy/Inference',
  },
  'being throttled does not take a recovery back': {
    run: (l) =>
      illByInference(l)
        .times(1, canary(answered))
        .look(canary({ kind: 'throttled' })),
    opus: 'Recovering/Inference',
  },
};

describe('the health of one model', () => {
  it.each(Object.entries(rows))('%s', (_, { spec, run, opus }) => {
    const looks = new Looks(spec);
    run(looks);
    expect(looks.state()).toBe(opus);
    expect(looks.faults).toEqual([]);
  });

  it('an illness keeps its reason and its moment while it lasts', () => {
    const looks = new Looks().well().times(3, { probes: { opus: [silent] } });
    const before = looks.entry('opus');
    looks.times(5, { probes: { opus: [failed] } });
    expect(looks.entry('opus')).toEqual(before);
    expect(before).toMatchObject({ reason: 'ConnectionFailed' });
  });

  it('only a recovery is called Recovered', () => {
    const looks = new Looks().well();
    expect(looks.entry('opus')).not.toHaveProperty('reason');
    looks.times(3, { probes: { opus: [failed] } }).times(3, { probes: { opus: [answered] } });
    expect(looks.entry('opus')).toMatchObject({ state: 'Healthy', reason: 'Recovered' });
  });

  it('evidence that was folded is not folded again', () => {
    const looks = new Looks().well();
    const input = looks.input({ probes: { opus: [failed] } });
    looks.look({ probes: { opus: [failed] } });
    expect(input.evidence[0]?.sequence).toBeLessThan(looks.memory?.models['opus']?.sequence ?? 0);
    looks.look();
    expect(looks.memory?.models['opus']?.probeFailures).toBe(1);
  });
});
