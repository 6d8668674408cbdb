import { expect, test } from 'vitest';
import type { Canary } from '../../../catalog/index.ts';
import { createCanaryDigests } from '../../../gateway/canaries/canary-digests.ts';
import { CanaryRegister } from '../../../gateway/canaries/canary-register.ts';
import { hintOf } from '../../../gateway/canaries/canonical-cell.ts';
import { caller, DEVELOPER, openHarness, SECURITY } from '../routes/harness.ts';

const digests = createCanaryDigests(Buffer.alloc(32, 5));
const canaryOf = (id: string, value: string, onHit: Canary['onHit'] = 'freeze'): Canary => ({
  id,
  digest: digests.digest(value),
  hint: digests.maskHint(id, hintOf(value)),
  label: id,
  onHit,
  createdBy: 'office/carol',
  createdAt: '',
  retiredBy: null,
  retiredAt: null,
});
const registerOf = (...canaries: readonly Canary[]) => new CanaryRegister({ read: () => canaries as never }, digests);

test('finds a value in any cell and nothing else; one that freezes goes before one that reports', () => {
  const register = registerOf(canaryOf('a', 'secret', 'report'), canaryOf('b', '55e-1'), canaryOf('c', 'secret2'));
  expect(
    register.find({
      values: [
        ['x', null, true, 'secre', 'secrets', 'Secret'],
        [5, 5.55, 55],
      ],
    }),
  ).toBeNull();
  expect(register.find({ values: [['x', 'secret']] })?.id).toBe('a');
  expect(register.find({ values: [['x', 'secret'], [5.5]] })?.id).toBe('b');
  register.remove('b');
  expect(register.find({ values: [['x', 'secret'], [5.5]] })?.id).toBe('a');
});

test('the hint decides nothing: where hints are the same the digest does', () => {
  const twin = { ...canaryOf('a', 'other'), hint: digests.maskHint('a', hintOf('secret')) };
  expect(registerOf(twin).find({ values: [['secret']] })).toBeNull();
  expect(registerOf(twin, canaryOf('b', 'secret')).find({ values: [['secret']] })?.id).toBe('b');
});

test('equal values look different in the store but for their digest, and another key makes another', () => {
  const hints = new Set(['a', 'b', 'c'].map((id) => canaryOf(id, 'secret').hint));
  expect(hints.size).toBe(3);
  expect(hints.has(hintOf('secret'))).toBe(false);
  expect(createCanaryDigests(Buffer.alloc(32, 6)).digest('secret')).not.toBe(digests.digest('secret'));
});

test('over HTTP: for the security office; neither the answer nor the log has the value', async () => {
  const { request } = await openHarness();
  const order = { value: 'very-secret-value', label: 'registry rows' };
  for (const who of [DEVELOPER, caller('bureau', 'data-bureau'), caller('provider', 'water')])
    expect((await request(who, '/v1/canaries', { json: order })).status).toBe(403);
  const answer = await request(SECURITY, '/v1/canaries', { json: order });
  expect(answer.status).toBe(201);
  const made = await answer.text();
  const listed = await (await request(SECURITY, '/v1/canaries')).text();
  const log = await (await request(SECURITY, '/v1/audit/entries')).text();
  expect(log).toContain('watch for canary');
  const refused = await (
    await request(SECURITY, '/v1/canaries', { json: { ...order, value: 'very-secret-value\n' } })
  ).text();
  for (const text of [made, listed, log, refused]) expect(text).not.toMatch(/very-secret-value|digest|hint":-?\d/);
  expect(JSON.parse(listed)).toMatchObject({ items: [{ label: 'registry rows', onHit: 'freeze', retiredAt: null }] });
});
