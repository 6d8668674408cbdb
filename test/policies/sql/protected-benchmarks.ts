import { readFileSync } from 'node:fs';
import { starSchemas } from '../../../bench/release-schema.ts';
import type { ColumnSchema, TableSchema } from '../../../policies/table-schema.ts';

/**
 * TPC-H, the Star Schema Benchmark, TPC-DS, a city's ticketing and a shop, asked by BI tools and attacked, as a data office would classify them: customers are persons, suppliers and
 * owners of stores enterprises; facts name the customer, line items and returns of the catalogue only their order.
 * `schema` text: one column a word, `name:type:marks`; marks of `MARKS`, or a list of values in brackets.
 */

type Marks = Partial<ColumnSchema>;
const MARKS: Readonly<Record<string, Marks>> = {
  public: { level: 'general-1', nullable: false },
  person: { role: 'identifier', unit: 'person', nullable: false },
  visitor: { role: 'identifier', unit: 'person' },
  enterprise: { role: 'identifier', unit: 'enterprise', nullable: false },
  supplier: { role: 'identifier', domain: 'enterprise', nullable: false },
  order: { role: 'identifier', domain: 'order', nullable: false },
  ticket: { role: 'identifier', domain: 'ticket', nullable: false },
  web: { role: 'identifier', domain: 'web_order', nullable: false },
  catalog: { role: 'identifier', domain: 'catalog_order', nullable: false },
  address: { role: 'identifier', domain: 'address' },
  quasi: { role: 'quasi-identifier' },
  measure: { role: 'measure', bounds: { min: 0, max: 1e9 } },
  signed: { role: 'measure', bounds: { min: -1e9, max: 1e9 } },
};
const TYPES: Readonly<Record<string, ColumnSchema['type']>> = {
  ...{ i: 'integer', n: 'decimal', t: 'text', d: 'date' },
  ...{ ts: 'timestamp', b: 'boolean' },
};

function column(word: string, level: ColumnSchema['level']): ColumnSchema {
  const [name, type, mark = ''] = word.split(':') as [string, string, string?];
  const list = /^\[(.*)\]$/u.exec(mark)?.[1];
  const values = list?.split('|').map((value) => value.replaceAll('_', ' '));
  return {
    ...{ name, title: { zh: name, en: name }, type: TYPES[type]!, level, role: 'attribute' },
    ...(values === undefined ? MARKS[mark] : { level: 'general-1', role: 'dimension', values }),
  };
}

function table(name: string, level: ColumnSchema['level'], words: string): TableSchema {
  const columns = words
    .trim()
    .split(/\s+/u)
    .map((word) => column(word, level));
  return { table: name, level, columns };
}
const open = (name: string, words: string) => table(name, 'general-1', words);
const kept = (name: string, words: string) => table(name, 'general-2', words);

const TPCH = [
  open('nation', 'n_nationkey:i n_name:t n_regionkey:i'),
  open('region', 'r_regionkey:i r_name:t'),
  open('part', 'p_partkey:i p_name:t p_mfgr:t p_brand:t p_type:t p_size:i p_container:t'),
  kept(
    'supplier',
    's_suppkey:t:enterprise s_name:t:quasi s_address:t:quasi s_nationkey:i s_phone:t:quasi s_acctbal:n:signed s_comment:t',
  ),
  kept('partsupp', 'ps_partkey:i ps_suppkey:t:enterprise ps_availqty:i:measure ps_supplycost:n:measure'),
  kept(
    'customer',
    `c_custkey:t:person c_name:t:quasi c_address:t:quasi c_nationkey:i c_phone:t:quasi c_acctbal:n:signed
     c_mktsegment:t:[AUTOMOBILE|BUILDING|FURNITURE|HOUSEHOLD|MACHINERY] c_comment:t`,
  ),
  kept(
    'orders',
    `o_orderkey:t:order o_custkey:t:person o_orderstatus:t:[F|O|P] o_totalprice:n:measure o_orderdate:d
     o_orderpriority:t:[1-URGENT|2-HIGH|3-MEDIUM|4-NOT_SPECIFIED|5-LOW] o_shippriority:i o_comment:t`,
  ),
  kept(
    'lineitem',
    `l_orderkey:t:order l_partkey:i l_suppkey:t:supplier l_linenumber:i l_quantity:n:measure l_extendedprice:n:measure
     l_discount:n:measure l_tax:n:measure l_returnflag:t:[A|N|R] l_linestatus:t:[F|O] l_shipdate:d l_commitdate:d
     l_receiptdate:d l_shipinstruct:t l_shipmode:t:[AIR|AIR_REG|FOB|MAIL|RAIL|SHIP|TRUCK]`,
  ),
];

const SSB = [
  open('date', 'd_datekey:i d_year:i d_yearmonthnum:i d_yearmonth:t d_weeknuminyear:i'),
  open('part', 'p_partkey:i p_mfgr:t p_category:t p_brand1:t'),
  kept('supplier', 's_suppkey:t:enterprise s_city:t s_nation:t s_region:t'),
  kept('customer', 'c_custkey:t:person c_city:t:quasi c_nation:t c_region:t'),
  kept(
    'lineorder',
    `lo_custkey:t:person lo_suppkey:t:enterprise lo_partkey:i lo_orderdate:i lo_quantity:i:measure
     lo_extendedprice:n:measure lo_discount:i:measure lo_revenue:n:measure lo_supplycost:n:measure`,
  ),
];

const TPCDS = [
  open('date_dim', 'd_date_sk:i d_date:d d_day_name:t d_month_seq:i d_moy:i d_week_seq:i d_year:i'),
  open(
    'item',
    `i_item_sk:i i_item_id:t i_item_desc:t i_current_price:n i_brand_id:i i_brand:t i_class:t i_category:t
     i_manufact_id:i i_manufact:t i_color:t i_units:t i_product_name:t`,
  ),
  open('warehouse', 'w_warehouse_sk:i w_warehouse_name:t'),
  open('inventory', 'inv_date_sk:i inv_item_sk:i inv_warehouse_sk:i inv_quantity_on_hand:i'),
  open('reason', 'r_reason_sk:i r_reason_desc:t'),
  open('customer_demographics', 'cd_demo_sk:i cd_gender:t cd_marital_status:t cd_education_status:t'),
  open('household_demographics', 'hd_demo_sk:i hd_buy_potential:t hd_dep_count:i hd_vehicle_count:i'),
  {
    ...open('store', 's_store_sk:i s_store_id:t s_store_name:t s_county:t s_state:t s_zip:t'),
    columns: [
      ...open('store', 's_store_sk:i s_store_id:t s_store_name:t s_county:t s_state:t s_zip:t').columns,
      column('s_owner_id:t:enterprise', 'general-2'),
    ],
  },
  kept('customer_address', 'ca_address_sk:t:address ca_city:t ca_zip:t:quasi ca_state:t ca_country:t'),
  kept(
    'customer',
    `c_customer_sk:t:person c_customer_id:t:quasi c_first_name:t:quasi c_last_name:t:quasi c_current_addr_sk:t:address
     c_current_cdemo_sk:i`,
  ),
  kept(
    'store_sales',
    `ss_ticket_number:t:ticket ss_customer_sk:t:person ss_addr_sk:t:address ss_item_sk:i ss_store_sk:i ss_sold_date_sk:i
     ss_cdemo_sk:i ss_hdemo_sk:i ss_quantity:i:measure ss_list_price:n:measure ss_sales_price:n:measure
     ss_coupon_amt:n:measure ss_ext_discount_amt:n:measure ss_ext_list_price:n:measure ss_ext_sales_price:n:measure
     ss_ext_wholesale_cost:n:measure ss_net_profit:n:signed`,
  ),
  kept(
    'store_returns',
    `sr_ticket_number:t:ticket sr_customer_sk:t:person sr_item_sk:i sr_store_sk:i sr_reason_sk:i sr_returned_date_sk:i
     sr_return_quantity:i:measure sr_return_amt:n:measure`,
  ),
  kept(
    'web_sales',
    `ws_order_number:t:web ws_bill_customer_sk:t:person ws_item_sk:i ws_warehouse_sk:i ws_sold_date_sk:i
     ws_quantity:i:measure ws_list_price:n:measure ws_sales_price:n:measure ws_ext_discount_amt:n:measure
     ws_ext_list_price:n:measure ws_ext_sales_price:n:measure ws_net_paid:n:measure`,
  ),
  kept(
    'catalog_sales',
    `cs_order_number:t:catalog cs_ship_customer_sk:t:person cs_ship_addr_sk:t:address cs_item_sk:i cs_warehouse_sk:i
     cs_sold_date_sk:i cs_ship_date_sk:i cs_quantity:i:measure cs_list_price:n:measure cs_ext_sales_price:n:measure
     cs_ext_discount_amt:n:measure cs_ext_ship_cost:n:measure`,
  ),
  kept('catalog_returns', 'cr_order_number:t:catalog cr_return_amount:n:measure'),
  kept('web_returns', 'wr_order_number:t:web wr_return_amt:n:measure'),
];

const SHOP = [
  kept(
    'orders',
    `order_id:t:order customer_id:t:person created_at:ts status:t:[placed|shipped|completed|returned] amount:n:measure
     discount:n:measure store_id:i channel:t:[web|app|shop] coupon:t`,
  ),
  kept('items', 'order_id:t:order product_id:i quantity:i:measure price:n:measure cost:n:measure'),
  kept(
    'customers',
    `customer_id:t:person name:t:quasi email:t:quasi birth_date:d:quasi city:t state:t:[north|south|east|west]
     plan:t:[free|pro|team] signup:d active:b`,
  ),
  kept(
    'sessions',
    'session_no:i customer_id:t:visitor started:ts ended:ts pages:i:measure source:t device:t:[phone|desk]',
  ),
  kept('refunds', 'order_id:t:order customer_id:t:person refunded_at:ts amount:n:measure reason:t'),
  open('products', 'product_id:i product:t category:t brand:t list_price:n'),
  open('stores', 'store_id:i store:t region:t opened:d'),
  open('calendar', 'ds:d week:d month:d quarter:t year:i is_holiday:b'),
  open('fx', 'day:d currency:t rate:n'),
  open('price_tiers', 'tier:t lo:n hi:n'),
];

export interface ProtectedQuery {
  readonly name: string;
  readonly sql: string;
  /** Why an expert in disclosure control would not let it through; null where one would. */
  readonly unsafe: string | null;
}

/** Queries of a file: each after a line `-- name`, or `-- name | unsafe: why`. */
function queriesOf(file: string): readonly ProtectedQuery[] {
  const text = readFileSync(new URL(`../../fixtures/protected/${file}.sql`, import.meta.url), 'utf8');
  return text
    .split(/^-- /mu)
    .slice(1)
    .map((part) => {
      const [head, ...lines] = part.split('\n');
      const [name, unsafe = null] = head!.split(' | unsafe: ') as [string, string?];
      return { name, unsafe, sql: lines.join('\n').trim().replace(/;$/u, '') };
    });
}

const TICKETING = Object.values(starSchemas('general-2'));

export const PROTECTED_BENCHMARKS = Object.entries({
  tpch: TPCH,
  ssb: SSB,
  tpcds: TPCDS,
  ticketing: TICKETING,
  shop: SHOP,
}).map(([name, tables]) => ({
  name,
  tables,
  queries: queriesOf(name),
}));
