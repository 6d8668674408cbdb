import { enterpriseReg, fundEnterprise, holder, insuranceEnterprise, tax, transport } from './tables/enterprises.ts';
import { crop, livestock } from './tables/farms.ts';
import { inpatient, labExam, outpatient } from './tables/health.ts';
import { fundPerson, insurancePerson, marriage } from './tables/people.ts';
import { housing, propertyMgmt, propertyTitle, shelter } from './tables/property.ts';
import { school } from './tables/schools.ts';
import { electricity, gas, water } from './tables/utilities.ts';
import { usedVehicle, vehicleMortgage, vehicleReg } from './tables/vehicles.ts';

/** The 25 tables of the first batch by the names that SQL uses, in the order of the 15 entries. */
export const TABLES = {
  electricity,
  water,
  housing,
  property_mgmt: propertyMgmt,
  gas,
  marriage,
  fund_person: fundPerson,
  fund_enterprise: fundEnterprise,
  property_title: propertyTitle,
  outpatient,
  inpatient,
  lab_exam: labExam,
  insurance_person: insurancePerson,
  insurance_enterprise: insuranceEnterprise,
  enterprise_reg: enterpriseReg,
  holder,
  crop,
  livestock,
  school,
  vehicle_reg: vehicleReg,
  vehicle_mortgage: vehicleMortgage,
  used_vehicle: usedVehicle,
  tax,
  shelter,
  transport,
} as const;

export type FirstBatchTable = keyof typeof TABLES;
export const FIRST_BATCH_TABLES = Object.keys(TABLES) as FirstBatchTable[];
