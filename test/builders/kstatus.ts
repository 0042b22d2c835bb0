// What kstatus and the API conventions demand of any status, as a list of sentences; an empty list is a good status.
import { CONDITION_TYPES, statusSchema } from '../../lib/api/status.ts';
import type { WorkflowStatus } from '../../lib/api/status.ts';

const ALWAYS = ['Ready', 'OnPrimary', 'ModelsHealthy', 'Pinned', 'Suspended'];
const ABNORMAL_TRUE = ['Reconciling', 'Stalled'];

/** What is wrong with `status`, given the one before it. */
export function kstatusFaults(status: WorkflowStatus, generation: number, previous?: WorkflowStatus): string[] {
  const conditions = status.conditions ?? [];
  const types = conditions.map(({ type }) => type);
  const order = CONDITION_TYPES.filter((type) => types.includes(type));
  const faults: string[] = [];
  const must = (holds: boolean, sentence: string) => void (holds || faults.push(sentence));

  must(statusSchema.safeParse(status).success, 'the status does not fit its schema');
  must(status.observedGeneration === generation, 'observedGeneration is not the generation');
  must(new Set(types).size === types.length, 'a condition type stands there twice');
  must(order.join() === types.join(), 'the conditions are out of order or unknown');
  for (const type of ALWAYS) must(types.includes(type), `${type} is missing`);
  for (const condition of conditions) {
    const { type, reason, message, lastTransitionTime } = condition;
    must(/^[A-Z][A-Za-z]*$/.test(reason), `${type}: the reason ${reason} is not CamelCase`);
    must(message.length > 0, `${type}: the message is empty`);
    must(condition.observedGeneration === generation, `${type}: observedGeneration is not the generation`);
    must(!ABNORMAL_TRUE.includes(type) || condition.status === 'True', `${type} is there although it is not true`);
    const before = previous?.conditions?.find((other) => other.type === type);
    const moved = before !== undefined && before.lastTransitionTime !== lastTransitionTime;
    must(!moved || before.status !== condition.status, `${type}: the transition time moved without the status`);
  }
  return faults;
}
