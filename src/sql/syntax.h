// SQL as a syntax tree (DuckDB's own, as JSON): what it reads, whether it is one SELECT, and the tree back as text.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace tailrace::sql {

// What is wrong with a text of SQL, and where in it (byte offset) if that is known.
struct SqlError {
  std::string message;
  std::optional<size_t> position;
};

template <typename T>
using SqlResult = tl::expected<T, SqlError>;

struct RelationRef {
  std::string name;
  size_t position = 0;
};

// One parsed SELECT. Values: copyable, no connection. Threads: as any value.
class Select {
 public:
  // Exactly one SELECT statement; anything else is an error that says so.
  static SqlResult<Select> Parse(std::string_view sql);

  Select(const Select&);
  Select(Select&&) noexcept;
  Select& operator=(const Select&);
  Select& operator=(Select&&) noexcept;
  ~Select();

  // Relations that are read and are not CTEs in scope, each once, in the order of the text.
  std::vector<RelationRef> Relations() const;

  // Whether it takes rows whole (`*`, COLUMNS, a table's name as a value), so that every column counts.
  bool ReadsWholeRows() const;

  // The same with each relation named in `views` replaced by that view's SELECT (as a subquery under the same alias),
  // at any depth.
  SqlResult<Select> WithViewsInlined(const std::map<std::string, std::string>& views) const;

  // The same with calls of now(), current_timestamp, current_date, today() and the like replaced by constants of this
  // time.
  SqlResult<Select> WithNow(int64_t now_micros) const;

  // The same with each $name replaced by an expression, by name in lower case: text that we have written. A name that is
  // not among them is an error.
  SqlResult<Select> WithParameters(const std::map<std::string, std::string>& expressions) const;

  SqlResult<std::string> Text() const;

  struct Tree;
  const Tree& tree() const { return *tree_; }

 private:
  explicit Select(std::unique_ptr<Tree> tree);
  std::unique_ptr<Tree> tree_;
};

}  // namespace tailrace::sql
