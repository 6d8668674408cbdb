/**
 * Functions that people try and that are refused, with the nearest admissible form. A function that is on no list is
 * refused just the same; this page only makes the hint better.
 */
const HINTS: readonly (readonly [accepted: string, functions: readonly string[]])[] = [
  [
    'count, sum, avg, var_samp, stddev_samp …',
    ['first', 'last', 'arb', 'arbitrary', 'arg_max', 'arg_min', 'max_by', 'min_by', 'argmax', 'argmin', 'arg_max_null', 'arg_min_null', 'list', 'array_agg', 'string_agg', 'group_concat', 'listagg', 'histogram', 'histogram_exact', 'approx_top_k', 'map_from_entries', 'reservoir_quantile', 'approx_quantile', 'bitstring_agg', 'bit_and', 'bit_or', 'bit_xor', 'product', 'fsum', 'kahan_sum', 'sumkahan', 'favg', 'mad', 'entropy', 'kurtosis', 'kurtosis_pop', 'skewness', 'json_group_array', 'json_group_object', 'json_group_structure'],
  ],
  ['CASE WHEN … THEN … ELSE NULL END', ['error', 'try', 'assert']],
  ['lpad(text, 10, \' \')', ['repeat', 'range', 'generate_series', 'printf', 'format', 'chr', 'bar', 'unnest', 'generate_subscripts']],
  ['a literal', ['random', 'setseed', 'uuid', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'nextval', 'currval', 'hash', 'md5', 'md5_number', 'sha1', 'sha256', 'txid_current', 'getvariable', 'getenv']],
  ['current_date', ['clock_timestamp', 'statement_timestamp', 'transaction_timestamp', 'get_current_timestamp', 'get_current_time', 'current_localtime', 'current_time']],
  ['a registered resource, named in FROM', ['query', 'query_table', 'read_csv', 'read_csv_auto', 'read_parquet', 'parquet_scan', 'read_json', 'read_json_auto', 'read_text', 'read_blob', 'glob', 'sniff_csv', 'json_execute_serialized_sql', 'duckdb_tables', 'duckdb_columns', 'duckdb_settings', 'pragma_storage_info', 'pragma_table_info', 'pragma_version', 'stats', 'json_serialize_sql', 'json_serialize_plan', 'seq_scan', 'sql_auto_complete', 'test_all_types', 'repeat_row', 'current_setting', 'version', 'current_schema', 'current_schemas', 'current_database', 'current_user', 'current_query', 'in_search_path', 'enable_logging', 'parse_path', 'write_log']],
  ['CAST(text AS date)', ['strptime', 'try_strptime', 'to_timestamp', 'make_timestamp', 'make_timestamptz', 'make_time', 'epoch_ms', 'timezone', 'age']],
  ['CAST(x AS varchar)', ['to_json', 'json', 'json_extract', 'json_extract_string', 'json_object', 'json_array', 'from_json', 'typeof', 'encode', 'decode', 'hex', 'unhex', 'base64', 'from_base64', 'to_base64', 'to_base', 'bin']],
  ['regexp_matches(text, \'pattern\')', ['regexp_replace', 'regexp_split_to_array', 'regexp_extract_all', 'regexp_split_to_table', 'like_escape', '~~~']],
  ['+ - * / // %', ['&', '|', '~', '<<', '>>', 'xor', '!__postfix', 'factorial', 'gamma', 'lgamma', 'bit_count']],
  ['scalar columns', ['list_value', 'struct_pack', 'row', 'map', 'list_transform', 'list_apply', 'list_filter', 'list_extract', 'struct_extract', 'array_extract', 'list_aggregate', 'list_reduce', 'array_value', 'string_split', 'split', 'str_split', 'string_to_array', 'array_length', 'flatten', 'element_at', 'map_extract', 'json_each', 'json_tree']],
];

const hintOf = new Map(HINTS.flatMap(([accepted, names]) => names.map((name) => [name, accepted] as const)));

/** What would be accepted instead: from the page above, else functions of a similar name. */
export function acceptedInstead(name: string, known: readonly string[]): string {
  const hint = hintOf.get(name.toLowerCase());
  if (hint !== undefined) return hint;
  const stem = name.toLowerCase().slice(0, 4);
  const near = known.filter((word) => /^[a-z]/.test(word) && (word.startsWith(stem) || word.includes(stem))).slice(0, 5);
  return near.length > 0 ? near.join(', ') : 'abs, round, coalesce, lower, substring, date_trunc, date_part …';
}
