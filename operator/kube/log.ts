// What kube/ says while it works. The program's logger fits; kube/ may not import it.

/** Writes a fixed sentence and its fields. */
export interface KubeLog {
  error(sentence: string, fields?: KubeLogFields): void;
  warn(sentence: string, fields?: KubeLogFields): void;
  info(sentence: string, fields?: KubeLogFields): void;
}

/** What a line may carry. */
export type KubeLogFields = Readonly<Record<string, string | number | boolean | undefined | Error>>;

/** Anything thrown, as an error that a log line can carry. */
export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
