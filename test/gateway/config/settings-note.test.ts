/** Goal: the log tells at each start what the operator has set, and changes of it show; no secret and no address is in it. */
import { expect, test } from 'vitest';
import { readConfig } from '../../../gateway/config.ts';
import { settingsNote } from '../../../gateway/settings-note.ts';
import { DEFAULT_PROFILE } from '../../../policies/index.ts';

const SOFTWARE = `sluice 1.2.3, isolation namespaces, policies ${DEFAULT_PROFILE.version}`;
const noteOf = (env: Record<string, string>) => settingsNote(readConfig(env), { version: '1.2.3', tier: 'namespaces' });
const WITNESS = {
  SLUICE_WITNESS_URL: 'https://witness.example/w',
  SLUICE_WITNESS_KEY: `office.example/w1+0a1b2c3d+${'B'.repeat(44)}`,
};

test('of a gateway by itself', () => {
  expect(noteOf({})).toBe(
    `${SOFTWARE}, tokens from its own issuer, master key from home, no witness, no custodian, results kept 365 days`,
  );
});

test('of one that others watch', () => {
  const env = {
    ...WITNESS,
    NODE_ENV: 'production',
    SLUICE_OIDC_ISSUER: 'https://id.example',
    SLUICE_OIDC_JWKS_URL: 'https://keys.example/jwks.json',
    SLUICE_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    SLUICE_CUSTODIAN_URL: 'https://custodian.example',
    SLUICE_CUSTODIAN_KEY: 'k'.repeat(43),
    SLUICE_RESULT_DAYS: '30',
  };
  const note = noteOf({ ...env, SLUICE_WITNESS_POLICY: 'require' });
  expect(note).toBe(
    `${SOFTWARE}, tokens from https://id.example, master key from variable, witness office.example/w1+0a1b2c3d (results wait for it), ` +
      `custodian ${'k'.repeat(43)}, results kept 30 days`,
  );
  expect(noteOf({ ...env, SLUICE_WITNESS_POLICY: 'follow' })).toBe(note.replace('results wait', 'nobody waits'));
});
