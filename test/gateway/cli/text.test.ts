import { CommanderError } from 'commander';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cli } from '../../../gateway/cli/cli.ts';
import { createCli } from '../../../gateway/cli/cli.ts';
import { CliFailure, explainFailure, reportFailure } from '../../../gateway/cli/failure.ts';
import { plain } from '../../../gateway/cli/http-client.ts';
import { displayWidth, textTable } from '../../../gateway/cli/text-table.ts';
import { ttlSeconds } from '../../../gateway/cli/token.ts';
import { AppError, ERROR_CODES } from '../../../policies/errors.ts';

describe('text tables', () => {
  test('align numbers right, text left, and wide characters by their columns', () => {
    const table = textTable(
      ['区域', 'n'],
      [
        ['鄂城区', 31],
        ['x', 5],
        [null, null],
      ],
    );
    expect(table.split('\n')).toEqual(['区域     n', '──────  ──', '鄂城区  31', 'x        5', '·        ·', '']);
  });

  test('are one line a row, whatever the cells hold', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.integer())), (rows) => {
        const lines = textTable(['a', 'b'], rows).split('\n');
        expect(lines).toHaveLength(rows.length + 3);
        for (const line of lines) expect(plain(line)).toBe(line);
      }),
    );
  });

  test('widths', () => {
    expect(['', 'ab', '数闸', 'ａ', '𠀀'].map(displayWidth)).toEqual([0, 2, 4, 2, 2]);
  });
});

describe('times of tokens', () => {
  test.each([
    ['1', 1],
    ['900', 900],
    ['900s', 900],
    ['30m', 1_800],
    ['24h', 86_400],
  ])('%s is %d s', (text, seconds) => expect(ttlSeconds(text)).toBe(seconds));

  test.each(['0', '-1', '25h', '86401', '1d', '1.5h', 'h', '', '1h30m', '9999999'])('%j is refused', (text) => {
    expect(() => ttlSeconds(text)).toThrow();
  });
});

describe('failures', () => {
  const terminal = (language: 'zh_CN.UTF-8' | 'C', json = false): Cli & { shown: { out: string; err: string } } => {
    const shown = { out: '', err: '' };
    const cli = createCli({ LANG: language }, json ? ['--json'] : []);
    const out = (text: string) => {
      shown.out += text;
    };
    const err = (text: string) => {
      shown.err += text;
    };
    return Object.assign(cli, { out, err, shown });
  };

  test.each(ERROR_CODES)('%s has words in both languages and no stack', (code) => {
    for (const language of ['zh_CN.UTF-8', 'C'] as const) {
      const cli = terminal(language);
      expect(reportFailure(new AppError(code), cli)).toBeGreaterThan(0);
      expect(cli.shown.out).toBe('');
      expect(cli.shown.err).toMatch(/^sluice: ./);
      expect(/\p{Script=Han}/u.test(cli.shown.err)).toBe(language === 'zh_CN.UTF-8');
      expect(cli.shown.err).not.toMatch(/ at .*:\d|\.ts:/);
    }
  });

  test('a bug shows nothing of itself', () => {
    const cli = terminal('C');
    expect(reportFailure(new Error('canary'), cli)).toBe(2);
    expect(cli.shown.err).not.toContain('canary');
    expect(explainFailure(new Error('canary'), {})).not.toContain('canary');
  });

  test('with --json the failure is one document on stdout', () => {
    const cli = terminal('C', true);
    expect(reportFailure(new CliFailure('FILE', { en: 'cannot read', zh: '无法读取' }), cli)).toBe(2);
    expect(cli.shown.err).toBe('');
    expect(JSON.parse(cli.shown.out)).toEqual({ ok: false, error: { code: 'FILE', message: 'cannot read', hint: '' } });
  });

  test('help is no failure', () => {
    expect(reportFailure(new CommanderError(0, 'commander.helpDisplayed', ''), terminal('C'))).toBe(0);
  });

  test('a configuration is explained in either language', () => {
    const error = new AppError('CONFIG_INVALID', {
      variable: 'SLUICE_PORT',
      problem: 'must be a port',
      problemZh: '应为端口',
    });
    expect(explainFailure(error, {})).toContain('must be a port');
    expect(explainFailure(error, { LANG: 'zh_CN' })).toContain('应为端口');
  });

  test('what the system refused is named with its place, and with who looks further', () => {
    const full = Object.assign(new Error('canary'), { code: 'EROFS', syscall: 'open', path: '/srv/home/sluice.db' });
    expect(explainFailure(full, {})).toBe(
      'sluice: the system refused: EROFS, `/srv/home/sluice.db`\n  `sluice doctor` looks at home, disk and run directory',
    );
  });

  test('LC_ALL goes before LANG', () => {
    expect(createCli({ LC_ALL: 'C', LANG: 'zh_CN' }, []).language).toBe('en');
    expect(createCli({ LC_ALL: '', LANG: 'zh_TW.UTF-8' }, []).language).toBe('zh-CN');
    expect(createCli({}, []).language).toBe('en');
  });
});
