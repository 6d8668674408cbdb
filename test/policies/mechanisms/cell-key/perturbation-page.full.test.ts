import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publishedIntervals, publishedTable } from '../../../../bench/perturbation-page.ts';
import {
  ACCURATE_PERTURBATION,
  DEFAULT_PERTURBATION,
} from '../../../../policies/mechanisms/cell-key/perturbation-parameters.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../policies/PERTURBATION.md'), 'utf8');

describe.each([DEFAULT_PERTURBATION, ACCURATE_PERTURBATION])('the published page, D $D V $V', (parameters) => {
  it('has the table that answers are made with', () => expect(page).toContain(publishedTable(parameters)));

  it('has the intervals that answers carry', () => expect(page).toContain(publishedIntervals(parameters)));

  it('control: the table of other parameters is not there', () => {
    expect(page).not.toContain(publishedTable({ ...parameters, V: parameters.V + 0.5 }));
  });
});
