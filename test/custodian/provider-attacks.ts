import { createHash, generateKeyPairSync } from 'node:crypto';
import { thumbprintOf } from '#sandbox';
import { custodianKeyOf } from '../../gateway/custodian/custodian-key.ts';
import { type Attack, answered } from './attack.ts';

/** A provider, or whoever says it is one. */
const stranger = generateKeyPairSync('ed25519');
const FRESH = 'fedcba9876543210'.repeat(2);
const accepted: Attack['control'] = {
  run: async (ground) => answered(ground.send(await ground.packageFor({ version: FRESH }))),
};

export const PROVIDER_ATTACKS: readonly Attack[] = [
  {
    group: 'provider',
    name: 'a package by a key that the custodian does not know',
    refusal: 'package',
    run: async (ground) => {
      const bytes = await ground.packageFor({ version: FRESH, signer: stranger });
      return answered(ground.send(bytes, await thumbprintOf(stranger.publicKey)));
    },
    control: accepted,
  },
  {
    group: 'provider',
    name: 'a package under another’s name',
    refusal: 'package',
    run: async (ground) => answered(ground.send(await ground.packageFor({ version: FRESH, signer: stranger }))),
    control: accepted,
  },
  {
    group: 'provider',
    name: 'a package changed in its last byte',
    refusal: 'package',
    run: async (ground) => {
      const bytes = await ground.packageFor({ version: FRESH });
      bytes[bytes.length - 1]! ^= 1;
      return answered(ground.send(bytes));
    },
    control: accepted,
  },
  {
    group: 'provider',
    name: 'a package cut short',
    refusal: 'package',
    run: async (ground) => answered(ground.send((await ground.packageFor({ version: FRESH })).subarray(0, -40))),
    control: accepted,
  },
  {
    group: 'provider',
    name: 'a package sealed for another custodian',
    refusal: 'package',
    run: async (ground) => {
      const custodian = await custodianKeyOf(createHash('sha256').update('another').digest());
      return answered(ground.send(await ground.packageFor({ version: FRESH, custodian })));
    },
    control: accepted,
  },
  {
    group: 'provider',
    name: 'a second package for the same encryption: other units, other bounds',
    refusal: 'package',
    run: async (ground) => answered(ground.send(await ground.packageFor())),
    control: accepted,
  },
  {
    group: 'provider',
    name: 'columns declared for another key than the custodian’s',
    refusal: 'package',
    run: async (ground) => answered(ground.send(await ground.packageFor({ version: FRESH, keyId: 'another' }))),
    control: accepted,
  },
];
