// One platform, three ways to write it: cdk8s, Pulumi and the `manifests` command give an API server the same objects.
import { describe, expect, it } from '@jest/globals';
import * as pulumi from '@pulumi/pulumi';
import { parseAllDocuments, stringify } from 'yaml';
import type { PlatformOptions } from '../../lib/manifests/platform-options.ts';
import { MCPOperator as OperatorConstruct, MCPWorkflowCRD as CRDConstruct } from '../../lib/cdk8s/index.ts';
import { MCPOperator as OperatorResource, MCPWorkflowCRD as CRDResource } from '../../lib/pulumi/index.ts';
import { printManifests } from '../../operator/print-manifests.ts';
import { chartOf, synthOf } from './cdk8s/synth.ts';
import { FULL_OPTIONS } from './manifests/manifest-members.ts';

interface Item {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: object };
}

const ofCdk8s = (options: PlatformOptions): readonly Item[] => {
  const chart = chartOf();
  new CRDConstruct(chart, 'crd');
  new OperatorConstruct(chart, 'operator', options);
  return synthOf(chart);
};

/** What the engine is asked for. Components are no objects. */
async function ofPulumi(options: PlatformOptions): Promise<readonly Item[]> {
  const asked: Item[] = [];
  await pulumi.runtime.setMocks({
    newResource({ type, name, inputs }) {
      if (type.startsWith('kubernetes:')) asked.push(inputs as Item);
      return { id: name, state: inputs as object };
    },
    call: () => ({}),
  });
  new CRDResource('crd');
  new OperatorResource('ai', options);
  await pulumi.runtime.disconnect();
  return asked;
}

function ofCommand(options: PlatformOptions): readonly Item[] {
  let printed = '';
  const stdout = { write: (text: string) => (printed += text) };
  printManifests({ command: 'manifests', crd: true, options: 'options.yaml' }, stdout, () => stringify(options));
  return parseAllDocuments(printed).map((document) => document.toJS() as Item);
}

const PULUMI_ONLY = 'pulumi.com/waitFor';

/** What only Pulumi reads, and what is left when that is all there is. */
function withoutPulumi({ metadata, ...rest }: Item): Item {
  const others = Object.entries(metadata.annotations ?? {}).filter(([name]) => name !== PULUMI_ONLY);
  const annotations = others.length === 0 ? undefined : Object.fromEntries(others);
  return { ...rest, metadata: { ...metadata, annotations } } as Item;
}

/**
 * The objects by kind, namespace and name, as an API server would get them. Their order is no part of that: each front end has
 * its own. Nor is the annotation that makes Pulumi wait for the CRD.
 */
function compared(items: readonly Item[]): Readonly<Record<string, unknown>> {
  const sent = JSON.parse(JSON.stringify(items.map(withoutPulumi))) as readonly Item[];
  const keyed = sent.map(
    (item) => [`${item.kind} ${item.metadata.namespace ?? ''}/${item.metadata.name}`, item] as const,
  );
  // An object that is there twice must not hide behind its own key.
  expect(new Set(keyed.map(([key]) => key)).size).toBe(items.length);
  return Object.fromEntries(keyed.sort(([one], [other]) => (one < other ? -1 : 1)));
}

describe.each<readonly [string, PlatformOptions]>([
  ['without options', {}],
  ['with every option', FULL_OPTIONS],
])('a platform %s', (_, options) => {
  const printed = compared(ofCommand(options));

  it('is printed with every object', () => expect(Object.keys(printed).length).toBeGreaterThan(20));

  it('is the same in cdk8s as printed', () => expect(compared(ofCdk8s(options))).toEqual(printed));

  it('is the same in Pulumi as printed', async () => expect(compared(await ofPulumi(options))).toEqual(printed));
});
