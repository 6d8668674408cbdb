/**
 * Goal: each signal is raised by what it is named after, and not by ordinary work.
 * Method: a day of ordinary questions (control), and beside it one day for each kind of behaviour.
 */
import { describe, expect, it } from 'vitest';
import { behaviourSignals, type Question, SIGNALS, type Signal } from '../../../policies/access/behaviour.ts';
import { isOffHours, risksOf } from '../../../policies/access/risk.ts';

/** Wednesday, 10 o'clock in Shanghai. */
const MORNING = Date.parse('2026-03-04T02:00:00.000Z');
const NIGHT = Date.parse('2026-03-04T18:00:00.000Z');
const literal = (value: string | number) =>
  `{"kind":"literal","type":{"kind":"${typeof value === 'number' ? 'integer' : 'text'}"},"value":${JSON.stringify(String(value))}}`;

const question = (index: number, change: Partial<Question> = {}): Question => ({
  index,
  at: new Date(MORNING + index * 120_000).toISOString(),
  isDenied: false,
  metCanary: false,
  plan: `{"kind":"scan","columns":["${index % 8}"],"limit":${literal(5)}}`,
  queryHash: `h${index % 8}`,
  lookup: null,
  ...change,
});
const day = (change: (i: number) => Partial<Question>) => Array.from({ length: 40 }, (_, i) => question(i, change(i)));
const raised = (questions: readonly Question[]) =>
  behaviourSignals(questions).flatMap(({ signal, isRaised }) => (isRaised ? [signal] : []));
const signal = (questions: readonly Question[], name: Signal) =>
  behaviourSignals(questions).find((one) => one.signal === name);

/** A plan with one condition. */
const lookup = (value: string | number) => `{"fn":"eq","args":[{"kind":"column"},${literal(value)}]}`;

describe('signals', () => {
  it('are all there, and none is raised by an ordinary day (control)', () => {
    expect(behaviourSignals(day(() => ({}))).map((one) => one.signal)).toEqual([...SIGNALS]);
    expect(raised(day(() => ({})))).toEqual([]);
    expect(raised([])).toEqual([]);
  });

  it('denial rate: a third refused, of enough questions', () => {
    expect(raised(day((i) => ({ isDenied: i % 3 === 0 })))).toEqual(['denial-rate']);
    expect(raised(day((i) => ({ isDenied: i % 4 === 0 })))).toEqual([]);
    expect(raised([question(0, { isDenied: true })])).toEqual([]);
  });

  it('a canary: one is enough, and it is the alarm', () => {
    const met = day((i) => ({ metCanary: i === 7 }));
    expect(raised(met)).toEqual(['canary']);
    expect(signal(met, 'canary')).toMatchObject({ grade: 'alarm', value: 1, entries: [7] });
    expect(signal(met, 'burst')?.grade).toBe('notice');
  });

  it('near-duplicates: many queries that differ in literals only, whatever the literals', () => {
    const words = day((i) => ({ plan: lookup(`name ${i * 7}`), queryHash: `q${i}` }));
    expect(raised(words)).toEqual(['near-duplicates']);
    expect(signal(words, 'near-duplicates')?.value).toBe(40);
    expect(raised(day(() => ({ plan: lookup('same'), queryHash: 'q' })))).toEqual([]);
  });

  it('sequential lookups: neighbours that are looked up one after another, each counted once', () => {
    const sweep = (stem: (i: number) => string, subject = (i: number) => `s${i}`) =>
      day((i) => ({ plan: null, queryHash: null, lookup: { day: '2026-03-04', subject: subject(i), stem: stem(i) } }));
    expect(raised(sweep(() => 'one stem'))).toEqual(['sequential-lookups']);
    expect(
      signal(
        sweep(() => 'one stem'),
        'sequential-lookups',
      ),
    ).toMatchObject({ value: 40, entries: { length: 10 } });
    expect(raised(sweep((i) => `stem ${i}`)), 'control: no neighbours').toEqual([]);
    const again = sweep(
      () => 'one stem',
      () => 'the same',
    );
    expect(raised(again), 'control: one subject').toEqual([]);
  });

  it('forbidden: requests for what is not the person’s, beside its questions', () => {
    const five = Array.from({ length: 5 }, (_, index) => ({ index: 100 + index }));
    const found = behaviourSignals([], five).find(({ isRaised }) => isRaised);
    expect(found).toMatchObject({ signal: 'forbidden', value: 5, of: 5, entries: [100, 101, 102, 103, 104] });
    expect(behaviourSignals([], five.slice(1)).some(({ isRaised }) => isRaised)).toBe(false);
  });

  it('sequential lookups: one number goes on by the same step', () => {
    const steps = day((i) => (i < 7 ? { plan: lookup(100 + i * 3), queryHash: `s${i}` } : {}));
    expect(raised(steps)).toEqual(['sequential-lookups']);
    expect(signal(steps, 'sequential-lookups')).toMatchObject({ value: 7, entries: [0, 1, 2, 3, 4, 5, 6] });
    const jumps = [5, 90, 17, 44, 3, 71, 20];
    expect(raised(day((i) => (i < 7 ? { plan: lookup(jumps[i] ?? 0), queryHash: `s${i}` } : {})))).toEqual([]);
    const late = [5, 90, 1, 2, 3, 4, 5, 6];
    expect(raised(day((i) => (i < 8 ? { plan: lookup(late[i] ?? 0), queryHash: `s${i}` } : {})))).toEqual([
      'sequential-lookups',
    ]);
  });

  it('off-hours and bursts', () => {
    expect(raised(day((i) => ({ at: new Date(NIGHT + i * 120_000).toISOString() })))).toEqual(['off-hours']);
    expect(raised(day((i) => ({ at: new Date(MORNING + i * 1_000).toISOString() })))).toEqual(['burst']);
  });
});

describe('risks of one entry', () => {
  it('knows the working hours of the city', () => {
    expect(isOffHours('2026-03-04T00:00:00.000Z'), 'Wednesday 8:00').toBe(false);
    expect(isOffHours('2026-03-03T23:59:59.999Z'), 'Wednesday 7:59').toBe(true);
    expect(isOffHours('2026-03-04T10:59:59.999Z'), 'Wednesday 18:59').toBe(false);
    expect(isOffHours('2026-03-04T11:00:00.000Z'), 'Wednesday 19:00').toBe(true);
    expect(isOffHours('2026-03-06T16:00:00.000Z'), 'Saturday 0:00').toBe(true);
  });

  it('names them', () => {
    const entry = {
      kind: 'refusal',
      at: '2026-03-04T11:00:00.000Z',
      decision: 'deny',
      tables: [{ level: 'general-3' }],
    };
    expect(risksOf(entry)).toEqual(['denied', 'off-hours', 'sensitive']);
    expect(risksOf({ kind: 'start', at: '2026-03-04T11:00:00.000Z' })).toEqual([]);
    expect(risksOf({ kind: 'integrity', at: '2026-03-04T02:00:00.000Z' })).toEqual(['integrity']);
  });
});
