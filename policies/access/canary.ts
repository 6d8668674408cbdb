/** What a hit of a canary does beyond stopping the release. */
export const CANARY_REACTIONS = ['freeze', 'report'] as const;
export type CanaryReaction = (typeof CANARY_REACTIONS)[number];
