import type { Ground } from './ground.ts';

/** One test that enforces a requirement: the forbidden thing is tried and refused, the permitted one passes. */
export interface EnforcingTest {
  readonly name: string;
  /** @returns the evidence that it found: a log entry, a signature, a certificate. Throws where the gateway lets it through. */
  readonly enforce: (ground: Ground) => Promise<string>;
}

/** A requirement of the source plan, with what enforces it. */
export interface Requirement {
  readonly id: string;
  readonly paragraph: string;
  readonly tests: readonly EnforcingTest[];
}

/** 29–32, 37–41 and 45 (prices, revenue, disclosure) are not in scope. */
export const REQUIREMENTS_IN_SCOPE: readonly string[] = [
  ...Array.from({ length: 28 }, (_, i) => String(i + 1).padStart(2, '0')),
  ...['33', '34', '35', '36', '42', '43', '44', '46', '47'],
];
