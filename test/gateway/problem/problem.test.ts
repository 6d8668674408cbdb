import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { problemOf, problemOfJob, problemOfThrown, problemResponse, STATUS_OF } from '../../../gateway/problem.ts';
import { sentencesOf } from '../../../gateway/routes/request-invalid.ts';
import { DaySchema } from '../../../gateway/routes/schemas/common.ts';
import { AppError, AssertionFailed, ERROR_CODES } from '../../../policies/index.ts';

const CANARY = 'canary-420704199003077779';

describe('problemOf', () => {
  it('has every member, for every code, in both languages', () => {
    for (const code of ERROR_CODES) {
      for (const language of ['zh-CN', 'en'] as const) {
        const problem = problemOf({ code, facts: {}, place: null }, language);
        expect(problem).toMatchObject({ type: `/problems/${code}`, status: STATUS_OF[code], code, place: null });
        expect(problem.hint).not.toBe('');
      }
    }
  });

  it('says where, counted from 1', () => {
    const failure = { code: 'SQL_SYNTAX', facts: { near: 'FORM' }, place: { offset: 9, line: 2, column: 3 } } as const;
    expect(problemOf(failure, 'en').detail).toBe('line 2, column 3: syntax error near `FORM`');
    expect(problemOf(failure, 'zh-CN').detail).toBe('第 2 行第 3 列：语法错误，位于 `FORM` 附近');
  });

  it('never gives 5xx to what the user’s own request brought about', () => {
    const own = ERROR_CODES.filter((code) => /^(SQL|POLICY|UPLOAD|PLAN|RESOURCE|TOKEN|REQUEST)_/.test(code));
    expect(own.filter((code) => STATUS_OF[code] >= 500)).toEqual([]);
  });

  it('tells of a stored code that is gone no more than that the job failed', () => {
    const problem = problemOfJob('job_1', { code: 'OLD_CODE', facts: { secret: CANARY }, place: null }, 'en');
    expect(problem).toMatchObject({ code: 'INTERNAL', job: 'job_1' });
    expect(JSON.stringify(problem)).not.toContain(CANARY);
  });

  it('says in words what a member of a request lacks, and what a state is', () => {
    const found = sentencesOf(z.object({ day: DaySchema }).safeParse({ day: '2026-02-30' }).error!, 'body');
    expect(found).toEqual([
      { en: 'body.day: must be a date as YYYY-MM-DD', zh: 'body.day：应为日期，格式 YYYY-MM-DD' },
    ]);
    const missing = z.object({ context: z.unknown().nonoptional() }).safeParse({}).error!;
    expect(sentencesOf(missing, 'body')).toEqual([{ en: 'body.context: is missing', zh: 'body.context：缺失' }]);
    const state = (of: string) =>
      problemOf({ code: 'PLAN_STATE', facts: { id: 'p', state: of, accepted: ['x'] }, place: null }, 'zh-CN').detail;
    expect([state('not signed'), state('approved')]).toEqual([
      '方案 `p` 的状态是未签署',
      '方案 `p` 的状态是 `approved`',
    ]);
  });

  it('words what is wrong with a file', () => {
    const failure = { code: 'UPLOAD_FORMAT', facts: { problem: 'gzip', accepted: 'CSV' }, place: null } as const;
    expect(problemOf(failure, 'en')).toMatchObject({ detail: 'the file cannot be read: this is a gzip file' });
    expect(problemOf(failure, 'zh-CN')).toMatchObject({
      detail: '文件无法读取：这是 gzip 压缩文件',
      facts: { problem: 'gzip' },
    });
  });
});

describe('problemOfThrown', () => {
  it.each([
    new Error(CANARY),
    new AssertionFailed(CANARY),
    CANARY,
    { message: CANARY },
    new AppError('INTERNAL', {}, null, new Error(CANARY)),
  ])('says nothing of a bug', (thrown) => {
    const problem = problemOfThrown(thrown, 'en', () => undefined);
    expect(problem).toMatchObject({ status: 500, code: 'INTERNAL' });
    expect(JSON.stringify(problem)).not.toContain(CANARY);
  });

  it('gives the operator the error under the reference that the client has', () => {
    const seen: unknown[] = [];
    const bug = new Error(CANARY);
    const { reference } = problemOfThrown(bug, 'en', (...both) => seen.push(...both));
    expect(seen).toEqual([reference, bug]);
  });
});

describe('problemResponse', () => {
  const respond = (code: AppError['code'], facts = {}) =>
    problemResponse(problemOf({ code, facts, place: null }, 'en'), 'en');

  it('sets the headers that go with a status', () => {
    expect(respond('TOKEN_MISSING').headers.get('WWW-Authenticate')).toBe('Bearer realm="sluice"');
    expect(respond('TOKEN_INVALID').headers.get('WWW-Authenticate')).toContain('error="invalid_token"');
    expect(respond('RATE_LIMITED', { retryAfterSeconds: 1.2 }).headers.get('Retry-After')).toBe('2');
    expect(respond('METHOD_NOT_ALLOWED', { method: 'PATCH', allowed: ['GET', 'HEAD'] }).headers.get('Allow')).toBe(
      'GET, HEAD',
    );
    expect(respond('SQL_SYNTAX').headers.get('Content-Language')).toBe('en');
  });
});
