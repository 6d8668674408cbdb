/** 机动车号牌, GA 36-2018: 7 characters, or 8 for new-energy vehicles (small: letter first; large: D or F last). */

const PROVINCE = '[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]';
const ORDINARY = /^[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳使领]$/;
const NEW_ENERGY = /^(?:[A-HJK][A-HJ-NP-Z0-9]\d{4}|\d{5}[DF])$/;
const OFFICE = new RegExp(`^${PROVINCE}[A-HJ-NP-Z]`);

export function isPlate(text: string): boolean {
  const serial = text.slice(2);
  return OFFICE.test(text) && (ORDINARY.test(serial) || NEW_ENERGY.test(serial));
}
