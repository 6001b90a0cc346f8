// The pass over all SQL of a file. Used by CheckSql alone.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "config/sql_check.h"
#include "config/sql_fault.h"
#include "config/system_relations.h"
#include "sql/scratch.h"
#include "sql/syntax.h"

namespace tailrace::config {

using Columns = std::vector<sql::ResultColumn>;

// What is known of a name that SQL may read.
struct Facts {
  bool sound = false;
  std::string stream;      // the only stream below it, when nothing else is
  size_t uses = 1;         // of views, when this one is read
  std::string definition;  // stays the same as long as it and all below it mean the same
  bool reads_system = false;  // it or something below it reads a relation of the system
};

// One SQL text with what it reads.
struct Query {
  std::string name;  // of the relation or api
  const SqlText* sql = nullptr;
  SqlPlace place;
  std::optional<sql::Select> select;
  std::vector<const Relation*> reads;
  std::vector<size_t> positions;  // of `reads` in the text
  std::vector<const SystemRelationSpec*> system_reads;
  bool reads_system = false;      // itself or through a view
  bool sound = false;             // parsed, and all it reads is sound
};

// Each relation is checked after what it reads; what is broken, or reads something broken, is left out in silence.
// Threads: one. Ownership: borrows `reading`.
class SqlCheck {
 public:
  SqlCheck(Reading& reading, std::unique_ptr<sql::Scratch> scratch, std::stop_token stop)
      : reading_(reading), scratch_(std::move(scratch)), stop_(std::move(stop)) {}
  SqlColumns Run();

 private:
  void AddStreams();
  void AddSystemRelations();
  void CheckRelation(std::string_view name);
  void CheckTable(TableSpec& table);
  void CheckView(ViewSpec& view);
  void CheckCollection(CollectionSpec& collection);
  void CheckApi(ApiSpec& api);
  struct JobQuery;
  void CheckJobs();  // and alerts
  bool CanCheck(const JobQuery& waiting) const;
  void CheckJobStatement(JobQuery& job);
  std::optional<Columns> CheckRowsQuery(const SqlText& sql, const std::string& name, const std::vector<std::pair<std::string, std::string>>& parameters);
  void CheckExport(const ExportStep& step, size_t part, const std::string& name);
  bool Knows(std::string_view relation) const;  // of schema jobs
  void CheckDashboard(DashboardSpec& dashboard);
  struct DashboardSql;
  bool CheckDashboardSql(const DashboardSpec& dashboard, const std::string& name, DashboardSql* sql);
  void WarnOfUnused(const DashboardSpec& dashboard);
  void CheckGenerate(const SourceSpec& source, const GenerateSourceSpec& generate);
  void CheckGeneratedFields(const StreamSpec& stream, const Columns& columns, const SqlPlace& place);

  Query Parse(const std::string& name, const SqlText& sql, SqlPlace place);
  bool Resolve(Query& query, RelationKind reader);
  bool ResolveSystem(Query& query, const sql::RelationRef& ref, RelationKind reader);
  bool RefuseSystem(const Query& query, std::string_view name, size_t position, RelationKind reader);
  bool RefuseRelation(Query& query, const Relation& relation, size_t position, RelationKind reader);
  bool PassesGate(const Query& query);
  // What DuckDB says of the query, and which columns the relations of the system have when it misses one.
  void TellOf(const Query& query, const sql::SqlError& error);
  static bool IsUnknownColumn(const sql::SqlError& error);
  std::vector<ColumnSpec> TellOfOtherColumns(const Query& query, std::string text, const std::vector<std::pair<std::string, std::string>>& parameters,
                                             sql::SqlError error);
  size_t UsesOf(const Query& query) const;
  std::string OnlyStream(const Query& query) const;
  std::string DefinitionOf(const Query& query) const;
  std::string DefinitionTextOf(const std::vector<std::string>& older, const std::vector<std::string>& query,
                               const std::string& inlined_sql, const std::string& stream) const;
  bool ReadsOneStream(const Query& query);
  std::optional<std::string> Inlined(const Query& query);
  bool CheckUnique(const TableSpec& table, const Columns& columns);
  bool CheckDocumentColumns(CollectionSpec& collection, const Query& query, const Columns& columns);
  bool IsRowByRow(const Query& query, const std::string& inlined);
  bool CheckParameters(const ApiSpec& api, const Query& query);
  void Settle(const std::string& name, Columns columns, Facts facts);
  const StreamSpec* Stream(std::string_view name) const;
  const Node* ListItem(std::string_view section, std::string_view name, std::string_view list,
                       const std::string& item) const;

  Reading& reading_;
  std::unique_ptr<sql::Scratch> scratch_;
  std::stop_token stop_;
  SqlColumns columns_;
  std::map<std::string, Facts> facts_;
  std::map<std::string, std::string> stream_views_;  // SELECTs of the views over one stream alone
  std::vector<std::string> open_;                    // what is being checked, outermost first
  std::set<std::string> done_;
  std::vector<std::string> view_order_;
  std::set<std::string> jobs_tables_;  // that jobs make; folded
  bool reads_jobs_ = false;            // what is checked now may read them
};

}  // namespace tailrace::config
