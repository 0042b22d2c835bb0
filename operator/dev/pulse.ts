// One line a second that shows who answered: a mark per answer, so that a person sees the traffic move and come back.
import type { Clock, Timer } from '../clock.ts';
import type { Judgement } from './judge-answer.ts';
import type { Printer } from './printer.ts';

/** A running pulse. */
export interface Pulse {
  saw(judgement: Judgement): void;
  stop(): void;
}

const EVERY_MS = 1_000;

interface Second {
  primary: number;
  fallback: number;
  other: number;
}

/** Prints a line for every second in which something was answered. */
export function createPulse(ports: {
  readonly clock: Clock;
  readonly printer: Printer;
  readonly primary: string;
}): Pulse {
  const { clock, printer, primary } = ports;
  let second: Second = { primary: 0, fallback: 0, other: 0 };

  const flush = () => {
    const { primary: well, fallback, other } = second;
    second = { primary: 0, fallback: 0, other: 0 };
    if (well + fallback + other === 0) return;
    const marks = [
      printer.paint('●'.repeat(well), 'good'),
      printer.paint('○'.repeat(fallback), 'notice'),
      printer.paint('✗'.repeat(other), 'bad'),
    ].join('');
    const words = [`primary ${well}`, `fallback ${fallback}`, ...(other > 0 ? [`not whole ${other}`] : [])];
    printer.event(`${marks}  ${printer.paint(words.join(', '), 'faint')}`);
  };
  const tick = (): Timer =>
    clock.after(EVERY_MS, () => {
      flush();
      timer = tick();
    });
  let timer = tick();

  return {
    saw(judgement) {
      if (judgement.kind !== 'whole') second.other += 1;
      else if (judgement.model === primary) second.primary += 1;
      else second.fallback += 1;
    },
    stop() {
      timer.cancel();
      flush();
    },
  };
}
