import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type KeyService,
  type KeyWrapper,
  masterKeyWrapper,
  serviceKeyWrapper,
  wrapperIdOf,
} from '../../../sandbox/vault/index.ts';

/**
 * Goal: what is wrapped opens under its own wrapper and context only, and nobody changes it unseen; a key management service never gets a
 * secret itself. Method: every byte of what is wrapped is changed in turn, and everything is put in another's place.
 */

/** A service that keeps what it was given under numbers. */
function serviceOf(keyName = 'kek'): KeyService & { readonly seen: Uint8Array[] } {
  const seen: Uint8Array[] = [];
  return {
    keyName,
    seen,
    wrap: async (key) => {
      seen.push(Uint8Array.from(key));
      return Buffer.from([seen.length - 1]);
    },
    unwrap: async (wrapped) => seen[wrapped[0] as number] ?? new Uint8Array(),
  };
}

const WRAPPERS: readonly [string, () => KeyWrapper][] = [
  ['a master key', () => masterKeyWrapper(randomBytes(32))],
  ['a key management service', () => serviceKeyWrapper(serviceOf())],
];

describe.each(WRAPPERS)('%s', (_name, create) => {
  const secret = randomBytes(40);

  it('gives back what it wrapped, each time in other bytes', async () => {
    const wrapper = create();
    const [one, two] = [await wrapper.wrap(secret, 'elec@3'), await wrapper.wrap(secret, 'elec@3')];
    expect((await wrapper.unwrap(one, 'elec@3')).equals(secret)).toBe(true);
    expect(one.equals(two)).toBe(false);
    expect(wrapperIdOf(one)).toBe(wrapper.id);
    expect(wrapper.id).toMatch(/^[0-9a-f]{16}$/);
  });

  it('refuses another context', async () => {
    const wrapper = create();
    const wrapped = await wrapper.wrap(secret, 'elec@3');
    await expect(wrapper.unwrap(wrapped, 'elec@4')).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
  });

  it('refuses a change of any one byte, and any cut', async () => {
    const wrapper = create();
    const wrapped = await wrapper.wrap(secret, 'elec@3');
    for (let at = 0; at < wrapped.length; at += 1) {
      const changed = Buffer.from(wrapped);
      changed[at] = (changed[at] as number) ^ 0x10;
      await expect(wrapper.unwrap(changed, 'elec@3'), `byte ${String(at)}`).rejects.toThrow();
      await expect(wrapper.unwrap(wrapped.subarray(0, at), 'elec@3'), `cut at ${String(at)}`).rejects.toThrow();
    }
  });
});

it('says which key is needed, and which was given', async () => {
  const [one, two] = [masterKeyWrapper(randomBytes(32)), masterKeyWrapper(randomBytes(32))];
  const wrapped = await one.wrap(randomBytes(32), 'x');
  await expect(two.unwrap(wrapped, 'x')).rejects.toMatchObject({
    code: 'MASTER_KEY_WRONG',
    facts: { needed: one.id, given: two.id },
  });
});

it('shows a service fresh keys only, never the secret', async () => {
  const service = serviceOf();
  const secret = randomBytes(32);
  const wrapped = await serviceKeyWrapper(service).wrap(secret, 'x');
  expect(service.seen).toHaveLength(1);
  expect(Buffer.from(service.seen[0] as Uint8Array).equals(secret)).toBe(false);
  expect(wrapped.includes(secret)).toBe(false);
});

it.each([0, 31, 33])('refuses a service that gives back %i bytes', async (length) => {
  const service = { ...serviceOf(), unwrap: async () => new Uint8Array(length) };
  const wrapper = serviceKeyWrapper(service);
  const wrapped = await wrapper.wrap(randomBytes(32), 'x');
  await expect(wrapper.unwrap(wrapped, 'x')).rejects.toMatchObject({ code: 'KEY_SERVICE_FAILED' });
});

it('refuses a service that gives back another key', async () => {
  const wrapper = serviceKeyWrapper({ ...serviceOf(), unwrap: async () => randomBytes(32) });
  const wrapped = await wrapper.wrap(randomBytes(32), 'x');
  await expect(wrapper.unwrap(wrapped, 'x')).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
});
