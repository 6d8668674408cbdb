import type { NewPlan } from '#catalog';
import { type InterfaceContent, vinCheck } from '#policies';
import { openIssuer, publishInterface, shapeOf, sweep } from './interfaces.ts';
import type { Scenario, Stage } from './stage.ts';

/** S2 二手车诚信核验: by VIN, plate and the owner's consent: whether a car is pledged, and a band of what it went through. */

const ORG = 'chuyun-research';
const PURPOSE = '二手车交易诚信核验：经车主同意';

const PLAN: NewPlan = {
  id: 'S2',
  title: '二手车诚信核验',
  purpose: PURPOSE,
  class: 'industry',
  org: ORG,
  author: 'operator-planner',
  tables: [
    {
      resource: 'vehicle_reg',
      columns: ['vin', 'plate_no', 'owner_id_no', 'status_code', 'model_year', 'energy_code'],
    },
    { resource: 'vehicle_mortgage', columns: ['vin', 'mortgage_flag'] },
    { resource: 'used_vehicle', columns: ['vin', 'transfer_date', 'odometer_km'] },
  ],
  unitsMin: null,
  jobsMax: null,
  validFrom: '2026-01-01',
  validUntil: '2029-12-31',
};

const subject = { resource: 'vehicle_reg', key: 'vin', also: ['plate_no'], consentBy: ['owner_id_no'] };
const limits = { perSubject: { times: 5, period: 'day' }, perDay: 500 } as const;

const PLEDGED: InterfaceContent = {
  form: 'interface',
  subject,
  features: [
    {
      code: 'R01',
      title: { zh: '在押', en: 'pledged' },
      resource: 'vehicle_mortgage',
      key: 'vin',
      aggregate: 'count',
      column: null,
      where: [{ column: 'mortgage_flag', op: '=', value: true }],
    },
    {
      code: 'R02',
      title: { zh: '查封', en: 'sealed' },
      resource: 'vehicle_reg',
      key: 'vin',
      aggregate: 'count',
      column: null,
      where: [{ column: 'status_code', op: '=', value: 'sealed' }],
    },
  ],
  // Yes: neither pledged nor sealed.
  answer: {
    mode: 'verify',
    holds: [
      { feature: 'R01', op: '=', value: 0 },
      { feature: 'R02', op: '=', value: 0 },
    ],
  },
  limits,
};

const WEAR: InterfaceContent = {
  form: 'interface',
  subject,
  features: [
    {
      code: 'R11',
      title: { zh: '过户次数', en: 'transfers' },
      resource: 'used_vehicle',
      key: 'vin',
      aggregate: 'count',
      column: null,
      where: [],
    },
    {
      code: 'R12',
      title: { zh: '里程', en: 'odometer' },
      resource: 'used_vehicle',
      key: 'vin',
      aggregate: 'max',
      column: 'odometer_km',
      where: [],
    },
  ],
  answer: {
    mode: 'band',
    points: [
      {
        feature: 'R11',
        steps: [
          { from: null, points: 20 },
          { from: 1, points: 10 },
          { from: 3, points: 0 },
        ],
        none: 20,
      },
      {
        feature: 'R12',
        steps: [
          { from: null, points: 20 },
          { from: 50_000, points: 10 },
          { from: 150_000, points: 0 },
        ],
        none: 20,
      },
    ],
    bands: [
      { label: 'low', from: 40 },
      { label: 'middle', from: 20 },
      { label: 'high', from: null },
    ],
    reasonsMax: 2,
  },
  limits,
};

interface Car {
  readonly vin: string;
  readonly plate: string;
  readonly owner: string;
}

async function play(stage: Stage): Promise<void> {
  const developer = await stage.as('developer', 'alice', ORG);
  await publishInterface(stage, developer, {
    id: 'vehicle-free',
    plan: PLAN.id,
    title: { zh: '车辆无抵押查封', en: 'free of pledge and seal' },
    content: PLEDGED,
  });
  await publishInterface(stage, developer, {
    id: 'vehicle-wear',
    plan: PLAN.id,
    title: { zh: '车况分档', en: 'wear' },
    content: WEAR,
  });
  const issuer = await openIssuer(stage, { org: ORG, plan: PLAN.id, purpose: PURPOSE });
  const rows = await stage.cityRows('vehicle_reg', 200);
  const cars = rows.map(
    (row): Car => ({ vin: row['vin'] ?? '', plate: row['plate_no'] ?? '', owner: row['owner_id_no'] ?? '' }),
  );
  const ask = async (product: string, { vin, plate, owner }: Car) => {
    const consents = [await issuer.sign({ by: owner, about: vin, product })];
    return developer.request('POST', '/v1/lookups', { product, subject: vin, also: [plate], consents });
  };
  const word = (body: Readonly<Record<string, unknown>>) => String(body['code'] ?? body['answer']);

  const [first] = cars;
  if (first === undefined) return stage.found(false, 'done', 'the city has cars', 'none');
  for (const car of cars.slice(0, 4)) {
    const free = word((await ask('vehicle-free', car)).body);
    stage.found(
      free === 'yes' || free === 'no',
      'done',
      'whether a car is free of pledge and seal, as its owner consents',
      free,
    );
  }
  const wear = word((await ask('vehicle-wear', first)).body);
  stage.found(['low', 'middle', 'high'].includes(wear), 'done', 'a band of what the car went through', wear);

  const elsewhere = { ...first, plate: cars[1]?.plate ?? '' };
  const wrongPlate = await ask('vehicle-free', elsewhere);
  const nobody = await ask('vehicle-free', {
    vin: vinAfter(first.vin, 500_000),
    plate: '鄂GZZ999',
    owner: first.owner,
  });
  const notOwner = await ask('vehicle-free', { ...first, owner: cars[2]?.owner ?? '' });
  stage.found(word(wrongPlate.body) === 'unknown', 'refused', 'a car with another plate', word(wrongPlate.body));
  stage.found(
    word(notOwner.body) === 'unknown',
    'refused',
    'consent of somebody who is not the owner',
    word(notOwner.body),
  );
  stage.found(
    shapeOf(wrongPlate) === shapeOf(nobody) && shapeOf(nobody) === shapeOf(notOwner),
    'refused',
    'that a car exists, told by how it is refused',
    'alike',
  );
  const replayed = await issuer.sign({ by: first.owner, about: first.vin, product: 'vehicle-free' });
  const asked = { product: 'vehicle-free', subject: first.vin, also: [first.plate], consents: [replayed] };
  await developer.request('POST', '/v1/lookups', asked);
  const replay = await developer.request('POST', '/v1/lookups', asked);
  stage.found(word(replay.body) === 'unknown', 'refused', 'a consent that was used', word(replay.body));
  for (let n = 0; n < 4; n += 1) await ask('vehicle-free', first);
  const sixth = await ask('vehicle-free', first);
  stage.found(word(sixth.body) === 'unknown', 'refused', 'a sixth question about the car on a day', word(sixth.body));

  const byPlate = { plan: PLAN.id, sql: `SELECT count(*) AS n FROM vehicle_reg WHERE plate_no = '${first.plate}'` };
  stage.refused(await developer.request('POST', '/v1/jobs', byPlate), 'POLICY_IDENTIFIER_USE', 'the owner by a plate');
  const sweeper = await stage.as('developer', 'sam', ORG);
  const serials = Array.from({ length: 1_000 }, (_, n) => ({ subject: vinAfter(first.vin, n), also: [first.plate] }));
  const swept = await sweep(sweeper, 'vehicle-free', serials);
  stage.found(
    swept.last === 'POLICY_FROZEN' && swept.asked <= 8,
    'refused',
    'sequential VINs',
    `${swept.last} after ${swept.asked}`,
  );
}

/** The VIN whose serial number is so many further. */
function vinAfter(vin: string, steps: number): string {
  const serial = String((Number(vin.slice(11)) + steps) % 1_000_000).padStart(6, '0');
  const open = `${vin.slice(0, 8)}0${vin.slice(9, 11)}${serial}`;
  return open.slice(0, 8) + vinCheck(open) + open.slice(9);
}

export const S2: Scenario = {
  id: 'S2',
  title: { zh: '二手车诚信核验', en: 'Honest used cars' },
  plans: [PLAN],
  play,
};
