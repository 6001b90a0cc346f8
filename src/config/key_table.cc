#include "config/key_table.h"

#include <algorithm>
#include <deque>

#include "config/database_address.h"
#include "config/limit_keys.h"
#include "config/quantity.h"
#include "config/reject_limit.h"
#include "schedule/catch_up.h"

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

bool IsPointer(std::string_view text) {
  if (!text.empty() && text[0] != '/') return false;
  for (size_t i = text.find('~'); i != std::string_view::npos; i = text.find('~', i + 1)) {
    if (i + 1 >= text.size() || (text[i + 1] != '0' && text[i + 1] != '1')) return false;
  }
  return true;
}

// Builds the shapes bottom up; they point at each other, so they stay where they are.
class Table {
 public:
  Table();
  const Shape& root() const { return *root_; }

 private:
  Shape* New(ShapeKind kind) {
    Shape& shape = shapes_.emplace_back();
    shape.kind = kind;
    return &shape;
  }
  const Shape* Text(std::string_view expects = "a text") {
    Shape* shape = New(ShapeKind::kText);
    shape->expects = expects;
    return shape;
  }
  Shape* Pattern(std::string_view expects, std::string_view pattern, bool (*accepts)(std::string_view)) {
    Shape* shape = New(ShapeKind::kText);
    shape->expects = expects;
    shape->pattern = pattern;
    shape->accepts = accepts;
    return shape;
  }
  const Shape* Integer(int64_t min, int64_t max) {
    Shape* shape = New(ShapeKind::kInteger);
    shape->min = min;
    shape->max = max;
    return shape;
  }
  Shape* OneWord(std::vector<Choice> choices) {
    Shape* shape = New(ShapeKind::kChoice);
    shape->choices = std::move(choices);
    return shape;
  }
  Shape* Object(std::string_view expects, std::vector<Key> keys) {
    Shape* shape = New(ShapeKind::kObject);
    shape->expects = expects;
    shape->keys = std::move(keys);
    return shape;
  }
  Shape* Names(std::string_view expects, const Shape* element, bool identifiers) {
    Shape* shape = New(ShapeKind::kNames);
    shape->expects = expects;
    shape->element = element;
    shape->names_are_identifiers = identifiers;
    return shape;
  }
  Shape* List(std::string_view expects, const Shape* element) {
    Shape* shape = New(ShapeKind::kList);
    shape->expects = expects;
    shape->element = element;
    return shape;
  }
  const Shape* OneOf(std::string_view expects, std::vector<const Shape*> alternatives) {
    Shape* shape = New(ShapeKind::kOneOf);
    shape->expects = expects;
    shape->alternatives = std::move(alternatives);
    return shape;
  }
  // A section of the file: names of the user's own; may be left empty.
  const Shape* Section(std::string_view expects, const Shape* element) {
    Shape* shape = Names(expects, element, true);
    shape->nullable = true;
    return shape;
  }

  const Shape* TypeShape();
  const Shape* StreamShape();
  const Shape* IntoShape();
  const Shape* FileSourceShape();
  const Shape* HttpSourceShape();
  const Shape* GenerateSourceShape();
  const Shape* CatchUpShape();
  const Shape* PollSourceShape();
  const Shape* TestAnswerShape();
  const Shape* DatabaseSourceShape(std::string_view address);
  const Shape* SourceShape();
  const Shape* TableShape();
  const Shape* ViewShape();
  const Shape* CollectionShape();
  const Shape* ApiShape();
  const Shape* ExpectShape();
  const Shape* TestShape();
  const Shape* LakeShape();
  const Shape* LimitsShape();
  const Shape* JwtShape();
  const Shape* ServerShape();

  std::deque<Shape> shapes_;
  std::deque<std::string> texts_;  // that shapes refer to
  const Shape* any_ = New(ShapeKind::kAny);
  const Shape* text_ = Text();
  const Shape* bool_ = New(ShapeKind::kBool);
  const Shape* name_ = Pattern("a name", kIdentifierPattern, IsIdentifier);
  const Shape* sql_ = Text("SQL");
  const Shape* path_ = Text("a path");
  const Shape* size_ = Pattern("a size such as 64MiB or 8GB", kSizePattern, IsSize);
  const Shape* duration_ = Pattern("a duration such as 30s or 24h", kDurationPattern, IsDuration);
  const Shape* pause_ = Pattern("a duration or a range of them such as 0..2s", kPausePattern, IsPause);
  const Shape* names_ = List("a list of names", name_);
  const Shape* pointer_ = Pattern("a JSON pointer such as /a/b", "^(/([^~]|~[01])*)?$", IsPointer);
  const Shape* format_ = nullptr;
  const Shape* encoding_ = nullptr;
  const Shape* row_ = nullptr;
  const Shape* rows_ = nullptr;
  const Shape* root_ = nullptr;
};

const Shape* Table::TypeShape() {
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

const Shape* Table::StreamShape() {
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

const Shape* Table::IntoShape() {
  Shape* parts = Names("a mapping of streams to JSON pointers", pointer_, true);
  parts->count_min = 1;
  return OneOf("a stream, or a mapping of streams to JSON pointers", {Text("a stream"), parts});
}

const Shape* Table::FileSourceShape() {
  return Object("", {
                        {"path", path_, "a file or a glob, relative to the pipeline file; ** is any number of folders", true},
                        {"format", format_, "how the file is written; by default told by its ending"},
                        {"encoding", encoding_, "of csv, json and jsonl", false, "utf-8"},
                        {"records", pointer_, "of json and jsonl: where the records are in a document, /trips/*; default: it is one"},
                        {"partitions", bool_, "folders NAME=VALUE of the path are fields", false, "false"},
                        {"watch", bool_, "go on reading files that grow or appear", false, "false"},
                    });
}

const Shape* Table::HttpSourceShape() {
  const Shape* route = Text("a method and a path, such as POST /orders");
  const Shape* formats = Names("a mapping of fields to strftime formats", text_, false);
  const Shape* echo =
      Object("a mapping with echo", {
                                        {"echo", text_, "the field of the reply that holds the accepted record; without it the reply is the record itself"},
                                        {"format", formats, "how dates and times of the record are written"},
                                    });
  const Shape* word = OneWord({{"offsets", "where the records are in the log"}, {"echo", "the body as it came"}});
  const Shape* fault = Object(
      "a mapping with at", {
                               {"at", pointer_, "the JSON pointer of a faulty value", true},
                               {"status", Integer(400, 599), "the status of the reply", false, "422"},
                               {"reply", word, "the body of the reply; offsets means our own error", false, "offsets"},
                           });
  return Object("", {
                        {"route", route, "method and path of the door", true},
                        {"status", Integer(200, 299), "the status of a reply to an accepted record", false, "200"},
                        {"reply", OneOf("offsets, echo, or {echo: FIELD, format: {...}}", {word, echo}),
                         "the body of that reply", false, "offsets"},
                        {"faults", List("a list of faults", fault),
                         "replies to faulty records; the first whose `at` holds the fault counts"},
                    });
}

const Shape* Table::GenerateSourceShape() {
  Shape* rate = New(ShapeKind::kNumber);
  rate->min = 0;
  return Object("", {
                        {"sql", sql_, "a SELECT over the row number i, from 0", true},
                        {"rows", Integer(0, kGenerateRowsMax), "how many; 0 is without end", false, "0"},
                        {"rate", rate, "rows a second; 0 is as fast as they are taken", false, "0"},
                        {"pause", pause_, "a wait before each row, by chance from a range: 0..2s; instead of rate"},
                        {"seed", Integer(0, kSeedMax), "other pauses", false, "0"},
                    });
}

const Shape* Table::CatchUpShape() {
  const Shape* word = OneWord({{"none", "what was missed stays missed"},
                               {"last", "the newest is made up for"},
                               {"all", "each of the newest hundred, the oldest first"}});
  const Shape* all = Object("a mapping with all", {{"all", Integer(1, static_cast<int64_t>(schedule::kCatchUpMax)), "how many of the newest", true}});
  return OneOf("none, last, all or {all: N}", {word, all});
}

const Shape* Table::PollSourceShape() {
  const Shape* values = Names("a mapping of names to values", text_, true);
  Shape* each = List("a list of mappings", values);
  each->count_max = kPollEachMax;
  const Shape* texts = Names("a mapping of names to texts", text_, false);
  const Shape* oauth2 = Object("a mapping with token_url, client_id and client_secret",
                               {
                                   {"token_url", text_, "where tokens are given", true},
                                   {"client_id", text_, "who asks", true},
                                   {"client_secret", text_, "its secret", true},
                                   {"scope", text_, "what for"},
                                   {"audience", text_, "for whom"},
                               });
  const Shape* auth = Object("a mapping with query, header, bearer, basic or oauth2",
                             {
                                 {"query", text_, "a parameter of the query, with value"},
                                 {"header", text_, "a header, with value"},
                                 {"value", text_, "the secret of query or header"},
                                 {"bearer", text_, "a token"},
                                 {"basic", text_, "a user, with password"},
                                 {"password", text_, "of basic"},
                                 {"oauth2", oauth2, "tokens by client credentials"},
                             });
  const Shape* by = OneWord({{"page", "a number of the query, counted up by one"},
                             {"offset", "a number of the query, counted up by the records read"},
                             {"cursor", "the answer holds what asks for the next page"},
                             {"link", "the answer's Link header calls it next"}});
  const Shape* pages = Object("a mapping with by",
                              {
                                  {"by", by, "how an answer leads to the next", true},
                                  {"param", text_, "the parameter of the query; without it a cursor is an address. By default page or offset"},
                                  {"first", Integer(0, INT64_MAX), "what asks for the first page; 1 with page, 0 with offset"},
                                  {"size", Integer(1, kPollPageSizeMax), "records of a full page; a shorter one is the last"},
                                  {"size_param", text_, "a parameter of the query that asks for that size"},
                                  {"cursor", pointer_, "where the answer holds the cursor"},
                                  {"max", Integer(1, kPollPagesMax), "pages of one request; more are a dead letter", false, "1000"},
                              });
  const Shape* methods = OneWord({{"GET", "ask"}, {"POST", "ask with a body"}, {"PUT", "PUT"}, {"PATCH", "PATCH"}});
  const Shape* fields = Names("a mapping of fields to JSON pointers", pointer_, false);
  const Shape* added = Names("a mapping of fields to values", any_, false);
  const Shape* body = OneOf("a mapping, a list or a text", {Names("a mapping", any_, false), List("a list", any_), text_});
  return Object("",
                {
                    {"every", duration_, "how often, in whole seconds; due times are multiples since 1970"},
                    {"cron", Text("a line such as 0 6 * * *"), "or when: minute, hour, day, month, day of the week"},
                    {"timezone", Text("a time zone such as Europe/London"), "of cron, and of times that are written with a format", false, "UTC"},
                    {"catch_up", CatchUpShape(), "what becomes of due times that passed while nothing ran", false, "last"},
                    {"each", each, "one request for each of these; {name} is filled in where texts are"},
                    {"method", methods, "GET, or POST when there is a body"},
                    {"url", Text("an address such as https://api.example.org/v1/items"), "whom to ask; {name} and {due:%Y-%m-%d} are filled in", true},
                    {"auth", auth, "how the request shows who asks"},
                    {"headers", texts, "further headers; {name} and {due} are filled in"},
                    {"query", texts, "parameters of the query; {name} and {due} are filled in"},
                    {"body", body, "a mapping or a list is sent as JSON; {name} and {due} are filled in"},
                    {"records", pointer_, "where the records of an answer are, as in /items/*; by default the answer is one"},
                    {"keep", fields, "fields of the answer that are put into each record"},
                    {"add", added, "values that are put into each record; {name} and {due} are filled in"},
                    {"pages", pages, "an answer may be the first of several"},
                    {"timeout", duration_, "of one try", false, "30s"},
                    {"tries", Integer(1, kPollTriesMax), "of one request, with growing delays", false, "4"},
                    {"answer_max", size_, "the longest answer", false, "16MiB"},
                    {"allow_private", bool_, "ask private and loopback addresses too", false, "false"},
                });
}

const Shape* Table::DatabaseSourceShape(std::string_view address) {
  const Shape* mode = OneWord({{"off", "no TLS"},
                               {"prefer", "TLS where the server offers it, without a look at its certificate"},
                               {"require", "TLS, without a look at its certificate"},
                               {"verify", "TLS, and a certificate of the host by an authority that is trusted"}});
  const Shape* tls = Object("a mapping with mode, ca, cert, key",
                            {
                                {"mode", mode, "as above", false, "verify"},
                                {"ca", path_, "the authorities that are trusted, PEM; by default those of the machine"},
                                {"cert", path_, "a certificate of our own, PEM"},
                                {"key", path_, "its key, PEM"},
                            });
  Shape* tables = Names("a mapping of names to tables", text_, true);
  tables->count_min = 1;
  const Shape* random = Object("a mapping with rows, pause, seed",
                               {
                                   {"rows", Integer(0, kGenerateRowsMax), "how many; 0 is without end", false, "0"},
                                   {"pause", pause_, "the wait before each, by chance from a range: 0..2s"},
                                   {"seed", Integer(0, kSeedMax), "other rows and other pauses", false, "0"},
                               });
  return Object(
      "",
      {
          {"url", Text(address), "where the database is", true},
          {"user", text_, "instead of the one in the address"},
          {"password", text_, "instead of the one in the address; best as ${NAME}"},
          {"tls", OneOf("off, prefer, require, verify or a mapping", {mode, tls}),
           "how the connection is protected; by default verify, and prefer on this machine"},
          {"table", text_, "the table whose rows are read, SCHEMA.TABLE where it needs one"},
          {"tables", tables, "with random: several tables, and the field of the record that each one's row becomes"},
          {"sql", sql_, "a SELECT for that database, instead of a table"},
          {"cursor", text_, "a column that grows: rows are read in its order, and only once"},
          {"every", duration_, "look for new rows so often; without it once"},
          {"settle", duration_, "how long a row may take to be seen after one with a greater cursor", false, "1s"},
          {"random", random, "rows by chance, the same row number of each table"},
      });
}

const Shape* Table::SourceShape() {
  const Shape* type = OneWord({
      {"file", "CSV, JSON, JSONL or Parquet files", Since::kNow, FileSourceShape()},
      {"http", "a door of its own beside POST /streams/NAME", Since::kNow, HttpSourceShape()},
      {"generate", "rows made by a SELECT", Since::kNow, GenerateSourceShape()},
      {"poll", "an HTTP API asked again and again", Since::kNow, PollSourceShape()},
      {"postgres", "rows of PostgreSQL", Since::kNow, DatabaseSourceShape("postgresql://USER@HOST:PORT/DATABASE")},
      {"mysql", "rows of MySQL or MariaDB", Since::kNow, DatabaseSourceShape("mysql://USER@HOST:PORT/DATABASE")},
  });
  Shape* source =
      Object("a source: a mapping with type and into",
             {
                 {"type", type, "what kind of source", true},
                 {"into", IntoShape(), "the stream; or for each stream the part of a record that goes there", true},
             });
  source->discriminator = "type";
  return source;
}

const Shape* Table::TableShape() {
  return Object("a table: a mapping with sql",
                {
                    {"sql", sql_, "a SELECT over one stream, kept up to date as records come", true},
                    {"unique", names_, "columns; the last record for each of their values wins"},
                });
}

const Shape* Table::ViewShape() {
  return Object("a view: a mapping with sql", {{"sql", sql_, "a SELECT over streams, tables and views", true}});
}

const Shape* Table::CollectionShape() {
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

const Shape* Table::ApiShape() {
  const Shape* shape = OneWord({{"many", "{\"data\": [...]}"}, {"one", "the only row as an object, or 404"}});
  Shape* params = Names("a mapping of names to types, such as {limit: int = 10 max 100}",
                        Text("a type, such as int = 10 max 100"), true);
  params->nullable = true;
  Shape* api = Object(
      "an api: {}, or a mapping with sql or document",
      {
          {"sql", sql_, "a SELECT; $name is a parameter. Without it, all rows of the relation of the same name"},
          {"params", params, "TYPE [= DEFAULT] [min N] [max N]; one without a default must be given"},
          {"shape", shape, "what the answer looks like", false, "many"},
          {"route", Text("a method and a path, such as GET /orders"), "method and path", false, "GET /api/NAME"},
          {"document", name_, "a collection: the answer is one of its documents"},
          {"key", name_, "the parameter that holds the document's key; may be left out when there is one parameter"},
      });
  api->nullable = true;
  return api;
}

const Shape* Table::ExpectShape() {
  const Shape* api =
      Object("a mapping with get and rows",
             {
                 {"get", Text("the name of an api, with ?parameters"),
                  "an api and its parameters, as in top_products?limit=1", true},
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
                 {"documents", List("a list of {get, has}", document), "documents"},
                 {"dead_letters", Names("a mapping of streams to rows", rows_, true), "what the streams refused"},
                 {"alerts", any_, "states of alerts", false, "", Since::kLater},
             });
  expect->others = rows_;
  return expect;
}

const Shape* Table::TestAnswerShape() {
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

const Shape* Table::TestShape() {
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

const Shape* Table::LakeShape() {
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

const Shape* Table::LimitsShape() {
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

const Shape* Table::JwtShape() {
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

const Shape* Table::ServerShape() {
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

Table::Table() {
  format_ = OneWord({{"csv", "RFC 4180 with a header"},
                     {"json", "an array of objects"},
                     {"jsonl", "an object a line"},
                     {"parquet", "Parquet"}});
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
      Pattern("a name of letters, digits, _ and -", "^[A-Za-z_][A-Za-z0-9_-]*$", IsPipelineName);
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
          {"tests", tests, "what `tailrace test` checks"},
          {"server", ServerShape(), "address and data folder"},
          {"backends", backends, "real engines in place of the embedded ones; {} in this version"},
          {"lake", LakeShape(), "what is kept in files for good"},
          {"jobs", any_, "schedules", false, "", Since::kLater},
          {"notify", any_, "e-mail and webhooks", false, "", Since::kLater},
          {"alerts", any_, "SQL that must stay empty", false, "", Since::kLater},
          {"dashboards", any_, "charts", false, "", Since::kLater},
      });
}

}  // namespace

const Shape& PipelineShape() {
  static const Table table;
  return table.root();
}

}  // namespace tailrace::config
