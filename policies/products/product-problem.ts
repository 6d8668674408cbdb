import { AppError } from '../errors.ts';

/** What is wrong with a product, and where in it. */
export function invalidProduct(path: string, problem: string): AppError {
  return new AppError('PRODUCT_INVALID', { path, problem });
}

/** @throws AppError `PRODUCT_INVALID` (path, problem). */
export function needInProduct(condition: boolean, path: string, problem: string): asserts condition {
  if (!condition) throw invalidProduct(path, problem);
}
