import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { signingKeyOf } from '../../gateway/custodian/signing-key.ts';
import { type Attack, answered, from, LOUD, others, single, statistic, without, withoutSet } from './attack.ts';
import { BIG, PAID } from './ground.ts';

/** A gateway that is not what it should be. */
export const GATEWAY_ATTACKS: readonly Attack[] = [
  {
    group: 'gateway',
    name: 'the row of one person',
    refusal: 'withheld',
    run: (ground) => single(ground, [BIG]),
    control: { ground: withoutSet('units', 'largest') },
  },
  {
    group: 'gateway',
    name: 'nine people',
    refusal: 'withheld',
    run: (ground) => single(ground, others(9)),
    control: { ground: withoutSet('units') },
  },
  {
    group: 'gateway',
    name: 'forty rows of one person',
    refusal: 'withheld',
    run: (ground) => single(ground, from(0, BIG)),
    control: { ground: withoutSet('units', 'largest') },
  },
  {
    group: 'gateway',
    name: 'one person who outweighs twenty others',
    refusal: 'withheld',
    run: (ground) => single(ground, from(0, BIG + 20)),
    control: { ground: withoutSet('largest') },
  },
  {
    group: 'gateway',
    name: 'a threshold of its own choice',
    refusal: 'withheld',
    run: (ground) => single(ground, others(2), { unitsMin: 1 }),
    control: { ground: { policy: { unitsMin: 1 } } },
  },
  {
    group: 'gateway',
    name: 'groups that share rows',
    refusal: 'rows',
    run: async (ground) => answered(ground.ask(ground.request([others(30), others(30, BIG + 10)]))),
    control: { ground: { instead: { checks: without('share').instead!.checks!, setChecks: [] } } },
  },
  {
    group: 'gateway',
    name: 'a unit with more rows than is said',
    refusal: 'share',
    run: (ground) => single(ground, from(0, 160), { share: [{ unit: 'person_id', groupsMax: 1, rowsMax: 3 }] }),
    control: { ground: without('share') },
  },
  {
    group: 'gateway',
    name: 'a unit in more groups than is said',
    refusal: 'share',
    run: async (ground) => {
      const groups = [
        [...from(0, 15), ...others(60)],
        [...from(15, 40), ...others(60, BIG + 60)],
      ];
      const share = [{ unit: 'person_id', groupsMax: 1, rowsMax: 40 }];
      return answered(ground.ask(ground.request(groups, { share })));
    },
    control: { ground: without('share') },
  },
  {
    group: 'gateway',
    name: 'columns that name units left unsaid',
    refusal: 'share',
    run: (ground) => single(ground, others(30), { share: [] }),
    control: { run: (ground) => single(ground, others(30)) },
  },
  {
    group: 'gateway',
    name: 'narrower bounds than declared, for less noise',
    refusal: 'parameters',
    run: (ground) => {
      const [paid, ...rest] = ground.request([others(30)]).columns;
      return single(ground, others(30), { columns: [{ ...paid!, max: '1' }, ...rest] });
    },
    control: { ground: without('parameters') },
  },
  {
    group: 'gateway',
    name: 'another scale',
    refusal: 'parameters',
    run: (ground) => {
      const [paid, ...rest] = ground.request([others(30)]).columns;
      return single(ground, others(30), { columns: [{ ...paid!, scale: 2 }, ...rest] });
    },
    control: { ground: without('parameters') },
  },
  {
    group: 'gateway',
    name: 'squares that nobody declared',
    refusal: 'parameters',
    run: async (ground) => {
      const functional = { constant: '0', weights: [{ column: 'bonus', of: 'square' as const, weight: '1' }] };
      return answered(ground.ask(ground.request([others(30)], { statistics: [statistic(functional, 0, LOUD)] })));
    },
    control: {
      run: async (ground) => {
        const functional = { constant: '0', weights: [{ column: 'paid', of: 'square' as const, weight: '1' }] };
        return answered(ground.ask(ground.request([others(30)], { statistics: [statistic(functional, 0, LOUD)] })));
      },
    },
  },
  {
    group: 'gateway',
    name: 'weights beyond what can be drawn for',
    refusal: 'overflow',
    run: async (ground) => {
      const functional = {
        constant: '0',
        weights: [{ column: 'paid', of: 'value' as const, weight: String(10n ** 20n) }],
      };
      return answered(
        ground.ask(ground.request([others(30)], { statistics: [statistic(functional, 0, String(10n ** 44n))] })),
      );
    },
    control: { ground: without('overflow') },
  },
  {
    group: 'gateway',
    name: 'hardly any noise',
    refusal: 'noise',
    ground: { policy: { openingRho: 0.0243 } },
    run: (ground) => single(ground, others(30), { statistics: [statistic(PAID as never, 0, '1')] }),
    control: {
      ground: { policy: { openingRho: 1e6, datasetRho: 9e6, planRho: 9e6 } },
      run: (ground) => single(ground, others(30)),
    },
  },
  {
    group: 'gateway',
    name: 'another encryption of the data',
    refusal: 'dataset',
    run: (ground) => single(ground, others(30), { version: 'f'.repeat(32) }),
    control: { run: (ground) => single(ground, others(30)) },
  },
  {
    group: 'gateway',
    name: 'a key that the custodian does not know',
    refusal: 'signature',
    run: async (ground) => {
      const key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
      return answered(ground.ask(ground.request([others(30)]), { key }));
    },
    control: { ground: { instead: { isGateway: () => true } } },
  },
  {
    group: 'gateway',
    name: 'a request changed after it was signed',
    refusal: 'signature',
    run: async (ground) => {
      const sent = (body: Buffer) => Buffer.from(body.toString().replace('"plan-1"', '"plan-2"'));
      return answered(ground.ask(ground.request([others(30)]), { sent }));
    },
    control: { run: (ground) => single(ground, others(30)) },
  },
  {
    group: 'gateway',
    name: 'the same request twice',
    refusal: 'replay',
    run: async (ground) => {
      const nonce = randomUUID();
      await ground.ask(ground.request([others(30)]), { nonce });
      return answered(ground.ask(ground.request([others(60)]), { nonce }));
    },
    control: {
      run: async (ground) => {
        await ground.ask(ground.request([others(30)]));
        return answered(ground.ask(ground.request([others(60)])));
      },
    },
  },
  {
    group: 'gateway',
    name: 'a request of an hour ago',
    refusal: 'replay',
    run: async (ground) =>
      answered(ground.ask(ground.request([others(30)]), { iat: Math.floor(Date.now() / 1000) - 3_600 })),
    control: { ground: { policy: { clockSkewSeconds: 7_200 } } },
  },
  {
    group: 'gateway',
    name: 'another grant under the plan’s name',
    refusal: 'grant',
    run: async (ground) => {
      await ground.ask(ground.request([others(30)]));
      return answered(ground.ask(ground.request([others(60)], { planHash: 'c'.repeat(64) })));
    },
    control: { ground: without('grant') },
  },
  {
    group: 'gateway',
    name: 'too often',
    refusal: 'rate',
    ground: { policy: { openingsPerMinute: 3 } },
    run: async (ground) => {
      for (const count of [20, 40, 60]) await ground.ask(ground.request([others(count)]));
      return answered(ground.ask(ground.request([others(90)])));
    },
    control: { ground: { policy: { openingsPerMinute: 30 } } },
  },
];
