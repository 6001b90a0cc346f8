#include "config/key_table.h"

#include <algorithm>

#include "config/key_table_builder.h"
#include "config/limit_keys.h"
#include "config/quantity.h"
#include "config/reject_limit.h"

namespace tailrace::config {
namespace {

bool IsPipelineName(std::string_view text) {
  if (text.empty() || text[0] == '-' || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '-' || IsIdentifier(std::string{'_', c}); });
}

bool IsAlias(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c == '-' || c == '.' || IsIdentifier(std::string{'_', c});
  });
}

}  // namespace

bool IsPointer(std::string_view text) {
  if (!text.empty() && text[0] != '/') return false;
  for (size_t i = text.find('~'); i != std::string_view::npos; i = text.find('~', i + 1)) {
    if (i + 1 >= text.size() || (text[i + 1] != '0' && text[i + 1] != '1')) return false;
  }
  return true;
}

const Shape* KeyTable::TypeShape() {
  Shape* type = New(ShapeKind::kOneOf);
  type->definition = "type";
  type->expects = "a type: int, double, decimal(12,2), bool, string, date, timestamp, json, [type] or {name: type}";
  Shape* list = List("a list of one type", type);
  list->count_min = list->count_max = 1;
  Shape* fields = Names("a mapping of names to types", type, false);
  fields->count_min = 1;
  type->alternatives = {Text("a type"), list, fields};
  return type;
}

const Shape* KeyTable::StreamShape() {
  Shape* schema = Names("a mapping of field names to types", TypeShape(), false);
  schema->count_min = 1;
  const Shape* unknown = OneWord({{"reject", "a record with an unknown field is refused"},
                                  {"drop", "unknown fields are left out"},
                                  {"keep", "unknown fields go to the JSON column _extra"}});
  Shape* rejects = Pattern("a limit such as `5% of 10m`, `100 of 1h` or 100", kRejectLimitPattern, IsRejectLimit);
  rejects->or_integer = true;
  const Shape* on_rejects = OneWord({{"alarm", "the server is not ready, and says why"},
                                     {"pause", "the stream's sources wait as well, and its doors answer 503"}});
  const Shape* alias = Pattern("a name of letters, digits, _, . and -", "^[A-Za-z0-9_.-]+$", IsAlias);
  return Object(
      "a stream: a mapping with schema",
      {
          {"schema", schema, "fields and their types", true},
          {"key", name_, "the field that keeps records in order and picks their partition"},
          {"partitions", Integer(1, kPartitionsMax), "how many logs the stream is spread over", false, "1"},
          {"aliases", List("a list of names", alias), "other names at the doors; dots and hyphens are allowed"},
          {"unknown_fields", unknown, "what happens to a record with a field that the schema lacks", false, "reject"},
          {"store", bool_, "keep the records as rows, so that SQL can read the stream", false, "true"},
          {"quarantine", bool_, "keep what the HTTP doors refuse in the dead letters", false, "true"},
          {"max_rejects", rejects, "dead letters beyond which the stream is not healthy: a share or a count of a time, or a count of open ones"},
          {"on_rejects", on_rejects, "what happens beyond max_rejects", false, "alarm"},
          {"retention", duration_, "how long the log keeps records; the lake must keep them raw, and then keeps them for good"},
      });
}


const Shape* KeyTable::TableShape() {
  return Object("a table: a mapping with sql",
                {
                    {"sql", sql_, "a SELECT over one stream, kept up to date as records come", true},
                    {"unique", names_, "columns; the last record for each of their values wins"},
                });
}

const Shape* KeyTable::ViewShape() {
  return Object("a view: a mapping with sql", {{"sql", sql_, "a SELECT over streams, tables and views", true}});
}

const Shape* KeyTable::CollectionShape() {
  const Shape* merge = OneWord({{"replace", "the new document is the document"},
                                {"attributes", "top-level attributes are replaced whole"},
                                {"deep", "objects are merged at every level; null is a value"},
                                {"patch", "RFC 7396: null removes"}});
  return Object("a collection: a mapping with sql",
                {
                    {"sql", sql_, "a SELECT with columns key and document, and those to index", true},
                    {"merge", merge, "how a document meets the one that is there", false, "replace"},
                    {"index", names_, "further columns of the SELECT by which documents are found"},
                });
}

const Shape* KeyTable::ApiShape() {
  const Shape* shape = OneWord({{"many", "{\"data\": [...]}"}, {"one", "the only row as an object, or 404"}});
  Shape* params = Names("a mapping of names to types, such as {limit: int = 10 max 100}",
                        Text("a type, such as int = 10 max 100"), true);
  params->nullable = true;
  Shape* api = Object(
      "an api: {}, or a mapping with sql or document",
      {
          {"sql", sql_, "a SELECT; $name is a parameter. Without it, all rows of the relation of the same name"},
          {"params", params, "TYPE [= DEFAULT] [min N] [max N]; one without a default must be given; with `?` it need not be, and an empty value is NULL"},
          {"shape", shape, "what the answer looks like", false, "many"},
          {"route", Text("a method and a path, such as GET /orders"), "method and path", false, "GET /api/NAME"},
          {"document", name_, "a collection: the answer is one of its documents"},
          {"key", name_, "the parameter that holds the document's key; may be left out when there is one parameter"},
      });
  api->nullable = true;
  return api;
}

const Shape* KeyTable::ExpectShape() {
  const Shape* api =
      Object("a mapping with get and rows",
             {
                 {"get", Text("the name of an api, with ?parameters"),
                  "an api and its parameters, as in top_products?limit=1", true},
                 {"rows", rows_, "the rows of its answer, in any order; a row may name some columns only", true},
             });
  const Shape* tile =
      Object("a mapping with get and rows",
             {
                 {"get", Text("DASHBOARD/TILE, with ?parameters"), "the dashboard, the tile's name and parameters, as in sales/1?country=France", true},
                 {"rows", rows_, "the rows of its answer, in any order; a row may name some columns only", true},
             });
  const Shape* document =
      Object("a mapping with get and has",
             {
                 {"get", Text("COLLECTION/KEY"), "the collection and the key, as in invoices/536365", true},
                 {"has", row_, "attributes that the document has", true},
             });
  Shape* expect =
      Object("a mapping of relations to rows",
             {
                 {"apis", List("a list of {get, rows}", api), "answers of apis"},
                 {"dashboards", List("a list of {get, rows}", tile), "what tiles of dashboards show"},
             {"documents", List("a list of {get, has}", document), "documents"},
                 {"dead_letters", Names("a mapping of streams to rows", rows_, true), "what the streams refused"},
                 {"alerts", Names("a mapping of alerts to states", OneWord({{"ok", "it has no rows"}, {"pending", "not yet for long enough"}, {"firing", "it fires"}}), true), "states of alerts"},
             });
  expect->others = rows_;
  return expect;
}

const Shape* KeyTable::TestAnswerShape() {
  return Object("a mapping with body, json or file",
                {
                    {"status", Integer(100, 599), "the status", false, "200"},
                    {"headers", Names("a mapping of names to texts", text_, false), "headers"},
                    {"body", text_, "the body, as it is"},
                    {"json", any_, "the body, written as JSON"},
                    {"file", path_, "the body is this file, relative to the pipeline file"},
                    {"line", Integer(1, INT64_MAX), "or this line of it"},
                });
}

const Shape* KeyTable::TestShape() {
  const Shape* file =
      Object("a mapping with file", {
                                        {"file", path_, "relative to the pipeline file", true},
                                        {"format", format_, "how the file is written; by default told by its ending"},
                                        {"encoding", encoding_, "of csv, json and jsonl", false, "utf-8"},
                                    });
  const Shape* given = OneOf("a list of rows, or {file: PATH}", {rows_, file});
  const Shape* request = Object(
      "a mapping with send", {
                                 {"send", Text("a method and a path, such as POST /orders"), "method and path", true},
                                 {"body", any_, "a mapping or a list is sent as JSON, a text as it is"},
                                 {"status", Integer(100, 599), "the status that is expected", false, "200"},
                             });
  return Object("a test: a mapping with name",
                {
                    {"name", text_, "what the test claims", true},
                    {"at", Text("a time such as 2017-03-03T05:59:00Z"), "the clock, as RFC 3339"},
                    {"defaults", Names("a mapping of streams to a row", row_, true),
                     "fields that given rows have unless they say otherwise"},
                    {"given", Names("a mapping of streams to rows", given, true), "records that come in, by stream"},
                    {"requests", List("a list of requests", request), "HTTP requests, sent after the given rows"},
                    {"crash_after", Integer(0, kCrashAfterMax), "stop as by kill -9 after so many commits, then go on",
                     false, "0"},
                    {"expect", ExpectShape(), "what must then be there: rows by relation, and the sections below"},
                    {"answers", Names("a mapping of poll sources to answers", List("a list of answers", TestAnswerShape()), true),
                     "what polls get, one for each request; nothing leaves the machine"},
                    {"until", Text("a time such as 2017-03-03T07:00:00Z"),
                     "how far the clock goes, through all due times; without it a poll with answers asks once, at `at`"},
                });
}

const Shape* KeyTable::LakeShape() {
  const Shape* raw = OneWord({{"jsonl.zst", "lines of JSON, packed with Zstandard"}});
  const Shape* stream = Object("a mapping with raw",
                               {
                                   {"raw", raw, "how the records are kept, as they came", true},
                                   {"roll_size", size_, "of the records in a file, before they are packed, from 64KiB to 512MiB", false, "64MiB"},
                                   {"roll_after", duration_, "how long a record may wait for its file, from 1s to 24h", false, "10m"},
                               });
  const Shape* format = OneWord({{"delta", "Parquet files with a Delta Lake log"}});
  const Shape* table = Object("a mapping with format",
                              {
                                  {"format", format, "how the table is kept", true},
                                  {"partition_by", names_, "columns; each of their values has a folder of its own"},
                                  {"commit_after", duration_, "how long a row may wait for its commit, from 1s to 24h", false, "1m"},
                                  {"commit_size", size_, "of rows that are not waited with any longer, from 1MiB to 4GiB", false, "128MiB"},
                              });
  Shape* lake = Object("a mapping", {
                                        {"streams", Section("a mapping of streams to {raw: jsonl.zst}", stream), "streams whose records are kept for good"},
                                        {"tables", Section("a mapping of tables to {format: delta}", table), "tables that other programs read in files"},
                                    });
  lake->nullable = true;
  return lake;
}

const Shape* KeyTable::LimitsShape() {
  std::vector<Key> keys;
  for (const LimitKey& limit : LimitKeys()) {
    const Shape* shape = limit.unit == LimitUnit::kCount          ? Integer(limit.min, limit.max)
                         : limit.unit == LimitUnit::kMilliseconds ? duration_
                                                                  : size_;
    const std::string& text = texts_.emplace_back(LimitText(limit.unit, limit.default_value));
    keys.push_back({limit.name, shape, limit.help, false, limit.default_value == 0 ? std::string_view() : text});
  }
  Shape* limits = Object("a mapping of limits to values", std::move(keys));
  limits->nullable = true;
  return limits;
}

const Shape* KeyTable::JwtShape() {
  const Shape* algorithm = OneWord({{"RS256", "RSA, PKCS #1 v1.5, SHA-256"}, {"ES256", "ECDSA, P-256, SHA-256"}, {"EdDSA", "Ed25519"}});
  Shape* algorithms = List("a list of algorithms", algorithm);
  algorithms->count_min = 1;
  Shape* audiences = List("a list of texts", text_);
  audiences->count_min = 1;
  return Object("a mapping with issuer, audience, algorithms and jwks",
                {
                    {"issuer", text_, "what `iss` of a token must be", true},
                    {"audience", OneOf("a text or a list of texts", {text_, audiences}), "what `aud` must be, or hold one of", true},
                    {"algorithms", algorithms, "those that are taken, whatever a token says", true},
                    {"jwks", Text("a path or an address"), "the public keys: a file, or where to get them", true},
                    {"roles", text_, "the claim that holds roles: ingest, read, admin", false, "tailrace_roles"},
                    {"limits", text_, "the claim that holds what each token is limited to, such as stream:sales; by default they are not"},
                    {"leeway", duration_, "how much clocks may differ, at most 5m", false, "30s"},
                });
}

const Shape* KeyTable::ServerShape() {
  const Shape* auth =
      OneWord({{"none", "whoever reaches the address may read and write"}, {"keys", "nobody comes in without a key, from this machine neither"}});
  const Shape* client = Object("a mapping with cert and key",
                               {
                                   {"cert", path_, "PEM: their certificate, those between it and its authority behind it", true},
                                   {"key", path_, "PEM: its private key, without a password", true},
                               });
  const Shape* tls = Object("a mapping with cert and key",
                            {
                                {"cert", path_, "PEM: the certificate, those between it and its authority behind it; read again when it changes", true},
                                {"key", path_, "PEM: its private key, without a password", true},
                                {"client_ca", path_, "PEM: clients must show a certificate of one of these authorities"},
                                {"client", client, "what tailrace's own commands show, where client_ca asks for it"},
                            });
  const Shape* cors = Object("a mapping with origins",
                             {
                                 {"origins", List("a list of origins", text_), "such as https://app.example.org; \"*\" for all", true},
                                 {"max_age", duration_, "how long a browser may remember the answer, at most 24h", false, "10m"},
                             });
  Shape* server =
      Object("a mapping", {
                              {"listen", Text("an address such as 127.0.0.1:7070"),
                               "address and port; port 0 takes a free one", false, "127.0.0.1:7070"},
                              {"data", path_, "the data folder, relative to the pipeline file", false, ".tailrace"},
                              {"commands", bool_, "jobs may run programs, with the rights of the server", false, "false"},
                              {"auth", auth, "who must show a key; unless it is said, everyone, once there is one"},
                              {"memory", size_, "what the process may use; by default a third of the machine"},
                              {"limits", LimitsShape(), "see docs/limits.md"},
                              {"jwt", JwtShape(), "tokens that others sign are taken too, and nobody comes in without one or a key"},
                              {"tls", tls, "certificates; plain HTTP without"},
                              {"cors", cors, "pages of other sites that may use the server; none without"},
                          });
  server->nullable = true;
  return server;
}

KeyTable::KeyTable() {
  format_ = OneWord({{"csv", "RFC 4180 with a header"},
                     {"json", "an array of objects"},
                     {"jsonl", "an object a line"},
                     {"parquet", "Parquet"},
                     {"delta", "the folder of a Delta Lake table"}});
  encoding_ = OneWord({{"utf-8", "UTF-8"}, {"latin-1", "ISO 8859-1"}});
  Shape* row = Names("a row: a mapping of columns to values", any_, false);
  row_ = row;
  Shape* rows = List("a list of rows", row_);
  rows->nullable = true;
  rows_ = rows;
  Shape* backends = Object("a mapping", {});
  backends->others_later = true;
  backends->nullable = true;
  Shape* tests = List("a list of tests", TestShape());
  tests->nullable = true;
  const Shape* pipeline_name =
      Pattern("a name of letters, digits, _ and -, not beginning with a digit", "^[A-Za-z_][A-Za-z0-9_-]*$", IsPipelineName);
  root_ = Object(
      "a pipeline file: a mapping with pipeline and streams",
      {
          {"pipeline", pipeline_name, "its name", true},
          {"description", text_, "what it is for"},
          {"streams", Section("a mapping of names to streams", StreamShape()), "durable logs of records with a schema",
           true},
          {"sources", Section("a mapping of names to sources", SourceShape()),
           "where records come from, beside POST /streams/NAME"},
          {"tables", Section("a mapping of names to tables", TableShape()), "SQL kept up to date as records come"},
          {"views", Section("a mapping of names to views", ViewShape()), "SQL that runs when it is read"},
          {"collections", Section("a mapping of names to collections", CollectionShape()), "JSON documents by key"},
          {"apis", Section("a mapping of names to apis", ApiShape()), "named queries over HTTP"},
          {"dashboards", Section("a mapping of names to dashboards", DashboardShape()), "pages of charts over streams, tables and views"},
          {"tests", tests, "what `tailrace test` checks"},
          {"server", ServerShape(), "address and data folder"},
          {"backends", backends, "real engines in place of the embedded ones; {} in this version"},
          {"lake", LakeShape(), "what is kept in files for good"},
          {"jobs", Section("a mapping of names to jobs", JobShape()), "what is done at certain times"},
          {"notify", Section("a mapping of names to notifiers", NotifierShape()), "who hears of failures and alerts, and how"},
          {"alerts", Section("a mapping of names to alerts", AlertShape()), "SQL that must stay empty"},
      });
}

const Shape& PipelineShape() {
  static const KeyTable table;
  return table.root();
}

}  // namespace tailrace::config
