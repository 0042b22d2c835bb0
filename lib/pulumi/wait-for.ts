// The annotation that makes Pulumi's provider for Kubernetes wait for a condition; by itself it waits for no custom resource.
import type * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { isOpaque } from './opaque.ts';

type ObjectMeta = k8s.types.input.meta.v1.ObjectMeta;
type Annotations = Readonly<Record<string, pulumi.Input<string>>>;

const WAIT_FOR = 'pulumi.com/waitFor';
const SKIP = 'pulumi.com/skipAwait';

/** The metadata with an annotation that waits for `condition`, unless it says already whether and for what to wait. */
export function waitingFor(condition: string, metadata: pulumi.Input<ObjectMeta> = {}): pulumi.Input<ObjectMeta> {
  // Only what is opaque as a whole needs an apply: one more would make everything in it unknown to a preview.
  if (isOpaque(metadata)) return pulumi.output(metadata).apply((known) => annotated(condition, known as ObjectMeta));
  return annotated(condition, metadata as ObjectMeta);
}

function annotated(condition: string, metadata: ObjectMeta): ObjectMeta {
  const { annotations } = metadata;
  const whole = isOpaque(annotations)
    ? pulumi.output(annotations).apply((known) => withDefault(condition, known))
    : withDefault(condition, annotations as Annotations | undefined);
  return { ...metadata, annotations: whole };
}

function withDefault(condition: string, annotations: Annotations = {}): Record<string, pulumi.Input<string>> {
  const decided = annotations[WAIT_FOR] !== undefined || annotations[SKIP] !== undefined;
  return { ...annotations, ...(!decided && { [WAIT_FOR]: `condition=${condition}` }) };
}
