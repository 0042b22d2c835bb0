import { describe, expect, it } from '@jest/globals';
import { ApiObject, App, Chart, JsonPatch, Lazy } from 'cdk8s';
import { MCPWorkflow } from '../../../lib/cdk8s/index.ts';
import type { ResolutionContext } from 'cdk8s';
import type { MCPWorkflowSpec } from '../../../lib/cdk8s/index.ts';
import { SPEC_ROWS } from '../api/objects.ts';
import { chartOf, problemsOf, synthOf } from './synth.ts';

const plain: MCPWorkflowSpec = { models: { primary: 'claude-opus-4-8', fallbacks: ['claude-sonnet-4-6'] } };
const named = { metadata: { name: 'triage-bot' } };
const later = (produce: () => unknown) => Lazy.any({ produce }) as never;

const specOf = (spec: MCPWorkflowSpec, ...patches: readonly JsonPatch[]) => {
  const chart = chartOf();
  new MCPWorkflow(chart, 'workflow', { spec }).addJsonPatch(...patches);
  return synthOf(chart)[0]?.spec;
};
/** What synth says of a spec that the compiler would refuse, as in JavaScript. */
const said = (spec: unknown, metadata: object = {}) => {
  const chart = chartOf();
  new MCPWorkflow(chart, 'workflow', { metadata, spec: spec as MCPWorkflowSpec });
  return problemsOf(chart);
};

describe('MCPWorkflow', () => {
  it('is the manifest that a person would write', () => {
    const chart = chartOf({ namespace: 'support', labels: { team: 'support' } });
    new MCPWorkflow(chart, 'workflow', { ...named, spec: plain });
    expect(synthOf(chart)).toMatchInlineSnapshot(`
[
  {
    "apiVersion": "ai.example.com/v1alpha1",
    "kind": "MCPWorkflow",
    "metadata": {
      "labels": {
        "team": "support",
      },
      "name": "triage-bot",
      "namespace": "support",
    },
    "spec": {
      "models": {
        "fallbacks": [
          "claude-sonnet-4-6",
        ],
        "primary": "claude-opus-4-8",
      },
    },
  },
]
`);
  });

  it('is named by its path when it is not named', () => {
    const chart = chartOf();
    expect(new MCPWorkflow(chart, 'triage', { spec: plain }).name).toMatch(/^chart-triage-[0-9a-f]{8}$/);
  });

  it('gives the same bytes for the same program', () => {
    const yaml = () => {
      const app = new App();
      new MCPWorkflow(new Chart(app, 'chart'), 'workflow', { spec: plain });
      return app.synthYaml();
    };
    expect(yaml()).toBe(yaml());
  });

  it('is its own default child, so that ApiObject.of and Aspects find it', () => {
    const workflow = new MCPWorkflow(chartOf(), 'workflow', { spec: plain });
    expect(workflow.node.defaultChild).toBe(workflow);
    expect(ApiObject.of(workflow)).toBe(workflow);
  });

  it('takes what is known only at synth', () => {
    const fallbacks = ['b'];
    const spec = { models: { primary: later(() => 'a'), fallbacks: later(() => fallbacks) } };
    fallbacks.push('c');
    expect(specOf(spec)).toEqual({ models: { primary: 'a', fallbacks: ['b', 'c'] } });
  });

  it('is patched by the names that the API has', () => {
    const providers = [
      { name: 'vllm', protocol: 'OpenAI', baseURL: 'http://vllm.ml.svc:8000/v1', models: ['llama-*'] } as const,
    ];
    const spec = { models: { primary: 'llama-3', providers } };
    expect(
      specOf(
        spec,
        JsonPatch.replace('/spec/models/providers/0/baseURL', 'http://other.ml.svc/v1'),
        JsonPatch.add('/spec/ofTomorrow', true),
      ),
    ).toMatchObject({ models: { providers: [{ baseURL: 'http://other.ml.svc/v1' }] }, ofTomorrow: true });
  });

  it('keeps a null that means something', () => {
    const schema = { const: null, properties: { 'a/b~c': { default: null } }, enum: ['x', null] };
    const spec: MCPWorkflowSpec = {
      models: { primary: 'a', overrides: [{ model: 'a', parameters: { set: { stop: null, top: [1, null] } } }] },
      checks: [{ name: 'shape', type: 'JSONSchema', schema }],
    };
    const chart = chartOf();
    new MCPWorkflow(chart, 'workflow', { spec });
    const [object] = JSON.parse(JSON.stringify(synthOf(chart))) as { spec: unknown }[];
    expect(object?.spec).toEqual(spec);
  });

  it('leaves out of the object what is undefined, as if it had not been said', () =>
    expect(specOf({ ...plain, pin: undefined } as unknown as MCPWorkflowSpec)).toEqual(plain));

  it('gives its manifest without a chart', () =>
    expect(MCPWorkflow.manifest({ ...named, spec: plain })).toEqual({
      apiVersion: 'ai.example.com/v1alpha1',
      kind: 'MCPWorkflow',
      ...named,
      spec: plain,
    }));
});

describe('synth', () => {
  // What the schema judges is in one table for everybody. There a spec may be anything at all, here it is an object.
  it.each(SPEC_ROWS)('judges as the API server does: $name', ({ spec, ok, path }) => {
    const problems = said(spec);
    expect(problems.length === 0).toBe(ok);
    if (!ok) expect(problems[0]).toContain(`[chart/workflow] ${path}: `);
  });

  it.each([
    [
      'a pin that is no model',
      { ...plain, pin: 'gpt-5' },
      'spec.pin: pin must be models.primary or one of models.fallbacks: correct it, or remove it',
    ],
    [
      'a fallback twice',
      { models: { primary: 'a', fallbacks: ['b', 'b'] } },
      'spec.models.fallbacks[1]: models.fallbacks may not name a model twice, nor the primary again: remove the repetition',
    ],
    ['a bad duration', { ...plain, interval: '3' }, 'spec.interval: interval must be a duration such as 3s or 1m30s'],
    [
      'an undefined in a list',
      { models: { primary: 'a', fallbacks: ['b', undefined] } },
      'spec.models.fallbacks[1]: is undefined: a list is written with all of its entries, so leave this one out',
    ],

    ['a hole in a list', { models: { primary: 'a', fallbacks: [, 'b'] } }, 'spec.models.fallbacks[0]: is undefined'],
    ['a field that there is not', { ...plain, fallback: ['b'] }, 'spec.fallback: is not a field of this API'],
    ['a name for another field', { models: { primary: 'a', fallback: ['b'] } }, 'did you mean fallbacks?'],
    ['nothing at all', undefined, 'spec: is required: write an object with fields'],
    ['a null where there is none', { ...plain, pin: null }, 'spec.pin: must be text'],
    [
      'what turns out wrong only now',
      { models: { primary: later(() => 'a'), fallbacks: later(() => ['a']) } },
      'spec.models.fallbacks[0]: models.fallbacks may not name',
    ],
    [
      'a null that turns up only now',
      { models: { primary: 'a', overrides: [{ model: 'a', parameters: later(() => ({ set: { stop: null } })) }] } },
      "addJsonPatch(JsonPatch.add('/spec/models/overrides/0/parameters/set/stop', null))",
    ],
  ])('refuses %s, and says where and what to write', (_, spec, problem) => {
    const problems = said(spec);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`[chart/workflow] `);
    expect(problems[0]).toContain(problem);
  });

  it('refuses a name that no object can have', () =>
    expect(said(plain, { name: 'Not Valid' })).toEqual([
      expect.stringContaining('[chart/workflow] metadata.name: must be'),
    ]));

  it('tells every error of every workflow at once', () => {
    const chart = chartOf();
    new MCPWorkflow(chart, 'one', { spec: { ...plain, pin: 'x', interval: '9h' } });
    new MCPWorkflow(chart, 'two', { spec: { models: { primary: 'a', fallbacks: ['a'] } } });
    expect(problemsOf(chart).map((line) => line.replace(/: .*/, ''))).toEqual([
      '[chart/one] spec.interval',
      '[chart/one] spec.pin',
      '[chart/two] spec.models.fallbacks[0]',
    ]);
  });

  it.each([
    ['a name', (fallbacks: string[]) => ({ models: { primary: 'a', fallbacks } })],
    ['a token', (fallbacks: string[]) => ({ models: { primary: 'a', fallbacks: later(() => fallbacks) } })],
  ])('judges again, at the next synth, a spec in which %s has changed', (_, spec) => {
    const fallbacks = ['b'];
    const chart = chartOf();
    new MCPWorkflow(chart, 'workflow', { spec: spec(fallbacks) });
    expect(problemsOf(chart)).toEqual([]);
    fallbacks.push('a');
    expect(problemsOf(chart)).toEqual([expect.stringContaining('spec.models.fallbacks[1]')]);
    fallbacks.pop();
    expect(problemsOf(chart)).toEqual([]);
  });

  it("judges what the app's own resolvers make of a spec, each time", () => {
    const words = ['a', 'not a model'];
    const resolver = {
      resolve: (context: ResolutionContext) => {
        if (context.value === '${primary}') context.replaceValue(words[0]);
      },
    };
    const chart = new Chart(new App({ outdir: '/nonexistent', resolvers: [resolver] }), 'chart');
    new MCPWorkflow(chart, 'workflow', { spec: { models: { primary: '${primary}' } } });
    expect(problemsOf(chart)).toEqual([]);
    words.shift();
    expect(problemsOf(chart)).toEqual([expect.stringContaining('spec.models.primary')]);
  });

  it('never repeats a value, which may be a key in the wrong place', () =>
    expect(said({ ...plain, pin: 'sk-very-secret', interval: 'sk-very-secret' }).join()).not.toContain(
      'sk-very-secret',
    ));
});

describe('gatewayUrl', () => {
  it.each([
    ['Anthropic', {}, 'http://mcpworkflow-gateway.mcpworkflow-system.svc:4000/support/triage-bot/anthropic'],
    ['OpenAI', {}, 'http://mcpworkflow-gateway.mcpworkflow-system.svc:4000/support/triage-bot/openai/v1'],
    ['OpenAI', { namespace: 'ai', tls: true }, 'https://mcpworkflow-gateway.ai.svc:4000/support/triage-bot/openai/v1'],
  ] as const)('is what the SDK of %s takes from %j', (dialect, gateway, url) => {
    const workflow = new MCPWorkflow(chartOf({ namespace: 'support' }), 'workflow', { ...named, spec: plain, gateway });
    expect(workflow.gatewayUrl(dialect)).toBe(url);
  });

  it('says what is missing when the namespace is not known', () =>
    expect(() => new MCPWorkflow(chartOf(), 'workflow', { spec: plain }).gatewayUrl('OpenAI')).toThrow(
      /^\[chart\/workflow\] has no namespace.*metadata\.namespace/,
    ));
});
