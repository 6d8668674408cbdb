import { assert } from '../../errors.ts';
import type { Literal } from '../plan.ts';
import { engineType } from '../type-rules.ts';

/** The only place that puts text into SQL. */

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(text: string): string {
  assert(!text.includes('\0'), 'a text literal holds no NUL');
  return `'${text.replaceAll("'", "''")}'`;
}

const INTEGER = /^-?\d{1,39}$/;
const DECIMAL = /^-?\d{1,38}(\.\d{1,38})?$/;
const DOUBLE = /^-?\d+(\.\d+)?(e[+-]?\d{1,3})?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIMESTAMP = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?$/;

/** A literal of the plan as SQL; its form is checked again here, whoever made the plan. */
export function quoteLiteral({ type, value }: Literal): string {
  if (value === null) return `CAST(NULL AS ${engineType(type)})`;
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'object') {
    assert(
      Number.isInteger(value.months) && Number.isInteger(value.days) && INTEGER.test(value.micros),
      'interval literal',
    );
    return `(to_months(CAST(${value.months} AS INTEGER)) + to_days(CAST(${value.days} AS INTEGER)) + to_microseconds(CAST(${value.micros} AS BIGINT)))`;
  }
  const checked = (form: RegExp, cast: string): string => {
    assert(form.test(value), `literal of ${type.kind}`);
    return `CAST('${value}' AS ${cast})`;
  };
  switch (type.kind) {
    case 'integer':
    case 'hugeint':
      return checked(INTEGER, engineType(type));
    case 'decimal':
      return checked(DECIMAL, engineType(type));
    case 'double':
      return checked(DOUBLE, 'DOUBLE');
    case 'date':
      return checked(DATE, 'DATE');
    case 'timestamp':
      return checked(TIMESTAMP, 'TIMESTAMP');
    default:
      assert(type.kind === 'text', `literal of type ${type.kind}`);
      return quoteText(value);
  }
}
