/** From the least to the most protected (GB/T 43697-2024). The order is the meaning: compare by index. */
export const LEVELS = ['general-1', 'general-2', 'general-3', 'general-4', 'important', 'core'] as const;
export type Level = (typeof LEVELS)[number];
