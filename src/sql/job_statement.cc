#include "sql/job_statement.h"

#include <fmt/format.h>

#include <cctype>

#include "sql/duckdb.h"
#include "sql/syntax_tree.h"

namespace tailrace::sql {
namespace {

constexpr std::string_view kExpected =
    "a job runs CREATE [OR REPLACE] TABLE name AS SELECT, INSERT INTO name SELECT, DELETE FROM name WHERE, or DROP TABLE name";

bool IsWordByte(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80; }

// Reads words and names from the front of a statement.
class Head {
 public:
  explicit Head(std::string_view text) : text_(text) { SkipBlanks(); }

  size_t at() const { return at_; }
  bool done() const { return at_ == text_.size(); }
  std::string_view rest() const { return text_.substr(at_); }

  bool Take(std::string_view word) {
    if (word.size() > rest().size() || !SameName(rest().substr(0, word.size()), word)) return false;
    if (rest().size() > word.size() && IsWordByte(rest()[word.size()])) return false;
    at_ += word.size();
    SkipBlanks();
    return true;
  }

  bool Take(std::string_view first, std::string_view second) {
    const size_t before = at_;
    if (Take(first) && Take(second)) return true;
    at_ = before;
    return false;
  }

  bool TakeSign(char sign) {
    if (done() || text_[at_] != sign) return false;
    ++at_;
    SkipBlanks();
    return true;
  }

  // A word, or a text in double quotes; empty when there is none.
  std::string TakeName() {
    std::string name;
    if (!done() && text_[at_] == '"') {
      for (++at_; at_ < text_.size(); ++at_) {
        if (text_[at_] == '"' && (at_ + 1 == text_.size() || text_[at_ + 1] != '"')) break;
        if (text_[at_] == '"') ++at_;
        name += text_[at_];
      }
      at_ = std::min(at_ + 1, text_.size());
    } else {
      while (!done() && IsWordByte(text_[at_])) name += text_[at_++];
    }
    SkipBlanks();
    return name;
  }

 private:
  void SkipBlanks() {
    while (!done()) {
      if (std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
        ++at_;
      } else if (rest().starts_with("--")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (rest().starts_with("/*")) {
        const size_t end = text_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        return;
      }
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

SqlResult<std::string> TakeTable(Head& head) {
  const size_t begin = head.at();
  std::string name = head.TakeName();
  if (head.TakeSign('.')) {
    if (!SameName(name, kJobsSchema)) return Refuse("a job writes to schema jobs alone, not to " + name, begin);
    name = head.TakeName();
  }
  if (name.empty()) return Refuse("the name of a table is missing", begin);
  if (head.TakeSign('.')) return Refuse("a job writes to schema jobs alone", begin);
  return name;
}

SqlResult<std::string> TakeColumns(Head& head) {
  std::string columns;
  do {
    const size_t begin = head.at();
    const std::string name = head.TakeName();
    if (name.empty()) return Refuse("the name of a column is missing", begin);
    columns += (columns.empty() ? "" : ", ") + QuoteIdentifier(name);
  } while (head.TakeSign(','));
  if (!head.TakeSign(')')) return Refuse("a closing parenthesis is missing", head.at());
  return " (" + columns + ")";
}

// Blanks stand for what is before it, so that places stay those of the whole.
SqlResult<Select> ParseFrom(std::string_view text, size_t position) {
  return Select::Parse(std::string(position, ' ').append(text.substr(position)));
}

}  // namespace

std::string JobsTable(std::string_view table) { return std::string(kJobsSchema) + "." + QuoteIdentifier(table); }

std::optional<std::string> JobsTableName(std::string_view relation) {
  const size_t dot = relation.find('.');
  if (dot == std::string_view::npos || !SameName(relation.substr(0, dot), kJobsSchema)) return std::nullopt;
  return std::string(relation.substr(dot + 1));
}

SqlResult<JobStatement> JobStatement::Parse(std::string_view sql) {
  Head head(sql);
  JobStatement parsed;
  const auto take_table = [&]() -> SqlResult<void> {
    parsed.table_position_ = head.at();
    TR_SQL_TRY(parsed.table_, TakeTable(head));
    return {};
  };
  const auto take_select = [&]() -> SqlResult<void> {
    TR_SQL_TRY(parsed.select_, ParseFrom(sql, head.at()));
    return {};
  };
  if (head.Take("CREATE")) {
    const bool replace = head.Take("OR", "REPLACE");
    if (!head.Take("TABLE")) return Refuse(std::string(kExpected), head.at());
    const bool if_missing = head.Take("IF", "NOT") && head.Take("EXISTS");
    if (auto taken = take_table(); !taken) return tl::unexpected<SqlError>(taken.error());
    if (!head.Take("AS")) return Refuse("AS SELECT is missing: a table takes its columns from a SELECT", head.at());
    parsed.before_ = fmt::format("CREATE {}TABLE {}{} AS ", replace ? "OR REPLACE " : "", if_missing ? "IF NOT EXISTS " : "", JobsTable(parsed.table_));
    if (auto taken = take_select(); !taken) return tl::unexpected<SqlError>(taken.error());
    return parsed;
  }
  if (head.Take("INSERT", "INTO")) {
    parsed.kind_ = JobStatementKind::kInsert;
    if (auto taken = take_table(); !taken) return tl::unexpected<SqlError>(taken.error());
    std::string columns;
    if (head.TakeSign('(')) {
      TR_SQL_TRY(columns, TakeColumns(head));
    }
    const bool by_name = head.Take("BY", "NAME");
    parsed.before_ = fmt::format("INSERT INTO {}{}{} ", JobsTable(parsed.table_), columns, by_name ? " BY NAME" : "");
    if (auto taken = take_select(); !taken) return tl::unexpected<SqlError>(taken.error());
    return parsed;
  }
  if (head.Take("DELETE", "FROM")) {
    parsed.kind_ = JobStatementKind::kDelete;
    if (auto taken = take_table(); !taken) return tl::unexpected<SqlError>(taken.error());
    const std::string find = fmt::format("SELECT rowid FROM {} ", JobsTable(parsed.table_));
    const size_t where = head.at();
    if (!head.done() && !head.TakeSign(';') && !head.Take("WHERE")) return Refuse("only WHERE may follow here", where);
    parsed.before_ = fmt::format("DELETE FROM {} WHERE rowid IN (", JobsTable(parsed.table_));
    parsed.after_ = ")";
    auto select = Select::Parse(find + std::string(sql.substr(where)));
    if (!select) return Refuse(select.error().message, where);
    parsed.select_ = std::move(*select);
    return parsed;
  }
  if (head.Take("DROP", "TABLE")) {
    parsed.kind_ = JobStatementKind::kDrop;
    const bool if_there = head.Take("IF", "EXISTS");
    if (auto taken = take_table(); !taken) return tl::unexpected<SqlError>(taken.error());
    head.TakeSign(';');
    if (!head.done()) return Refuse("nothing may follow the table's name", head.at());
    parsed.before_ = fmt::format("DROP TABLE {}{}", if_there ? "IF EXISTS " : "", JobsTable(parsed.table_));
    return parsed;
  }
  return Refuse(std::string(kExpected), head.at());
}

std::string JobStatement::Text(const std::string& select_text) const { return before_ + select_text + after_; }

}  // namespace tailrace::sql
