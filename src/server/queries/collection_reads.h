// GET /collections/{collection}/{key} and /collections/{collection}?field=value.
#pragma once

#include <string>
#include <string_view>

#include "server/queries/reader.h"

namespace tailrace::server {

// Threads: Get, Find and SendDocument on the loop of their exchange.
class CollectionReads {
 public:
  explicit CollectionReads(Reader& reader) : reader_(reader) {}

  void Get(const ExchangePtr& exchange);
  void Find(const ExchangePtr& exchange);

  // For apis that answer with a document.
  void SendDocument(const ExchangePtr& exchange, std::string_view collection, std::string key, std::optional<WaitFor> wait_for);

 private:
  const config::CollectionSpec* FindSpec(std::string_view name) const;
  Reply NoCollectionReply(std::string_view name) const;
  std::vector<AsOf> AsOfCollection(const config::CollectionSpec& spec);
  Result<DocumentQuery> ReadFilter(const config::CollectionSpec& spec, QueryArgs& args) const;
  Reply ReadDocument(const config::CollectionSpec& spec, const std::string& key);
  Reply ReadPage(const config::CollectionSpec& spec, const DocumentQuery& query);

  Reader& reader_;
};

}  // namespace tailrace::server
