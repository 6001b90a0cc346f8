#include "sql/syntax.h"

#include <fmt/format.h>

#include <mutex>
#include <thread>

#include "base/check.h"
#include "sql/duckdb_internal.h"
#include "sql/syntax_tree.h"

namespace tailrace::sql {
namespace {

constexpr size_t kSqlBytesMax = size_t{256} << 10;
// Levels of JSON; a level of expression takes two or three. Walks of the tree recurse.
constexpr int kTreeDepthMax = 1000;

// An instance of its own that holds nothing and only parses.
class Parser {
 public:
  // On a thread of its own: at the end of the program what DuckDB keeps for the main thread is gone before static objects are,
  // and closing an instance there would use it.
  ~Parser() {
    std::thread([this] { Close(); }).join();
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // Runs one of DuckDB's two functions between text and tree.
  SqlResult<std::string> Call(duckdb_prepared_statement statement, std::string_view argument) {
    const std::lock_guard lock(mutex_);
    // A text that is no UTF-8 is not bound: without a word the one before would be parsed in its place.
    if (duckdb_bind_varchar_length(statement, 1, argument.data(), argument.size()) != DuckDBSuccess)
      return tl::unexpected<SqlError>(SqlError{"the SQL is not UTF-8", std::nullopt});
    ResultHandle result;
    if (duckdb_execute_prepared(statement, &result.value) != DuckDBSuccess)
      return tl::unexpected<SqlError>(SqlErrorOf(duckdb_result_error(&result.value)));
    TextHandle text(duckdb_value_varchar(&result.value, 0, 0));
    return std::string(text ? text.get() : "");
  }

  duckdb_prepared_statement to_tree() { return to_tree_.get(); }
  duckdb_prepared_statement to_text() { return to_text_.get(); }

  static Parser& Instance() {
    static Parser parser;
    return parser;
  }

 private:
  Parser() {
    DatabaseOptions options;
    options.path = ":memory:";
    options.threads = 1;
    database_ = Must(Database::Open(options));
    connection_ = Must(database_->Connect());
    to_tree_ = Must(Prepare(connection_->impl(), "SELECT json_serialize_sql($1::VARCHAR)"));
    to_text_ = Must(Prepare(connection_->impl(), "SELECT json_deserialize_sql($1::VARCHAR)"));
  }

  template <typename T>
  static T Must(Result<T> result) {
    TR_CHECK(result.has_value());
    return std::move(*result);
  }

  void Close() {
    to_text_.reset();
    to_tree_.reset();
    connection_.reset();
    database_.reset();
  }

  std::mutex mutex_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
  PreparedHandle to_tree_;
  PreparedHandle to_text_;
};

bool IsTooDeep(std::string_view json) {
  int depth = 0;
  bool in_text = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kTreeDepthMax) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

std::optional<size_t> PositionIn(const Json& error) {
  const std::string_view digits = TextAt(error, "position");
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos || digits.size() > 9)
    return std::nullopt;
  return static_cast<size_t>(std::stoul(std::string(digits)));
}

// The parser counts characters where everything else in DuckDB counts bytes.
size_t ByteOfCharacter(std::string_view text, size_t character) {
  size_t byte = 0;
  for (; byte < text.size(); ++byte) {
    const bool begins = (static_cast<unsigned char>(text[byte]) & 0xC0) != 0x80;
    if (begins && character-- == 0) break;
  }
  return byte;
}

SqlError ParseErrorOf(const Json& answer, std::string_view sql) {
  if (TextAt(answer, "error_type") == "not implemented")
    return {"expected one SELECT (and a PIVOT needs its values, listed with IN)", std::nullopt};
  std::optional<size_t> position = PositionIn(answer);
  if (position) position = ByteOfCharacter(sql, *position);
  return {std::string(TextAt(answer, "error_message")), position};
}

}  // namespace

SqlError SqlErrorOf(std::string_view message) {
  const size_t brace = message.find('{');
  const Json error = brace == std::string_view::npos ? Json() : Json::parse(message.substr(brace), nullptr, false);
  if (!error.is_object() || TextAt(error, "exception_message").empty()) return {std::string(message), std::nullopt};
  return {std::string(TextAt(error, "exception_message")), PositionIn(error)};
}

SqlResult<Json> ParseTree(std::string_view sql) {
  if (sql.size() > kSqlBytesMax)
    return Refuse(fmt::format("the SQL has {} bytes, more than {}", sql.size(), kSqlBytesMax));
  if (sql.find('\0') != std::string_view::npos) return Refuse("the SQL holds a NUL byte", sql.find('\0'));
  Parser& parser = Parser::Instance();
  TR_SQL_TRY(const std::string json, parser.Call(parser.to_tree(), sql));
  if (IsTooDeep(json)) return Refuse("the SQL is nested too deeply");
  Json tree = Json::parse(json, nullptr, false);
  if (!tree.is_object()) return Refuse("DuckDB's tree of this SQL cannot be read");
  if (tree.value("error", true)) return tl::unexpected<SqlError>(ParseErrorOf(tree, sql));
  if (tree["statements"].empty()) return Refuse("expected a SELECT, found nothing");
  if (tree["statements"].size() > 1)
    return Refuse(fmt::format("expected one SELECT, found {} statements", tree["statements"].size()));
  return tree;
}

SqlResult<std::string> TreeText(const Json& root) {
  Parser& parser = Parser::Instance();
  return parser.Call(parser.to_text(), root.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Select::Select(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
Select::Select(const Select& other) : tree_(std::make_unique<Tree>(*other.tree_)) {}
Select::Select(Select&&) noexcept = default;
Select& Select::operator=(const Select& other) {
  if (this != &other) tree_ = std::make_unique<Tree>(*other.tree_);
  return *this;
}
Select& Select::operator=(Select&&) noexcept = default;
Select::~Select() = default;

SqlResult<Select> Select::Parse(std::string_view sql) {
  TR_SQL_TRY(Json root, ParseTree(sql));
  return Select(std::make_unique<Tree>(Tree{std::move(root)}));
}

SqlResult<std::string> Select::Text() const { return TreeText(tree_->root); }

}  // namespace tailrace::sql
