import { expect, it } from 'vitest';
import { createCli } from '../../../gateway/cli/cli.ts';
import { rejectedLines } from '../../../gateway/cli/rejected-rows.ts';
import { REJECT_REASONS } from '../../../sandbox/ingest/ingest-report.ts';

const cliIn = (language: string) => createCli({ LANG: language }, []);

it('says where and why in the language of the terminal, and how many more there are', () => {
  const rejected = [
    { line: 2, column: 'paid', reason: 'bounds' },
    { line: 9, column: null, reason: 'columns' },
  ];
  expect(rejectedLines(rejected, 5, cliIn('en_GB.UTF-8'))).toEqual([
    '  line 2, column `paid`: outside the declared bounds',
    '  line 9: more or fewer fields than the header names',
    '  … 3 more',
  ]);
  expect(rejectedLines(rejected, 2, cliIn('zh_CN.UTF-8'))).toEqual([
    '  第 2 行，列 `paid`：超出登记的上下界',
    '  第 9 行：字段数与表头不符',
  ]);
});

it('has words for every reason', () => {
  const lines = REJECT_REASONS.map(
    (reason) => rejectedLines([{ line: 1, column: null, reason }], 1, cliIn('en_GB.UTF-8'))[0],
  );
  expect(lines.filter((line, at) => line === `  line 1: ${REJECT_REASONS[at]}`)).toEqual([]);
});
