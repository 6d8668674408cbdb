import { AppError } from '#policies';

/** @throws AppError `RESOURCE_INVALID` (path, problem) unless the condition holds */
export function need(condition: boolean, path: string, problem: string): asserts condition {
  if (!condition) throw new AppError('RESOURCE_INVALID', { path, problem });
}
