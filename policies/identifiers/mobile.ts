/** Mobile numbers of the mainland: 11 digits from 13 to 19. No check digit. */
export function isMobile(text: string): boolean {
  return /^1[3-9]\d{9}$/.test(text);
}
