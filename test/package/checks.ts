// What this suite says of each promise. Not jest: most of it waits for other programs, several at a time.
import { endSuite } from '../../scripts/tally.ts';

/** Counts what holds and what does not. */
export class Checks {
  private passed = 0;
  private failed = 0;

  /** Tries one promise, a sentence. What does not hold is told at once; nothing is thrown. */
  async check(sentence: string, work: () => unknown): Promise<void> {
    try {
      await work();
      this.passed += 1;
    } catch (error) {
      this.failed += 1;
      console.error(`FAILED ${sentence}\n${describe(error)}`);
    }
  }

  /** Prints the numbers; the process is to end with 1 when something did not hold. */
  end(): void {
    endSuite(this.passed, this.failed);
  }
}

/** A program that failed has said why on its own streams. */
function describe(error: unknown): string {
  const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
  return [error instanceof Error ? (error.stack ?? error.message) : String(error), stdout, stderr]
    .filter((text) => text.trim() !== '')
    .join('\n');
}
