// Charts to try constructs in, and what comes of them.
import type { Chart } from 'cdk8s';
import * as cdk8s from 'cdk8s';

/** An object as it is applied. */
export interface Applied {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: object };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** A chart of an app that nothing is written of. */
export const chartOf = (options: cdk8s.ChartProps = {}, id = 'chart'): Chart =>
  new cdk8s.Chart(new cdk8s.App({ outdir: '/nonexistent' }), id, options);

/** Every object of the chart. */
export const synthOf = (chart: Chart): readonly Applied[] => cdk8s.Testing.synth(chart) as Applied[];

/** The lines that synth fails with; none when it does not. */
export function problemsOf(chart: Chart): readonly string[] {
  try {
    cdk8s.Testing.synth(chart);
    return [];
  } catch (error) {
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}
