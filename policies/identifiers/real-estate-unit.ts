/**
 * 不动产单元代码, GB/T 37346-2019, 28 places: cadastral division and area (12), kind of right (2), parcel (5), kind of
 * fixture (1), building and unit (8). No check digit; the pattern alone is selective.
 */
export function isRealEstateUnit(text: string): boolean {
  return /^\d{12}[GJZ][A-HSWXY]\d{5}[FLQW]\d{8}$/.test(text);
}

/** Coarser places of the same code: the parcel, the cadastral sub-area, the county. */
export const REAL_ESTATE_UNIT_PREFIXES = { parcel: 19, area: 12, county: 6 } as const;
