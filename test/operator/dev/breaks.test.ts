import { afterEach, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { createBreaks } from '../../../operator/dev/breaks.ts';
import type { Target } from '../../../operator/routes/types.ts';
import { steppedClock } from '../../fakes/clock.ts';

const target: Target = {
  id: 'abc',
  provider: 'anthropic',
  protocol: 'Anthropic',
  baseURL: 'https://api.example.com',
  upstreamModel: 'other-name',
  credential: { kind: 'env', name: 'KEY' },
  reasoning: false,
};

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function setup() {
  const changes: number[] = [];
  const breaks = await createBreaks({ clock: steppedClock(), onChange: () => changes.push(1) });
  stops.push(() => breaks.stop());
  return { breaks, changes };
}

const ask = async ({ baseURL, upstreamModel }: Target) => {
  const { statusCode, body } = await request(`${baseURL}/v1/messages`, {
    method: 'POST',
    body: JSON.stringify({ model: upstreamModel, messages: [] }),
  });
  await body.dump();
  return statusCode;
};

describe('breaking a model on purpose', () => {
  it('leads to a provider that fails in that way, under the same identity', async () => {
    const { breaks, changes } = await setup();
    expect(breaks.redirect('m', target)).toBe(target);
    await breaks.break('m', '529');
    const led = breaks.redirect('m', target);
    expect(led).toMatchObject({ id: 'abc', provider: 'anthropic', credential: target.credential });
    expect(await ask(led)).toBe(529);
    expect(breaks.redirect('another', target)).toBe(target);
    expect(changes).toHaveLength(1);
  });

  it('can fail in another way without leading elsewhere', async () => {
    const { breaks, changes } = await setup();
    await breaks.break('m', '529');
    await breaks.break('m', '500');
    expect(await ask(breaks.redirect('m', target))).toBe(500);
    expect(changes).toHaveLength(1);
    expect(breaks.current()).toEqual([{ model: 'm', mode: '500' }]);
  });

  it('healing leads back, one or all', async () => {
    const { breaks, changes } = await setup();
    await breaks.break('m', '529');
    await breaks.break('n', '529');
    expect(breaks.heal('nobody')).toEqual([]);
    expect(breaks.heal('m')).toEqual(['m']);
    expect(breaks.redirect('m', target)).toBe(target);
    expect(breaks.heal()).toEqual(['n']);
    expect(changes).toHaveLength(4);
  });
});
