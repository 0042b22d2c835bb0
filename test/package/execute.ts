// Runs a program to its end.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

/** What a program said. */
export interface Said {
  readonly stdout: string;
  readonly stderr: string;
}

/** Without what npm tells the programs that it runs: a user's project would not have it. */
export const plainEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_(?!config_(registry|cache|userconfig|cafile))|INIT_CWD)/i.test(name),
    ),
  );

/** Rejects, with what the program said, when it does not exit with 0. */
export const execute = async (
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = plainEnvironment(),
): Promise<Said> => execFileAsync(program, [...args], { cwd, env, maxBuffer: 64 * 2 ** 20 });

/** The same of a program that is to fail: its exit code too. */
export async function exitOf(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<Said & { readonly code: unknown }> {
  try {
    return { ...(await execute(program, args, cwd)), code: 0 };
  } catch (error) {
    return error as Said & { readonly code: unknown };
  }
}
