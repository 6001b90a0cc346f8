#include "server/queries/collection_reads.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "server/http/json_out.h"
#include "server/http/named_things.h"
#include "server/queries/as_of.h"

namespace tailrace::server {

const config::CollectionSpec* CollectionReads::FindSpec(std::string_view name) const {
  for (const config::CollectionSpec& spec : reader_.services().pipeline.collections) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

Reply CollectionReads::NoCollectionReply(std::string_view name) const {
  std::vector<std::string_view> names;
  for (const config::CollectionSpec& spec : reader_.services().pipeline.collections) names.emplace_back(spec.name);
  return NoSuchReply("collection", name, names);
}

// Asked before the documents are read: they hold at least this.
std::vector<AsOf> CollectionReads::AsOfCollection(const config::CollectionSpec& spec) {
  if (spec.stream.empty()) return {};
  auto positions = reader_.services().documents.CollectionPositions(spec.name);
  if (!positions) return {};
  return {{spec.stream, std::move(*positions)}};
}

void CollectionReads::Get(const ExchangePtr& exchange) {
  const std::string name = exchange->request().PathParam(0);
  auto args = QueryArgs::Parse(exchange->request());
  if (!args) return exchange->Send(InvalidParameterReply(args.error()));
  auto wait_for = reader_.TakeWaitFor(*args, exchange->request().caller->grant);
  if (!wait_for) return exchange->Send(InvalidParameterReply(wait_for.error()));
  if (auto status = args->RefuseRest(); !status) return exchange->Send(InvalidParameterReply(status.error()));
  SendDocument(exchange, name, exchange->request().PathParam(1), std::move(*wait_for));
}

void CollectionReads::SendDocument(const ExchangePtr& exchange, std::string_view collection, std::string key,
                                   std::optional<WaitFor> wait_for) {
  const config::CollectionSpec* const spec = FindSpec(collection);
  if (spec == nullptr) return exchange->Send(NoCollectionReply(collection));
  reader_.Run(exchange, std::move(wait_for),
              [this, spec, key = std::move(key)](const std::stop_token&) { return ReadDocument(*spec, key); });
}

Reply CollectionReads::ReadDocument(const config::CollectionSpec& spec, const std::string& key) {
  const std::vector<AsOf> as_of = AsOfCollection(spec);
  auto document = reader_.services().documents.Get(spec.name, key);
  Reply reply;
  if (document) {
    reply.body = std::move(document->json);
  } else if (document.error().code() == ErrorCode::kNotFound) {
    reply = ErrorReply(404, "not_found", "collection " + spec.name + " has no document \"" + key + "\"");
  } else {
    reply = ErrorReply(document.error());
  }
  SetAsOf(reply, as_of);
  return reply;
}

void CollectionReads::Find(const ExchangePtr& exchange) {
  const std::string name = exchange->request().PathParam(0);
  const config::CollectionSpec* const spec = FindSpec(name);
  if (spec == nullptr) return exchange->Send(NoCollectionReply(name));
  std::optional<WaitFor> wait_for;
  const auto read_args = [&]() -> Result<DocumentQuery> {
    TR_TRY(QueryArgs args, QueryArgs::Parse(exchange->request()));
    TR_TRY(wait_for, reader_.TakeWaitFor(args, exchange->request().caller->grant));
    return ReadFilter(*spec, args);
  };
  auto query = read_args();
  if (!query) return exchange->Send(InvalidParameterReply(query.error()));
  reader_.Run(exchange, std::move(wait_for),
              [this, spec, query = std::move(*query)](const std::stop_token&) { return ReadPage(*spec, query); });
}

Result<DocumentQuery> CollectionReads::ReadFilter(const config::CollectionSpec& spec, QueryArgs& args) const {
  const Limits& limits = reader_.limits();
  DocumentQuery query;
  TR_TRY(const auto limit, args.TakeInt("limit", 1, static_cast<int64_t>(limits.documents_page_max)));
  query.limit = static_cast<size_t>(limit.value_or(static_cast<int64_t>(limits.documents_page_default)));
  query.after = args.Take("after").value_or("");
  if (args.rest().empty()) return query;
  if (args.rest().size() > 1) return Fail(Error::Invalid("documents can be looked up by one field at a time"));
  std::tie(query.field, query.value) = args.rest().front();
  if (std::find(spec.index.begin(), spec.index.end(), query.field) != spec.index.end()) return query;
  std::string indexed;
  for (const std::string& field : spec.index) indexed += (indexed.empty() ? "" : ", ") + field;
  return Fail(Error::Invalid("collection " + spec.name + " has no index on \"" + query.field + "\"; it has " +
                             (indexed.empty() ? "none" : indexed)));
}

Reply CollectionReads::ReadPage(const config::CollectionSpec& spec, const DocumentQuery& query) {
  const std::vector<AsOf> as_of = AsOfCollection(spec);
  const auto page = reader_.services().documents.Find(spec.name, query);
  if (!page) return ErrorReply(page.error());
  Reply reply;
  JsonWriter json(reply.body);
  json.BeginObject().Key("documents").BeginArray();
  for (const Document& document : page->documents) {
    json.BeginObject().Text("key", document.key).Raw("document", document.json).EndObject();
  }
  json.EndArray().Key("next");
  if (page->next.empty()) {
    json.Null();
  } else {
    json.Text(page->next);
  }
  json.EndObject();
  SetAsOf(reply, as_of);
  return reply;
}

}  // namespace tailrace::server
