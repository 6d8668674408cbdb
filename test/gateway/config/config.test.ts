import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MachineFacts, readConfig } from '../../../gateway/config.ts';
import { CONFIG_VARIABLES, decodeMasterKey } from '../../../gateway/config-variables.ts';
import { AppError } from '../../../policies/errors.ts';

const machine: MachineFacts = { cwd: '/srv', cores: 4, memoryMb: 16_000, volatileDir: '/dev/shm', user: '1000' };
const read = (env: Record<string, string | undefined>) => readConfig(env, machine);
const production = {
  NODE_ENV: 'production',
  SLUICE_OIDC_ISSUER: 'https://id.example',
  SLUICE_OIDC_JWKS_URL: 'https://id.example/jwks.json',
  SLUICE_MASTER_KEY_FILE: '/run/secrets/master',
};

function refusal(env: Record<string, string>): { variable: unknown; problem: string; problemZh: string } {
  try {
    read(env);
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONFIG_INVALID') {
      const { variable, problem, problemZh } = error.facts;
      return { variable, problem: String(problem), problemZh: String(problemZh) };
    }
    throw error;
  }
  throw new Error('was accepted');
}

describe('defaults', () => {
  test('an empty environment starts a gateway on this machine alone', () => {
    const { runDir, ...config } = read({});
    expect(config).toEqual({
      production: false,
      host: '127.0.0.1',
      port: 8787,
      home: '/srv/.sluice',
      scale: 0.01,
      seed: 20_260_101,
      tier: 'auto',
      workers: 4,
      memoryMbMax: 2_400,
      audience: 'sluice',
      oidc: null,
      masterKey: { from: 'home', path: '/srv/.sluice/keys/master.key' },
      resultDaysMax: 365,
      logLevel: 'info',
      telemetry: null,
      witness: null,
      custodian: null,
    });
    expect(runDir).toMatch(/^\/dev\/shm\/sluice-1000-[0-9a-f]{12}$/);
  });

  test('nothing of it can be changed later', () => {
    expect(Object.isFrozen(read({}))).toBe(true);
    expect(Object.isFrozen(read(production).oidc)).toBe(true);
  });

  test('a variable set to nothing counts as unset, and others than ours are none of our business', () => {
    expect(read({ SLUICE_PORT: '', PATH: '/bin', npm_config_sluice: 'x', SLUICE_TOKEN: 'for the client' })).toEqual(
      read({}),
    );
  });

  test('two homes never share a run directory', () => {
    expect(read({ SLUICE_HOME: 'a' }).runDir).not.toBe(read({ SLUICE_HOME: 'b' }).runDir);
    expect(read({ SLUICE_HOME: 'a' }).runDir).toBe(read({ SLUICE_HOME: '/srv/x/../a' }).runDir);
  });

  test('memory is shared among the workers within bounds', () => {
    expect(read({ SLUICE_WORKERS: '64' }).memoryMbMax).toBe(512);
    expect(readConfig({}, { ...machine, memoryMb: 1_000_000 }).memoryMbMax).toBe(8_192);
  });
});

const WITNESS_VKEY = `office.example/w1+01234567+${'A'.repeat(44)}`;

describe('values', () => {
  test('every variable is read', () => {
    const config = read({
      ...production,
      SLUICE_PORT: '0',
      SLUICE_HOST: '::',
      SLUICE_HOME: '/var/lib/sluice',
      SLUICE_SCALE: '0',
      SLUICE_SEED: '7',
      SLUICE_TIER: 'bubblewrap',
      SLUICE_WORKERS: '3',
      SLUICE_MEMORY_MB: '1024',
      SLUICE_RUN_DIR: 'run',
      SLUICE_OIDC_AUDIENCE: 'https://sluice.example',
      SLUICE_OIDC_ROLE_CLAIM: 'https://x/role',
      SLUICE_OIDC_ORG_CLAIM: 'tenant',
      SLUICE_LOG_LEVEL: 'warn',
      SLUICE_WITNESS_URL: 'https://witness.example/',
      SLUICE_WITNESS_KEY: WITNESS_VKEY,
      SLUICE_WITNESS_POLICY: 'require',
      SLUICE_WITNESS_WAIT_MS: '500',
      SLUICE_CUSTODIAN_URL: 'http://127.0.0.1:8789/',
      SLUICE_CUSTODIAN_KEY: 'k'.repeat(43),
      SLUICE_CUSTODIAN_WAIT_MS: '700',
      SLUICE_RESULT_DAYS: '30',
      SLUICE_TELEMETRY_URL: 'https://collector.example:4318/',
      SLUICE_TELEMETRY_HEADERS_FILE: 'otlp-headers',
    });
    expect(config).toEqual({
      production: true,
      host: '::',
      port: 0,
      home: '/var/lib/sluice',
      scale: 0,
      seed: 7,
      tier: 'bubblewrap',
      workers: 3,
      memoryMbMax: 1_024,
      runDir: '/srv/run',
      audience: 'https://sluice.example',
      oidc: {
        issuer: 'https://id.example',
        jwksUrl: 'https://id.example/jwks.json',
        roleClaim: 'https://x/role',
        orgClaim: 'tenant',
      },
      masterKey: { from: 'file', path: '/run/secrets/master' },
      resultDaysMax: 30,
      logLevel: 'warn',
      witness: { url: 'https://witness.example', vkey: WITNESS_VKEY, policy: 'require', waitMs: 500 },
      custodian: { url: 'http://127.0.0.1:8789', thumbprint: 'k'.repeat(43), waitMs: 700 },
      telemetry: { url: 'https://collector.example:4318', headersFile: '/srv/otlp-headers' },
    });
  });

  test('a custodian is never without its key, nor a key without it', () => {
    const both = { SLUICE_CUSTODIAN_URL: 'http://c.example', SLUICE_CUSTODIAN_KEY: 'k'.repeat(43) };
    expect(read(both).custodian).toMatchObject({ waitMs: 60_000 });
    for (const name of Object.keys(both)) {
      expect(() => read({ ...both, [name]: '' })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    }
  });

  test('a witness is followed unless more is asked, and is never without its key', () => {
    const both = { SLUICE_WITNESS_URL: 'http://w.example', SLUICE_WITNESS_KEY: WITNESS_VKEY };
    expect(read(both).witness).toMatchObject({ policy: 'follow', waitMs: 10_000 });
    for (const name of Object.keys(both)) {
      expect(() => read({ ...both, [name]: '' })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    }
    expect(() => read({ SLUICE_WITNESS_POLICY: 'require' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  test.each([
    ['SLUICE_PORT', ['x', '-1', '65536', '80.5', '0x50', ' 80', '1e3']],
    ['SLUICE_HOST', ['a b', 'http://x', 'x/y']],
    ['SLUICE_HOME', ['a\0b', 'a\nb']],
    ['SLUICE_SCALE', ['-0.1', '101', 'NaN', 'Infinity', '1e-3', '.5', '1%']],
    ['SLUICE_SEED', ['-1', '4294967296', 'seed']],
    ['SLUICE_TIER', ['namespace', 'NONE', 'toString', 'secret-tier']],
    ['SLUICE_WORKERS', ['0', '257', 'all']],
    ['SLUICE_MEMORY_MB', ['255', '4g']],
    ['SLUICE_OIDC_ISSUER', ['id.example', 'file:///etc/passwd', 'https://u:p@id.example', 'https://id.example/#x']],
    ['SLUICE_OIDC_ROLE_CLAIM', ['my role', 'rôle']],
    ['SLUICE_MASTER_KEY', ['secret', 'secret'.repeat(11), '00'.repeat(31), `${'00'.repeat(32)}0`]],
    ['SLUICE_WITNESS_URL', ['w.example']],
    ['SLUICE_WITNESS_KEY', ['secret', 'w+0123+AAAA']],
    ['SLUICE_WITNESS_POLICY', ['always']],
    ['SLUICE_WITNESS_WAIT_MS', ['0', '1s']],
    ['SLUICE_TELEMETRY_URL', ['collector:4318', 'grpc://collector', 'http://u:secret@collector']],
    ['SLUICE_TELEMETRY_HEADERS_FILE', ['a\nb']],
    ['SLUICE_RESULT_DAYS', ['0', '-1', '1y', '36501']],
    ['SLUICE_LOG_LEVEL', ['verbose']],
    ['NODE_ENV', ['prod', 'Production', 'staging']],
  ])('%s says what it accepts and never what it was given', (variable, texts) => {
    for (const text of texts) {
      const { problem, problemZh, variable: named } = refusal({ [variable]: text });
      expect(named).toBe(variable);
      expect(problem).toMatch(/^must be /);
      expect(problemZh).toMatch(/^应为/);
      if (text.includes('secret')) expect(problem + problemZh).not.toContain(text);
    }
  });
});

describe('unknown variables', () => {
  test.each([
    ['SLUICE_PROT', 'SLUICE_PORT'],
    ['SLUICE_TEIR', 'SLUICE_TIER'],
    ['sluice_port', 'SLUICE_PORT'],
    ['SLUICE_MASTERKEY', 'SLUICE_MASTER_KEY'],
    ['SLUICE_JWKS_URL', 'SLUICE_OIDC_JWKS_URL'],
  ])('%s: did you mean %s', (name, meant) => {
    const { variable, problem } = refusal({ [name]: '1' });
    expect(variable).toBe(name);
    if (name !== 'SLUICE_JWKS_URL') expect(problem).toContain(`did you mean ${meant}?`);
    expect(problem).toContain(meant);
  });
});

describe('production', () => {
  test('starts with its own issuer and a key from elsewhere', () => {
    expect(read(production).production).toBe(true);
  });

  test.each<[string, string, Record<string, string>]>([
    ['no issuer', 'SLUICE_OIDC_ISSUER', { SLUICE_OIDC_ISSUER: '', SLUICE_OIDC_JWKS_URL: '' }],
    ['no key set', 'SLUICE_OIDC_JWKS_URL', { SLUICE_OIDC_JWKS_URL: '' }],
    ['a key set in the clear', 'SLUICE_OIDC_JWKS_URL', { SLUICE_OIDC_JWKS_URL: 'http://id.example/jwks.json' }],
    ['no master key', 'SLUICE_MASTER_KEY_FILE', { SLUICE_MASTER_KEY_FILE: '' }],
    ['two master keys', 'SLUICE_MASTER_KEY', { SLUICE_MASTER_KEY: '00'.repeat(32) }],
    ['no isolation', 'SLUICE_TIER', { SLUICE_TIER: 'none' }],
  ])('refuses %s', (_, variable, spoilt) => {
    expect(refusal({ ...production, ...spoilt }).variable).toBe(variable);
  });

  test('what it refuses is accepted elsewhere', () => {
    expect(read({ SLUICE_TIER: 'none' }).tier).toBe('none');
    const plain = { SLUICE_OIDC_ISSUER: 'http://keycloak:8080', SLUICE_OIDC_JWKS_URL: 'http://keycloak:8080/certs' };
    expect(read(plain).oidc?.jwksUrl).toBe('http://keycloak:8080/certs');
  });
});

test('a master key is 32 bytes in either notation', () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(bytes, (key) => {
      for (const notation of ['hex', 'base64', 'base64url'] as const) {
        expect(decodeMasterKey(Buffer.from(key).toString(notation))).toEqual(Uint8Array.from(key));
      }
    }),
  );
});

test('no text makes reading anything but a configuration or CONFIG_INVALID', () => {
  const names = fc.constantFrom(...Object.keys(CONFIG_VARIABLES));
  fc.assert(
    fc.property(fc.dictionary(names, fc.string()), (env) => {
      try {
        expect(Object.isFrozen(read(env))).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
      }
    }),
  );
});
