#include "sql/query_cursor.h"

#include <utility>

#include "sql/query_run.h"
#include "sql/value_text.h"

namespace tailrace::sql {

struct QueryCursor::Impl {
  std::unique_ptr<QueryRun> run;
  std::vector<std::unique_ptr<ValueText>> texts;

  size_t rows = 0;
  std::string buffer;                    // texts of the block, one behind the other
  std::vector<std::string_view> values;  // row by row, into `buffer`

  void ReadBlock(duckdb_data_chunk chunk);
};

void QueryCursor::Impl::ReadBlock(duckdb_data_chunk chunk) {
  rows = duckdb_data_chunk_get_size(chunk);
  buffer.clear();
  std::vector<size_t> ends;
  ends.reserve(rows * texts.size());
  for (size_t i = 0; i < texts.size(); ++i) texts[i]->Attach(duckdb_data_chunk_get_vector(chunk, i));
  for (size_t row = 0; row < rows; ++row) {
    for (const auto& text : texts) {
      text->AppendJson(row, &buffer);
      ends.push_back(buffer.size());
    }
  }
  values.clear();
  size_t begin = 0;
  for (size_t end : ends) {
    values.push_back(std::string_view(buffer).substr(begin, end - begin));
    begin = end;
  }
}

QueryCursor::QueryCursor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
QueryCursor::~QueryCursor() = default;

Result<std::unique_ptr<QueryCursor>> QueryCursor::Open(Connection& connection, std::string_view sql,
                                                       std::span<const BoundParameter> parameters,
                                                       std::stop_token stop, NonFinite non_finite) {
  auto impl = std::make_unique<Impl>();
  TR_TRY(impl->run, QueryRun::Start(connection, sql, parameters, std::move(stop)));
  for (const TypeHandle& type : impl->run->types()) {
    TR_TRY(std::unique_ptr<ValueText> text, MakeValueText(type.get(), non_finite));
    impl->texts.push_back(std::move(text));
  }
  return std::unique_ptr<QueryCursor>(new QueryCursor(std::move(impl)));
}

const std::vector<ResultColumn>& QueryCursor::columns() const { return impl_->run->columns(); }

Result<bool> QueryCursor::Next() {
  impl_->rows = 0;
  TR_TRY(const duckdb_data_chunk chunk, impl_->run->Next());
  if (chunk == nullptr) return false;
  impl_->ReadBlock(chunk);
  return true;
}

size_t QueryCursor::row_count() const { return impl_->rows; }

std::span<const std::string_view> QueryCursor::Row(size_t row) const {
  return std::span(impl_->values).subspan(row * columns().size(), columns().size());
}

std::optional<std::string> QueryCursor::Plain(size_t row, size_t column) const {
  if (impl_->texts[column]->IsNull(row)) return std::nullopt;
  std::string text;
  impl_->texts[column]->AppendPlain(row, &text);
  return text;
}

}  // namespace tailrace::sql
