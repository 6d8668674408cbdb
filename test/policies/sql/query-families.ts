import { readFileSync } from 'node:fs';
import type { ColumnSchema, ColumnType, TableSchema } from '../../../policies/table-schema.ts';

/** Tables of the query families, public through and through, and rows that their queries find something in. */

/** One table a line: `name rows: columns`. Types: no mark integer, `.` decimal, `'` text, `/` date, `@` timestamp, `?` boolean, `*` the number of the row. */
const TABLES = `
region 20: r_regionkey* r_name'
nation 20: n_nationkey* n_name' n_regionkey
supplier 20: s_suppkey* s_name' s_address' s_nationkey s_phone' s_acctbal. s_comment'
part 20: p_partkey* p_name' p_mfgr' p_brand' p_type' p_size p_container'
partsupp 300: ps_partkey ps_suppkey ps_availqty ps_supplycost.
customer 24: c_custkey* c_name' c_address' c_nationkey c_phone' c_acctbal. c_mktsegment' c_comment' c_customer_sk* c_customer_id' c_first_name' c_last_name' c_current_addr_sk c_current_cdemo_sk
orders 24: o_orderkey* o_custkey o_orderstatus' o_totalprice. o_orderdate/ o_orderpriority' o_shippriority o_comment'
lineitem 3000: l_orderkey l_partkey l_suppkey l_quantity. l_extendedprice. l_discount. l_tax. l_returnflag' l_linestatus' l_shipdate/ l_commitdate/ l_receiptdate/ l_shipmode' l_shipinstruct'
lineorder 1500: lo_custkey lo_partkey lo_suppkey lo_orderdate lo_quantity lo_extendedprice lo_discount lo_revenue lo_supplycost
date 60: d_datekey* d_year d_yearmonthnum d_yearmonth' d_weeknuminyear
ssb_part 20: p_partkey* p_mfgr' p_category' p_brand1'
ssb_supplier 20: s_suppkey* s_city' s_nation' s_region'
ssb_customer 20: c_custkey* c_city' c_nation' c_region'
hits 400: watchid userid counterid regionid advengineid resolutionwidth searchphrase' eventdate/ eventtime@ mobilephone mobilephonemodel' searchengineid url' title' referer' clientip isrefresh dontcounthits islink isdownload traficsourceid urlhash refererhash windowclientwidth windowclientheight
date_dim 22: d_date_sk* d_date/ d_year d_moy d_month_seq d_week_seq d_day_name'
item 22: i_item_sk* i_item_id' i_item_desc' i_brand' i_brand_id i_class' i_category' i_manufact' i_manufact_id i_current_price. i_product_name' i_color' i_units'
store 20: s_store_sk* s_store_id' s_store_name' s_state' s_county' s_zip'
reason 20: r_reason_sk* r_reason_desc'
warehouse 20: w_warehouse_sk* w_warehouse_name'
customer_address 20: ca_address_sk* ca_state' ca_zip' ca_city' ca_country'
customer_demographics 20: cd_demo_sk* cd_gender' cd_marital_status' cd_education_status'
household_demographics 20: hd_demo_sk* hd_buy_potential' hd_vehicle_count hd_dep_count
inventory 400: inv_date_sk inv_item_sk inv_warehouse_sk inv_quantity_on_hand
store_sales 700: ss_sold_date_sk ss_item_sk ss_customer_sk ss_cdemo_sk ss_hdemo_sk ss_addr_sk ss_store_sk ss_ticket_number ss_quantity ss_list_price. ss_sales_price. ss_ext_sales_price. ss_ext_list_price. ss_ext_wholesale_cost. ss_ext_discount_amt. ss_coupon_amt. ss_net_profit.
store_returns 200: sr_returned_date_sk sr_item_sk sr_customer_sk sr_store_sk sr_ticket_number sr_reason_sk sr_return_quantity sr_return_amt.
web_sales 400: ws_sold_date_sk ws_item_sk ws_bill_customer_sk ws_order_number ws_warehouse_sk ws_quantity ws_list_price. ws_sales_price. ws_ext_sales_price. ws_ext_list_price. ws_ext_discount_amt. ws_net_paid.
catalog_sales 400: cs_sold_date_sk cs_ship_date_sk cs_item_sk cs_ship_customer_sk cs_ship_addr_sk cs_warehouse_sk cs_order_number cs_quantity cs_list_price. cs_ext_sales_price. cs_ext_discount_amt. cs_ext_ship_cost.
catalog_returns 10: cr_order_number
sales 400: id* region' segment' customer' ordered/ amount. returned?
people 4: region' manager'
survey 80: pid* age sex' occupation' income. married? joined/
purchase 300: pid category' spend. bought/
`;

const TYPES: Readonly<Record<string, ColumnType>> = {
  '.': 'decimal',
  "'": 'text',
  '/': 'date',
  '@': 'timestamp',
  '?': 'boolean',
};

interface FamilyTable {
  readonly schema: TableSchema;
  readonly rows: number;
  readonly numbered: ReadonlySet<string>;
}

function readTable(line: string): FamilyTable {
  const [, table = '', rows = '', list = ''] = /^(\w+) (\d+): (.*)$/.exec(line) ?? [];
  const marked = list.split(' ').map((word) => [word.replace(/\W$/, ''), /\W$/.exec(word)?.[0] ?? ''] as const);
  const columns = marked.map(
    ([name, mark]): ColumnSchema => ({
      name,
      title: { zh: name, en: name },
      type: TYPES[mark] ?? 'integer',
      level: 'general-1',
      role: 'attribute',
    }),
  );
  const numbered = new Set(marked.flatMap(([name, mark]) => (mark === '*' ? [name] : [])));
  return { schema: { table, level: 'general-1', columns }, rows: Number(rows), numbered };
}

export const FAMILY_TABLES: readonly FamilyTable[] = TABLES.trim().split('\n').map(readTable);

export interface FamilyQuery {
  readonly name: string;
  readonly sql: string;
}

export const FAMILIES = ['tpch', 'tpcds', 'ssb', 'clickbench', 'bi-tools', 'private-systems'] as const;

/** The queries of `test/fixtures/queries/<family>.sql`: each under a line `-- name` and with a semicolon at its end. */
export function familyQueries(family: string): readonly FamilyQuery[] {
  const text = readFileSync(new URL(`../../fixtures/queries/${family}.sql`, import.meta.url), 'utf8');
  return text
    .split(/^-- /m)
    .slice(1)
    .map((part) => ({
      name: part.slice(0, part.indexOf('\n')),
      sql: part
        .slice(part.indexOf('\n') + 1)
        .trim()
        .replace(/;$/, ''),
    }));
}

/** Same numbers in every run. Source: Marsaglia, Xorshift RNGs, 2003. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const WORDS = ['north', 'Alpha', 'green ', 'Box', '', 'omega https://www.example.org/path', "O'Neil", '企业', 'Zulu_1'];

/** The literals that queries compare a column with, as SQL: rows made of them are rows that the queries look for. */
function literalsOf(column: string, texts: string): readonly string[] {
  const value = String.raw`(?:DATE\s*|CAST\()?('(?:[^']|'')*'|-?\d+(?:\.\d+)?)`;
  const found = [
    ...texts.matchAll(new RegExp(String.raw`\b${column}"?\)?\s*(?:=|<=|>=|<>|<|>|NOT LIKE|LIKE)\s*${value}`, 'gi')),
    ...texts.matchAll(new RegExp(String.raw`\b${column}"?\)?\s+BETWEEN\s+${value}`, 'gi')),
  ].map(([, literal = '']) => literal);
  const lists = [
    ...texts.matchAll(
      new RegExp(String.raw`\b${column}"?\s+IN\s*\(((?:'[^']*'|-?[\d.]+)(?:,\s*(?:'[^']*'|-?[\d.]+))*)\)`, 'gi'),
    ),
  ];
  const listed = lists.flatMap(([, list = '']) => list.match(/'[^']*'|-?[\d.]+/g) ?? []);
  return [...new Set([...found, ...listed])].map((literal) => literal.replaceAll('%', ' ').replace(/^' +(.)/, "'$1"));
}

/** `INSERT` statements for all tables, the same in every run. */
export function familyRows(seed: number): readonly string[] {
  const random = randomFrom(seed);
  const texts = FAMILIES.flatMap((family) => familyQueries(family).map(({ sql }) => sql)).join('\n');
  return FAMILY_TABLES.map(({ schema, rows, numbered }) => {
    const literals = schema.columns.map(({ name }) => literalsOf(name, texts));
    const row = (index: number): string =>
      schema.columns
        .map(({ name, type }, at) => (numbered.has(name) ? `${index + 1}` : cell(type, literals[at] ?? [], random)))
        .join(', ');
    const lists = Array.from({ length: rows }, (_, index) => `(${row(index)})`);
    return `INSERT INTO "${schema.table}" VALUES ${lists.join(', ')}`;
  });
}

function cell(type: ColumnType, literals: readonly string[], random: (below: number) => number): string {
  if (random(25) === 0) return 'NULL';
  const fits = literals.filter((literal) => literal.startsWith("'") === (type !== 'integer' && type !== 'decimal'));
  const literal = random(10) < 7 ? fits[random(fits.length || 1)] : undefined;
  switch (type) {
    case 'integer':
      return literal !== undefined && !literal.includes('.') ? literal : `${1 + random(20)}`;
    case 'decimal':
      return literal ?? `${random(20_000) / 100 - 20}`;
    case 'boolean':
      return random(2) === 0 ? 'true' : 'false';
    case 'text':
      return literal ?? `'${(WORDS[random(WORDS.length)] ?? '').replaceAll("'", "''")}'`;
    default: {
      const from = literal === undefined ? `'${1992 + random(8)}-0${1 + random(9)}-11'` : literal;
      const day = `DATE ${from} + ${random(40)}`;
      return type === 'date' ? day : `CAST(${day} AS timestamp) + to_minutes(${random(3000)})`;
    }
  }
}
