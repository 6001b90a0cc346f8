// Every function of DuckDB 1.5.5, looked at one by one. When DuckDB changes, function_list_test.cc tells what is new.
#include "sql/function_list.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "sql/syntax_tree.h"

namespace tailrace::sql {
namespace {

// Answer from their arguments alone.
constexpr std::string_view kScalars =
    "!__postfix !~~ !~~* % & && * ** + - -> ->> / // <-> << <=> <@ >> @ @> ^ ^@ abs acos acosh add age alias apply "
    "array_aggr array_aggregate array_append array_apply array_cat array_concat array_contains array_cosine_distance "
    "array_cosine_similarity array_cross_product array_distance array_distinct array_dot_product array_extract "
    "array_filter array_grade_up array_has array_has_all array_has_any array_indexof array_inner_product "
    "array_intersect array_length array_negative_dot_product array_negative_inner_product array_pop_back "
    "array_pop_front array_position array_prepend array_push_back array_push_front array_reduce array_resize "
    "array_reverse array_reverse_sort array_select array_slice array_sort array_to_json array_to_string "
    "array_to_string_comma_default array_transform array_unique array_value array_where array_zip ascii asin asinh "
    "atan atan2 atanh bar base64 bin bit_count bit_length bit_position bitstring cardinality cbrt ceil ceiling "
    "century char_length character_length chr concat concat_ws contains cos cosh cot damerau_levenshtein date_add "
    "date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname dayofmonth dayofweek "
    "dayofyear days_in_month decade decode degrees divide editdist3 element_at encode ends_with enum_code epoch "
    "epoch_ms epoch_ns epoch_us equi_width_bins era error even exp factorial fdiv filter flatten floor fmod format "
    "format_bytes formatreadabledecimalsize formatreadablesize from_base64 from_binary from_hex from_json "
    "from_json_strict gamma gcd generate_series generate_subscripts get_bit grade_up greatest "
    "greatest_common_divisor hamming hash hex hour ilike_escape instr isfinite isinf isnan isodow isoyear jaccard "
    "jaro_similarity jaro_winkler_similarity json json_array json_array_length json_contains json_exists "
    "json_extract json_extract_path json_extract_path_text json_extract_string json_keys json_merge_patch "
    "json_object json_pretty json_quote json_structure json_transform json_transform_strict json_type json_valid "
    "json_value julian last_day lcase lcm least least_common_multiple left left_grapheme len length length_grapheme "
    "levenshtein lgamma like_escape list_aggr list_aggregate list_any_value list_append list_apply "
    "list_approx_count_distinct list_avg list_bit_and list_bit_or list_bit_xor list_bool_and list_bool_or list_cat "
    "list_concat list_contains list_cosine_distance list_cosine_similarity list_count list_distance list_distinct "
    "list_dot_product list_element list_entropy list_extract list_filter list_first list_grade_up list_has "
    "list_has_all list_has_any list_histogram list_indexof list_inner_product list_intersect list_kurtosis "
    "list_kurtosis_pop list_last list_mad list_max list_median list_min list_mode list_negative_dot_product "
    "list_negative_inner_product list_pack list_position list_prepend list_product list_reduce list_resize "
    "list_reverse list_reverse_sort list_select list_sem list_skewness list_slice list_sort list_stddev_pop "
    "list_stddev_samp list_string_agg list_sum list_transform list_unique list_value list_var_pop list_var_samp "
    "list_where list_zip ln log log10 log2 lower lpad ltrim make_date make_time make_timestamp make_timestamp_ms "
    "make_timestamp_ns make_timestamptz map map_concat map_contains map_contains_entry map_contains_value "
    "map_entries map_extract map_extract_value map_from_entries map_keys map_values md5 md5_number md5_number_lower "
    "md5_number_upper microsecond millennium millisecond minute mismatches mod month monthname multiply nanosecond "
    "nextafter nfc_normalize normalized_interval not_ilike_escape not_like_escape nullif octet_length ord "
    "parse_dirname parse_dirpath parse_filename parse_formatted_bytes parse_path pi position pow power prefix printf "
    "quarter radians range reduce regexp_escape regexp_extract regexp_extract_all regexp_full_match regexp_matches "
    "regexp_replace regexp_split_to_array regexp_split_to_table repeat replace reverse right right_grapheme round "
    "round_even roundbankers row row_to_json rpad rtrim second set_bit sha1 sha256 sign signbit sin sinh split "
    "split_part sqrt starts_with str_split str_split_regex strftime string_split string_split_regex string_to_array "
    "strip_accents strlen strpos strptime struct_concat struct_contains struct_extract struct_extract_at struct_has "
    "struct_indexof struct_insert struct_keys struct_pack struct_position struct_update struct_values substr "
    "substring substring_grapheme subtract suffix switch tan tanh time_bucket timezone timezone_hour timezone_minute "
    "to_base to_base64 to_binary to_centuries to_days to_decades to_hex to_hours to_json to_microseconds "
    "to_millennia to_milliseconds to_minutes to_months to_quarters to_seconds to_timestamp to_weeks to_years "
    "translate trim trunc try_strptime typeof ucase unbin unhex unicode union_extract union_tag union_value unlist "
    "unnest unpivot_list upper url_decode url_encode uuid_extract_timestamp uuid_extract_version week weekday "
    "weekofyear xor year yearweek | || ~ ~~ ~~* ~~~ ";

// Another answer at each call.
constexpr std::string_view kVolatiles = "gen_random_uuid random uuid uuidv4 uuidv7 ";

// The time of the server.
constexpr std::string_view kNows =
    "ago current_date current_localtime current_localtimestamp get_current_time get_current_timestamp now today "
    "transaction_timestamp ";

constexpr std::string_view kAggregates =
    "any_value approx_count_distinct approx_quantile approx_top_k arbitrary arg_max arg_max_null arg_max_nulls_last "
    "arg_min arg_min_null arg_min_nulls_last argmax argmin array_agg avg bit_and bit_or bit_xor bool_and bool_or "
    "corr count count_if count_star countif covar_pop covar_samp entropy favg first fsum group_concat histogram "
    "histogram_exact kahan_sum kurtosis kurtosis_pop last list listagg mad max max_by mean median min min_by mode "
    "product quantile quantile_cont quantile_disc regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope "
    "regr_sxx regr_sxy regr_syy reservoir_quantile sem skewness stddev stddev_pop stddev_samp string_agg sum "
    "sum_no_overflow sumkahan var_pop var_samp variance ";

// Macros of DuckDB with aggregates in them.
constexpr std::string_view kAggregatingMacros =
    "geomean geometric_mean json_group_array json_group_object json_group_structure wavg weighted_avg ";

constexpr std::string_view kWindows =
    "cume_dist dense_rank fill first_value lag last_value lead nth_value ntile percent_rank rank rank_dense "
    "row_number ";

// In FROM.
constexpr std::string_view kTables = "generate_series json_each json_tree range repeat unnest ";

// Known, and not for users: they look at or change the server, its settings, its catalogue or its files; or they take
// raw states and types that crash when wrong (finalize, make_type); or they can be made to take all memory
// (bitstring_agg).
constexpr std::string_view kRefused =
    "aggregate bitstring_agg can_cast_implicitly cast_to_type col_description combine constant_or_null "
    "create_sort_key current_catalog current_connection_id current_database current_query current_query_id "
    "current_role current_schema current_schemas current_setting current_transaction_id current_user currval "
    "enum_first enum_last enum_range enum_range_boundary finalize format_pg_type format_type get_block_size get_type "
    "getenv getvariable icu_sort_key in_search_path is_histogram_other_bin json_deserialize_sql json_serialize_plan "
    "json_serialize_sql make_type map_to_pg_oid nextval obj_description parse_duckdb_log_message remap_struct "
    "replace_type session_user setseed shobj_description sleep_ms stats timetz_byte_comparable txid_current user "
    "vector_type version write_log ";

constexpr std::string_view kRefusedTables =
    "arrow_scan arrow_scan_dumb check_peg_parser checkpoint disable_logging disable_peg_parser disable_profiling "
    "enable_logging enable_peg_parser enable_profiling force_checkpoint glob histogram histogram_values "
    "icu_calendar_names json_execute_serialized_sql pg_timezone_names query query_table repeat_row seq_scan "
    "sniff_csv sql_auto_complete summary test_all_types test_vector_types truncate_duckdb_logs which_secret ";

// The same by the first letters of their names.
constexpr std::string_view kRefusedPrefixes =
    "__internal_ duckdb_ has_ icu_collate_ inet_ parquet_ pg_ pragma_ read_ st_ tailrace_ variant_ ";

void ForEachName(std::string_view names, const std::function<void(std::string_view)>& visit) {
  while (!names.empty()) {
    const size_t space = names.find(' ');
    visit(names.substr(0, space));
    names.remove_prefix(space + 1);
  }
}

using Kinds = std::map<std::string_view, FunctionKind>;
using Names = std::set<std::string_view>;

Kinds AllKinds() {
  Kinds kinds;
  auto add = [&](std::string_view names, FunctionKind kind) {
    ForEachName(names, [&](std::string_view name) { kinds.emplace(name, kind); });
  };
  add(kScalars, FunctionKind::kScalar);
  add(kVolatiles, FunctionKind::kVolatile);
  add(kNows, FunctionKind::kNow);
  add(kAggregates, FunctionKind::kAggregate);
  add(kAggregatingMacros, FunctionKind::kAggregatingMacro);
  add(kWindows, FunctionKind::kWindow);
  return kinds;
}

Names SetOf(std::string_view names) {
  Names set;
  ForEachName(names, [&](std::string_view name) { set.insert(name); });
  return set;
}

}  // namespace

std::optional<FunctionKind> KindOfFunction(std::string_view name) {
  static const Kinds kinds = AllKinds();
  const auto found = kinds.find(LowerCase(name));
  return found == kinds.end() ? std::nullopt : std::optional(found->second);
}

bool IsListedTableFunction(std::string_view name) {
  static const Names names = SetOf(kTables);
  return names.contains(LowerCase(name));
}

bool IsRefusedFunction(std::string_view name) {
  static const Names scalars = SetOf(kRefused);
  static const Names tables = SetOf(kRefusedTables);
  static const Names prefixes = SetOf(kRefusedPrefixes);
  const std::string lower = LowerCase(name);
  const bool by_prefix =
      std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) { return lower.starts_with(prefix); });
  return by_prefix || scalars.contains(lower) || tables.contains(lower);
}

}  // namespace tailrace::sql
