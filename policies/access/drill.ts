/**
 * Who takes part in a drill: organisations that no token can name (the gateway refuses it), so that what is marked as a drill was
 * none but the gateway's own.
 */
export const DRILL_ORGANISATIONS = Object.freeze({
  provider: 'sluice-drill-provider',
  developer: 'sluice-drill-developer',
  bureau: 'sluice-drill-bureau',
  security: 'sluice-drill-security',
});
const PREFIX = 'sluice-drill-';

export function isDrillOrganisation(org: string): boolean {
  return org.startsWith(PREFIX);
}
