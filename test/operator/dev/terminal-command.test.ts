import { describe, expect, it } from '@jest/globals';
import { parseTerminalCommand } from '../../../operator/dev/terminal-command.ts';

describe('a typed line', () => {
  it.each([
    ['heal', { kind: 'heal' }],
    [' heal  claude-a ', { kind: 'heal', model: 'claude-a' }],
    ['break claude-a=529', { kind: 'break', what: { model: 'claude-a', mode: '529' } }],
    ['', { kind: 'nothing' }],
    ['break', { kind: 'unknown', hint: expect.stringContaining('break MODEL=MODE') }],
    ['break claude-a=tired', { kind: 'unknown', hint: expect.stringContaining('529') }],
    ['heal a b', { kind: 'unknown', hint: expect.stringContaining('heal MODEL') }],
    ['help', { kind: 'unknown', hint: expect.stringContaining('heal') }],
  ])('%p', (line, expected) => expect(parseTerminalCommand(line)).toEqual(expected));
});
