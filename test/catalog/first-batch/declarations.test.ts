import { describe, expect, test } from 'vitest';
import { checkTableSchema } from '../../../catalog/check-table-schema.ts';
import {
  FIRST_BATCH_TABLES,
  firstBatch,
  sampleQuestions,
  seedOrganisations,
  seedPlans,
} from '../../../catalog/first-batch/index.ts';

/** The catalogue of the city as its design lists it: entry, then every column with its level. Written out, not derived. */
const E = 'uscc 2 ent_name 2 div_code 1 industry_code 1';
const P = 'id_no 4 person_name 3 sex 2 birth_date 3 div_code 1';
const DESIGN: Readonly<Record<string, readonly [number, string]>> = {
  electricity: [
    1,
    `${E} meter_acct_no 3 elec_addr 3 volt_code 1 contract_kva 3 bill_month 1 kwh_total 3 kwh_peak 3 kwh_valley 3 bill_amt 3 arrears_days 3`,
  ],
  water: [2, `${E} water_acct_no 3 pipe_dn 1 bill_period 1 m3_used 3 bill_amt 3 arrears_days 3 use_class 1`],
  housing: [3, 'unit_no 3 owner_id_no 4 div_code 1 floor_sqm 3 build_year 1 use_code 1 lease_flag 3'],
  property_mgmt: [
    3,
    `${E} estate_no 1 estate_name 1 household_cnt 2 fee_per_sqm 1 elevator_cnt 1 parking_cnt 1 complaint_cnt 2`,
  ],
  gas: [3, `${E} gas_acct_no 3 bill_month 1 m3_used 3 arrears_days 3`],
  marriage: [4, `${P} spouse_id_no 4 marital_code 4 reg_date 4 cert_no 4`],
  fund_person: [
    5,
    `${P} fund_acct_no 4 employer_uscc 3 base_amt 4 deposit_amt 4 months_cont_cnt 3 balance_amt 4 loan_flag 4`,
  ],
  fund_enterprise: [5, `${E} fund_month 1 staff_cnt 3 total_amt 3 overdue_months_cnt 3`],
  property_title: [
    6,
    'unit_no 3 cert_no 3 owner_id_no 4 owner_name 3 co_owner_cnt 3 right_code 1 use_code 1 floor_sqm 3 reg_date 2 mortgage_flag 3 seizure_flag 4',
  ],
  outpatient: [7, `${P} visit_no 4 org_code 2 visit_date 4 dept_code 2 dx_code 4 fee_amt 4`],
  inpatient: [7, `${P} admit_no 4 org_code 2 admit_date 4 discharge_date 4 dx_code 4 op_code 4 los_days 4 fee_amt 4`],
  lab_exam: [7, 'report_no 4 visit_no 4 item_code 3 result_num 4 abnormal_flag 4 report_date 4'],
  insurance_person: [8, `${P} insured_no 4 scheme_code 2 status_code 3 base_amt 4 months_paid_cnt 3`],
  insurance_enterprise: [8, `${E} pay_month 1 insured_cnt 3 paid_amt 3 overdue_months_cnt 3`],
  enterprise_reg: [9, `${E} legal_rep_name 2 capital_amt 1 found_date 1 status_code 1 scope_text 1`],
  holder: [9, 'uscc 2 holder_name 2 holder_cert_no 4 holder_type 1 share_pct 2 paid_amt 2'],
  crop: [10, 'farm_no 2 uscc 2 div_code 1 product_code 1 area_mu 2 output_kg 2 cert_code 1 season 1'],
  livestock: [10, 'farm_no 2 species_code 1 stock_cnt 3 slaughter_cnt 3 vaccine_date 2 epidemic_flag 4'],
  school: [11, 'school_code 1 school_name 1 zone_no 1 zone_geom 1 road_text 1 stage_code 1 seat_cnt 1 enrol_cnt 2'],
  vehicle_reg: [
    12,
    'vin 4 plate_no 3 owner_id_no 4 brand_code 1 model_year 1 energy_code 1 first_reg_date 2 status_code 2 inspect_end_date 2',
  ],
  vehicle_mortgage: [12, 'vin 4 mortgagee_name 2 start_date 3 end_date 3 mortgage_flag 3'],
  used_vehicle: [12, 'vin 4 transfer_date 3 odometer_km 2 from_div 1 to_div 1 price_amt 3'],
  tax: [13, `${E} tax_period 1 tax_code 1 declared_amt 4 paid_amt 4 sales_amt 4 overdue_amt 4 credit_code 2`],
  shelter: [
    14,
    'project_no 2 builder_uscc 2 div_code 1 build_sqm 2 shelter_sqm 3 protect_code 4 geo_point 4 peacetime_code 2 parking_cnt 2 accept_date 2 fee_amt 2',
  ],
  transport: [
    15,
    `${E} licence_no 2 licence_end_date 1 vehicle_cnt 2 nev_cnt 2 driver_cnt 3 freight_tkm 3 accident_cnt 3 credit_code 1`,
  ],
};

const byId = new Map(firstBatch.map((resource) => [resource.id as string, resource]));

test('the first batch is the 15 entries in 25 tables of the annex', () => {
  expect([...FIRST_BATCH_TABLES].sort()).toEqual(Object.keys(DESIGN).sort());
  expect(new Set(firstBatch.map(({ entry }) => entry.no))).toEqual(
    new Set(Array.from({ length: 15 }, (_, i) => i + 1)),
  );
});

describe.each(Object.entries(DESIGN))('%s', (table, [entry, columns]) => {
  const resource = byId.get(table)!;

  test('has exactly the columns and levels of the design', () => {
    const declared = resource.schema.columns.map(({ name, level }) => `${name} ${level.replace('general-', '')}`);
    expect(declared.join(' ')).toBe(columns);
    expect(resource.entry.no).toBe(entry);
    expect(resource.schema.table).toBe(table);
  });

  test('is a declaration that the catalogue accepts, complete and in two languages', () => {
    expect(() => checkTableSchema(resource.schema)).not.toThrow();
    for (const { name, title, type, role, bounds, values } of resource.schema.columns) {
      expect(title.zh, name).toMatch(/[\u4e00-\u9fff]/);
      expect(title.en, name).toMatch(/^[\x20-\x7e]+$/);
      if (role === 'measure') expect(bounds, `${name}: a measure has bounds`).toBeDefined();
      if (values !== undefined)
        expect([role, type], `${name}: only text dimensions have lists`).toEqual(['dimension', 'text']);
    }
  });

  test('has a provider among the organisations', () => {
    expect(seedOrganisations.find(({ id }) => id === resource.provider)?.kind).toBe('provider');
  });
});

test('the same kind of key has the same domain everywhere, and no other has it', () => {
  const domains: Record<string, string[]> = {};
  for (const { schema } of firstBatch) {
    for (const column of schema.columns) {
      const domain = column.domain ?? column.unit;
      if (domain !== undefined) domains[domain] = [...(domains[domain] ?? []), column.name];
    }
  }
  const names = Object.fromEntries(Object.entries(domains).map(([domain, all]) => [domain, [...new Set(all)].sort()]));
  expect(names).toEqual({
    admission: ['admit_no'],
    enterprise: ['builder_uscc', 'employer_uscc', 'uscc'],
    estate: ['estate_no'],
    farm: ['farm_no'],
    household: ['unit_no'],
    institution: ['school_code'],
    person: ['holder_cert_no', 'id_no', 'owner_id_no', 'spouse_id_no'],
    project: ['project_no'],
    vehicle: ['vin'],
    visit: ['visit_no'],
  });
});

test('health tables are health tables in every column, and no other table is', () => {
  for (const { id, schema } of firstBatch) {
    const expected = ['outpatient', 'inpatient', 'lab_exam'].includes(id);
    expect(schema.columns.every(({ health = false }) => health === expected)).toBe(true);
  }
});

test('what is not public by law is at least internal; marriage is for verification only', () => {
  const levels = Object.fromEntries(firstBatch.map(({ id, schema }) => [id, schema.level]));
  const open = Object.keys(levels).filter((id) => levels[id as keyof typeof levels] === 'general-1');
  expect(open.sort()).toEqual(['enterprise_reg', 'property_mgmt', 'school']);
  expect(levels.marriage).toBe('core');
});

test('plans grant existing columns to existing developers, questions ask under existing plans', () => {
  for (const plan of seedPlans) {
    expect(seedOrganisations.find(({ id }) => id === plan.org)?.kind).toBe('developer');
    for (const { resource, columns } of plan.tables) {
      const declared = byId.get(resource)!.schema.columns.map(({ name }) => name);
      expect(declared).toEqual(expect.arrayContaining([...columns]));
    }
  }
  const plans = new Map(seedPlans.map((plan) => [plan.id, plan.tables.map(({ resource }) => resource)]));
  for (const { plan, sql } of sampleQuestions) {
    for (const [, table] of sql.matchAll(/(?:FROM|JOIN) (\w+)/g)) expect(plans.get(plan)).toContain(table);
  }
});
