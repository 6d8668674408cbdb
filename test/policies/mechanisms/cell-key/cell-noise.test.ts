/**
 * Goal: noise depends on what a number is about, and on nothing else.
 * Method: known answers from a second encoder; properties over subjects; mutants. Independence: cell-noise.full.test.ts.
 * Invariants: same subject, same noise; no two subjects share an encoding.
 */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CellSubject,
  drawCellKey,
  perturbCount,
  perturbUnits,
} from '../../../../policies/mechanisms/cell-key/cell-noise.ts';
import { DEFAULT_PERTURBATION } from '../../../../policies/mechanisms/cell-key/perturbation-parameters.ts';
import { perturbationTable } from '../../../../policies/mechanisms/cell-key/perturbation-table.ts';

const SEED = 4_711;
console.log(`cell noise seed ${SEED}`);
const SECRET = new Uint8Array(32).fill(7);
const SUBJECT: CellSubject = { set: [5n, 9n], statistic: 'units', measure: '', lineage: 'clinic visits' };
const table = perturbationTable(DEFAULT_PERTURBATION);

describe('the cell key', () => {
  it('is HMAC-SHA-256 over length-prefixed fields', () => {
    const field = (hex: string) => (hex.length / 2).toString(16).padStart(8, '0') + hex;
    const text = (value: string) => field(Buffer.from(value).toString('hex'));
    const words = '0000000000000005' + 'ffffffffffffffff';
    const message = text('sluice-cell-key-v1') + text('诊疗') + text('sum') + text('fee') + field(words);
    const digest = createHmac('sha256', SECRET).update(Buffer.from(message, 'hex')).digest('hex');
    const { words: drawn } = drawCellKey(SECRET, { lineage: '诊疗', statistic: 'sum', measure: 'fee', set: [5n, -1n] });
    expect(drawn.map((word) => word.toString(16).padStart(16, '0')).join('')).toBe(digest);
  });

  it('differs wherever subjects differ, also where only the border between fields moves', () => {
    const texts = fc.string({ maxLength: 6, unit: fc.constantFrom('a', 'b', '数', '\0') });
    const subjects = fc.record<CellSubject>({
      set: fc.array(fc.bigInt({ min: 0n, max: 3n }), { minLength: 1, maxLength: 3 }),
      statistic: texts,
      measure: texts,
      lineage: texts,
    });
    fc.assert(
      fc.property(subjects, subjects, (a, b) => {
        const same = ['statistic', 'measure', 'lineage'].every((key) => a[key as 'measure'] === b[key as 'measure']);
        const equal = same && a.set.join() === b.set.join();
        expect(drawCellKey(SECRET, a).words[0] === drawCellKey(SECRET, b).words[0]).toBe(equal);
      }),
      { seed: SEED, numRuns: 300 },
    );
    const moved = (statistic: string, measure: string) => ({ ...SUBJECT, statistic, measure });
    expect(drawCellKey(SECRET, moved('su', 'mx'))).not.toEqual(drawCellKey(SECRET, moved('sum', 'x')));
    // The mutant joins without lengths, and gives two numbers one noise.
    const joined = ({ statistic, measure }: CellSubject) =>
      createHmac('sha256', SECRET)
        .update(statistic + measure)
        .digest('hex');
    expect(joined(moved('su', 'mx'))).toBe(joined(moved('sum', 'x')));
  });

  it('reads a fingerprint the same whether the engine gave it signed or unsigned', () => {
    const signed = { ...SUBJECT, set: [-2n] };
    expect(drawCellKey(SECRET, signed)).toEqual(drawCellKey(SECRET, { ...SUBJECT, set: [(1n << 64n) - 2n] }));
  });

  it('needs a whole secret and a fingerprint', () => {
    expect(() => drawCellKey(new Uint8Array(31), SUBJECT)).toThrow('256 bits');
    expect(() => drawCellKey(SECRET, { ...SUBJECT, set: [] })).toThrow('fingerprint');
  });
});

describe('noise on counts', () => {
  it('200 ways to ask for one set have one answer; keyed by their text they would have many', () => {
    const ways = Array.from({ length: 200 }, (_, k) => `SELECT count(*) FROM p WHERE age + ${k} = ${30 + k}`);
    const answers = new Set(ways.map(() => perturbUnits(100n, SECRET, SUBJECT, table)));
    expect(answers.size).toBe(1);
    const byText = new Set(
      ways.map((measure) => perturbCount(100n, drawCellKey(SECRET, { ...SUBJECT, measure }), table)),
    );
    expect(byText.size).toBeGreaterThan(8);
  });

  it('units have one name', () => {
    expect(perturbUnits(100n, SECRET, SUBJECT, table)).toBe(perturbCount(100n, drawCellKey(SECRET, SUBJECT), table));
    expect(perturbUnits(0n, SECRET, SUBJECT, table)).toBe(0n);
  });
});
