// Lines for a person at a terminal: coloured there, plain everywhere else.
import picocolors from 'picocolors';
import type { Clock } from '../clock.ts';

/** What a line is about; it chooses the colour and nothing else. */
export type Tone = 'plain' | 'good' | 'bad' | 'notice' | 'faint' | 'strong';

/** Writes lines. */
export interface Printer {
  /** A line with the seconds since the start before it. */
  event(text: string, tone?: Tone): void;
  /** A line as it is. */
  line(text?: string, tone?: Tone): void;
  /** The text in that tone, for a part of a line. */
  paint(text: string, tone: Tone): string;
}

/** Where lines go. */
export interface PrinterPorts {
  readonly write: (text: string) => void;
  readonly colors: boolean;
  readonly clock: Clock;
}

export function createPrinter({ write, colors, clock }: PrinterPorts): Printer {
  const startedAt = clock.now();
  const ink = picocolors.createColors(colors);
  const paints: Readonly<Record<Tone, (text: string) => string>> = {
    plain: (text) => text,
    good: ink.green,
    bad: ink.red,
    notice: ink.yellow,
    faint: ink.dim,
    strong: ink.bold,
  };
  const line = (text = '', tone: Tone = 'plain') => write(`${paints[tone](text)}\n`);
  return {
    event(text, tone = 'plain') {
      const seconds = `${((clock.now() - startedAt) / 1_000).toFixed(1)} s`;
      write(`${paints.faint(seconds.padStart(7))}  ${paints[tone](text)}\n`);
    },
    line,
    paint: (text, tone) => paints[tone](text),
  };
}
