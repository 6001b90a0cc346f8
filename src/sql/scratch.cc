#include "sql/scratch.h"

#include <fmt/format.h>

#include "sql/duckdb_internal.h"
#include "sql/job_statement.h"
#include "sql/syntax_tree.h"

namespace tailrace::sql {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

std::string CreateText(const std::string& quoted_name, const std::vector<ResultColumn>& columns) {
  std::string text = "CREATE TABLE " + quoted_name + " (";
  for (size_t i = 0; i < columns.size(); ++i) {
    // A column that is always null has no type of its own.
    const std::string type = columns[i].type == "\"NULL\"" ? "INTEGER" : columns[i].type;
    text += (i > 0 ? ", " : "") + QuoteIdentifier(columns[i].name) + " " + type;
  }
  return text + ")";
}

// A place in the text for a parameter that nobody declared: the tree has none.
std::optional<size_t> FindParameter(std::string_view sql, std::string_view name) {
  const size_t at = sql.find("$" + std::string(name));
  return at == std::string_view::npos ? std::nullopt : std::optional(at);
}

// A null of its type in place of each parameter.
SqlResult<void> FillIn(Json& node, const Parameters& parameters, std::string_view sql) {
  std::optional<SqlError> error;
  VisitObjects<Json>(node, [&](Json& object) {
    if (!IsClass(object, "PARAMETER") || error) return;
    const std::string name(TextAt(object, "identifier"));
    for (const auto& [known, type] : parameters) {
      if (!SameName(known, name)) continue;
      Json null = ExpressionOf("CAST(NULL AS " + type + ")");
      null["alias"] = TextAt(object, "alias");
      object = std::move(null);
      return;
    }
    error = SqlError{"there is no parameter $" + name, FindParameter(sql, name)};
  });
  if (error) return tl::unexpected<SqlError>(*error);
  return {};
}

SqlResult<std::vector<ResultColumn>> ColumnsOf(Connection& connection, std::string_view sql) {
  Result<PreparedHandle> statement = Prepare(connection.impl(), sql);
  if (!statement) return tl::unexpected<SqlError>(SqlErrorOf(statement.error().message()));
  std::vector<ResultColumn> columns;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(statement->get()); ++i) {
    TextHandle name(const_cast<char*>(duckdb_prepared_statement_column_name(statement->get(), i)));
    TypeHandle type(duckdb_prepared_statement_column_logical_type(statement->get(), i));
    columns.push_back({name ? name.get() : "", TypeName(type.get())});
  }
  return columns;
}

}  // namespace

struct Scratch::Impl {
  std::unique_ptr<Database> database;
  std::unique_ptr<Connection> connection;
};

Scratch::Scratch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Scratch::~Scratch() = default;

Result<std::unique_ptr<Scratch>> Scratch::Open() {
  DatabaseOptions options;
  options.path = ":memory:";
  options.threads = 1;
  options.lock = false;
  auto impl = std::make_unique<Impl>();
  TR_TRY(impl->database, Database::Open(options));
  TR_TRY(impl->connection, impl->database->Connect());
  TR_RETURN_IF_ERROR(impl->connection->Execute("SET errors_as_json = true"));
  TR_RETURN_IF_ERROR(LockDatabase(*impl->connection, {}));
  return std::unique_ptr<Scratch>(new Scratch(std::move(impl)));
}

std::string Scratch::BatchRelation(std::string_view stream) { return std::string(stream) + "#batch"; }

Connection& Scratch::connection() { return *impl_->connection; }

Status Scratch::AddStream(std::string_view name, const Schema& schema) {
  TR_RETURN_IF_ERROR(AddRelation(name, StreamColumns(schema, false)));
  return AddRelation(BatchRelation(name), StreamColumns(schema, true));
}

Status Scratch::AddRelation(std::string_view name, const std::vector<ResultColumn>& columns) {
  return impl_->connection->Execute(CreateText(QuoteIdentifier(name), columns));
}

Status Scratch::AddRelationIn(std::string_view schema, std::string_view name, const std::vector<ResultColumn>& columns) {
  TR_RETURN_IF_ERROR(impl_->connection->Execute("CREATE SCHEMA IF NOT EXISTS " + QuoteIdentifier(schema)));
  return impl_->connection->Execute(CreateText(QuoteIdentifier(schema) + "." + QuoteIdentifier(name), columns));
}

Status Scratch::AddJobsTable(std::string_view name, const std::vector<ResultColumn>& columns) {
  return impl_->connection->Execute(fmt::format("CREATE SCHEMA IF NOT EXISTS {}; DROP TABLE IF EXISTS {}; {}", kJobsSchema, JobsTable(name), CreateText(JobsTable(name), columns)));
}

SqlResult<void> Scratch::AddView(std::string_view name, std::string_view sql) {
  TR_SQL_TRY(const Select select, Select::Parse(sql));
  Status status = impl_->connection->Execute(fmt::format("CREATE VIEW {} AS {}", QuoteIdentifier(name), sql));
  if (status) return {};
  // The place in the text of the view, not in that of the CREATE around it.
  SqlResult<std::vector<ResultColumn>> columns = ColumnsOf(*impl_->connection, sql);
  return tl::unexpected<SqlError>(columns ? SqlErrorOf(status.error().message()) : columns.error());
}

SqlResult<std::vector<ResultColumn>> Scratch::Describe(std::string_view sql, const Parameters& parameters) {
  TR_SQL_TRY(const Select select, Select::Parse(sql));
  Json tree = select.tree().root;
  if (auto filled = FillIn(tree, parameters, sql); !filled) return tl::unexpected<SqlError>(filled.error());
  tree["statements"][0]["named_param_map"] = Json::array();
  TR_SQL_TRY(const std::string text, TreeText(tree));
  SqlResult<std::vector<ResultColumn>> columns = ColumnsOf(*impl_->connection, text);
  if (columns) {
    // The names that the text as written gives to expressions without one.
    if (parameters.empty()) return ColumnsOf(*impl_->connection, sql);
    return columns;
  }
  SqlResult<std::vector<ResultColumn>> as_written = ColumnsOf(*impl_->connection, sql);
  if (!as_written) return as_written;
  return Refuse(columns.error().message);
}

SqlResult<std::vector<ResultColumn>> Scratch::DescribeOverBatch(std::string_view sql, std::string_view stream) {
  SqlResult<std::vector<ResultColumn>> columns = Describe(sql);
  if (columns) return columns;
  TR_SQL_TRY(const Select select, Select::Parse(sql));
  Json tree = select.tree().root;
  VisitTables<Json>(tree, {}, [&](Json& table, const Scope& scope) {
    if (IsCte(table, scope) || !SameName(RelationName(table), stream)) return;
    if (TextAt(table, "alias").empty()) table["alias"] = TextAt(table, "table_name");
    table["table_name"] = BatchRelation(stream);
    table["schema_name"] = "";
  });
  TR_SQL_TRY(const std::string text, TreeText(tree));
  SqlResult<std::vector<ResultColumn>> over_batch = ColumnsOf(*impl_->connection, text);
  return over_batch ? over_batch : columns;
}

SqlResult<std::vector<ResultColumn>> Scratch::DescribeWith(
    const std::vector<std::pair<std::string, std::vector<ResultColumn>>>& relations, std::string_view sql) {
  auto internal = [](const Status& status) { return tl::unexpected<SqlError>(SqlErrorOf(status.error().message())); };
  if (Status begun = impl_->connection->Begin(); !begun) return internal(begun);
  for (const auto& [name, columns] : relations) {
    if (Status added = AddRelation(name, columns); !added) {
      impl_->connection->Rollback();
      return internal(added);
    }
  }
  SqlResult<std::vector<ResultColumn>> described = ColumnsOf(*impl_->connection, sql);
  impl_->connection->Rollback();
  return described;
}

}  // namespace tailrace::sql
