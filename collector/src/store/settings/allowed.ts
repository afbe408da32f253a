/**
 * Which settings of the engine a reader may change for a statement. Listed, with the reasons, in docs/reference/clickhouse-compatibility.md;
 * everything else is refused with the code that ClickHouse gives in readonly mode.
 */

/** What a value has to be. */
export type SettingRule =
  /** Whatever the type of the setting allows. */
  | { readonly kind: 'any' }
  /** A number up to this: limits can only be lowered; 0, which means no limit, is above every limit. */
  | { readonly kind: 'limit'; readonly max: number }
  | { readonly kind: 'oneOf'; readonly values: readonly string[] }
  /** A condition in SQL, or a map from tables to conditions: evaluated by the gate like a statement. */
  | { readonly kind: 'condition' }
  | { readonly kind: 'conditions' }
  /** Not for the engine: the store itself applies it. In a clause it cannot be above `max`; from the URL the store takes the smaller one. */
  | { readonly kind: 'own'; readonly max?: number }

export interface ReaderLimits {
  readonly maxMemoryBytes: number
  readonly maxResultBytes: number
  readonly maxResultRows: number
  readonly maxExecutionSeconds: number
}

const words = (text: string): string[] => text.trim().split(/\s+/)

/** Settings of which every value of their type is allowed. */
export const freeSettings = {
  /** How values are written and read. None of them names a file. */
  formats: words(`
  format_csv_delimiter format_csv_null_representation format_tsv_null_representation format_json_object_each_row_column_for_object_name
  bool_true_representation bool_false_representation date_time_output_format date_time_input_format interval_output_format
  aggregate_function_input_format precise_float_parsing print_pretty_type_names cast_string_to_date_time_mode
`),
  /** What a statement means. */
  meaning: words(`
  limit offset extremes totals_mode final session_timezone join_use_nulls join_default_strictness any_join_distinct_right_table_keys
  joined_subquery_requires_alias group_by_use_nulls aggregate_functions_null_for_empty transform_null_in cast_keep_nullable
  union_default_mode except_default_mode intersect_default_mode prefer_column_name_to_alias count_distinct_implementation
  asterisk_include_alias_columns asterisk_include_materialized_columns describe_compact_output describe_include_subcolumns
  empty_result_for_aggregation_by_empty_set parsedatetime_parse_without_leading_zeros formatdatetime_f_prints_single_zero
  formatdatetime_parsedatetime_m_is_month_name allow_suspicious_types_in_group_by allow_suspicious_types_in_order_by
  allow_suspicious_low_cardinality_types allow_suspicious_fixed_string_types allow_suspicious_variant_types
  use_variant_as_common_type decimal_check_overflow enable_named_columns_in_function_tuple regexp_max_matches_per_row
`),
  /** How it is run; none gives it more time, memory or threads. */
  running: words(`
  optimize_read_in_order optimize_aggregation_in_order optimize_move_to_prewhere optimize_skip_unused_shards
  optimize_use_projections optimize_trivial_count_query use_skip_indexes force_primary_key force_index_by_date
  use_query_cache enable_reads_from_query_cache enable_writes_to_query_cache query_cache_min_query_runs query_cache_min_query_duration
  query_cache_compress_entries query_cache_squash_partial_results query_cache_ttl query_cache_tag
  query_cache_nondeterministic_function_handling query_cache_system_table_handling
  short_circuit_function_evaluation
  result_overflow_mode read_overflow_mode group_by_overflow_mode sort_overflow_mode distinct_overflow_mode join_overflow_mode set_overflow_mode
  log_comment log_queries max_rows_to_group_by
  max_rows_to_read max_bytes_to_read max_rows_to_sort max_bytes_to_sort max_rows_in_distinct max_bytes_in_distinct max_rows_in_join
  max_bytes_in_join max_rows_in_set max_bytes_in_set max_columns_to_read max_temporary_columns
`),
} as const

/** Settings of the store's own: the time limit, the queue and the form of the answer. */
export const ownSettings = words(`
  max_execution_time queue_max_wait_ms enable_http_compression http_zlib_compression_level send_progress_in_http_headers http_headers_progress_interval_ms
  http_wait_end_of_query http_response_buffer_size
`)

const PATTERNS = [/^output_format_(?!schema$)/, /^input_format_(?!.*(schema|file))/, /^format_(display|binary)_(?!secrets)/]

/** Limits that a client can lower, with the store's own. */
export const limitedSettings = ({ maxMemoryBytes, maxResultBytes, maxResultRows }: ReaderLimits): Readonly<Record<string, number>> => ({
  max_memory_usage: maxMemoryBytes,
  max_result_bytes: maxResultBytes,
  max_result_rows: maxResultRows,
  max_threads: 1,
  max_block_size: 65_409,
  max_subquery_depth: 100,
  max_ast_depth: 300,
  max_ast_elements: 20_000,
  max_expanded_ast_elements: 100_000,
})

const ANY = { kind: 'any' } as const

export type AllowedSettings = (name: string) => SettingRule | undefined

/** The rules for readers with these limits. */
export function allowedSettings(limits: ReaderLimits): AllowedSettings {
  const rules = new Map<string, SettingRule>([
    ...Object.values(freeSettings)
      .flat()
      .map((name) => [name, ANY] as const),
    ...ownSettings.map((name) => [name, { kind: 'own' }] as const),
    ...Object.entries(limitedSettings(limits)).map(([name, max]) => [name, { kind: 'limit', max }] as const),
    // Many clients send their own timeout with every statement, whatever it is.
    ['max_execution_time', { kind: 'own', max: limits.maxExecutionSeconds }],
    ['join_algorithm', { kind: 'oneOf', values: ['default', 'direct', 'hash', 'parallel_hash', 'full_sorting_merge'] }],
    ['readonly', { kind: 'oneOf', values: ['1'] }],
    ['cancel_http_readonly_queries_on_client_close', { kind: 'oneOf', values: ['1', 'true'] }],
    ['additional_result_filter', { kind: 'condition' }],
    ['additional_table_filters', { kind: 'conditions' }],
  ])
  return (name) => rules.get(name) ?? (PATTERNS.some((pattern) => pattern.test(name)) ? ANY : undefined)
}
