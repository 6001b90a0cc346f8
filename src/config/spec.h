// The checked pipeline: what a pipeline file means, with every default filled in. Built by LoadPipeline.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/place.h"
#include "config/reject_limit.h"
#include "config/spec_dashboards.h"
#include "config/spec_database.h"
#include "config/spec_lake.h"
#include "config/spec_jobs.h"
#include "config/spec_poll.h"
#include "config/spec_query.h"
#include "config/spec_text.h"
#include "model/schema.h"

namespace tailrace::config {

// A JSON value as written in tests and samples, already in JSON text, with its place.
struct JsonText {
  std::string json;
  Place place;
};

struct StreamSpec {
  std::string name;
  Place place;
  std::vector<std::string> aliases;
  std::string key;  // empty: round robin
  int32_t partitions = 1;
  Schema schema;
  bool store = true;
  bool quarantine = true;  // what the HTTP doors refuse goes to the dead letters
  std::optional<RejectLimit> max_rejects;  // nullopt: any number of dead letters is well
  std::chrono::milliseconds retention{0};  // of its log, where the lake keeps all; 0: for good
};

struct Target {  // `into:`
  std::string stream;
  std::string pointer;  // JSON pointer to the part of each record; empty: the whole
};

enum class FileFormat { kCsv, kJson, kJsonl, kParquet };
enum class TextEncoding { kUtf8, kLatin1 };

struct FileSourceSpec {
  std::string path;  // absolute, a glob
  FileFormat format = FileFormat::kCsv;
  TextEncoding encoding = TextEncoding::kUtf8;
  bool watch = false;
  std::string records;      // json, jsonl: where the records are in a document, a JSON pointer with `*`; empty: it is one
  bool partitions = false;  // folders `name=value` of the path are fields
};

struct EchoReply {
  std::string field;
  std::map<std::string, std::string> formats;
};  // {echo: accepted, format: {date: "%d"}}; empty field: the body itself

struct HttpFault {
  std::string at;
  int status = 422;
  bool echo = false;
};

struct HttpSourceSpec {
  std::string method = "POST";
  std::string route;
  int status = 0;                 // 0: the default of the door
  std::optional<EchoReply> echo;  // nullopt: offsets
  std::vector<HttpFault> faults;
};

struct GenerateSourceSpec {
  std::string sql;   // a SELECT over the row number `i`
  int64_t rows = 0;  // 0: without end
  double rate = 0;   // rows per second; 0: as fast as they are taken
  PauseSpec pause;   // before each row, by chance; instead of a rate
  int64_t seed = 0;  // of the pauses
};

struct SourceSpec {
  std::string name;
  Place place;
  std::vector<Target> into;
  std::variant<FileSourceSpec, HttpSourceSpec, GenerateSourceSpec, PollSourceSpec, DatabaseSourceSpec> kind;
};

struct TableSpec {
  std::string name;
  Place place;
  SqlText sql;              // as written
  std::string stream;       // the one it reads
  std::string inlined_sql;  // views replaced by their text
  std::vector<std::string> unique;
  std::string fingerprint;  // its definition with the stream's schema: model/definition.h
};

struct ViewSpec {
  std::string name;
  Place place;
  SqlText sql;
  std::vector<std::string> reads;  // streams, tables and views, direct
};

enum class Merge { kReplace, kAttributes, kDeep, kPatch };

struct CollectionSpec {
  std::string name;
  Place place;
  SqlText sql;
  std::string stream;  // empty: over views and tables
  std::string inlined_sql;
  std::vector<std::string> reads;
  Merge merge = Merge::kReplace;
  std::vector<std::string> index;
  std::string fingerprint;
};

struct ApiSpec {
  std::string name;
  Place place;
  std::string method = "GET";
  std::string route;  // default /api/NAME
  std::vector<ParamSpec> params;
  SqlText sql;           // empty for a document api
  std::string document;  // collection
  std::string key_param;
  bool one = false;  // shape: one
};

struct TestRequest {
  std::string method;
  std::string path;
  std::optional<std::string> body;
  int status = 0;
  Place place;
};
struct TestRows {
  std::string relation;
  std::vector<JsonText> rows;
  Place place;
};
struct TestGet {
  std::string get;
  std::vector<JsonText> rows;
  std::optional<JsonText> has;
  Place place;
};
// What a tile of a dashboard shows.
struct TestTile {
  std::string dashboard;
  std::string tile;   // its name
  std::string query;  // behind the `?`: parameters
  std::vector<JsonText> rows;
  Place place;
};
struct TestFile {
  std::string path;
  FileFormat format = FileFormat::kCsv;
  TextEncoding encoding = TextEncoding::kUtf8;
};
struct TestGiven {
  std::string stream;
  std::vector<JsonText> rows;
  std::optional<TestFile> file;
};

// What one request of a poll is answered with.
struct TestAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string path;  // of a file that is the body instead; empty: none
  int64_t line = 0;  // of that file, from 1; 0: all of it
};
struct TestAnswers {
  std::string source;
  std::vector<TestAnswer> answers;
  Place place;
};

struct TestAlert {
  std::string name;
  std::string state;  // ok | pending | firing
  Place place;
};

struct TestSpec {
  std::string name;
  Place place;
  std::optional<int64_t> at_micros;
  std::vector<TestGiven> given;
  std::vector<TestRequest> requests;
  std::vector<TestAnswers> answers;
  std::optional<int64_t> until_micros;  // how far the clock goes; nullopt: it stands still
  int64_t crash_after = 0;  // commits; 0: never
  std::vector<TestRows> expect_rows;
  std::vector<TestGet> expect_apis;
  std::vector<TestTile> expect_tiles;
  std::vector<TestGet> expect_documents;
  std::vector<TestRows> expect_dead_letters;
  std::vector<TestAlert> expect_alerts;
};

// Tokens that others sign.
struct JwtSpec {
  std::string issuer;
  std::vector<std::string> audiences;
  std::vector<std::string> algorithms;  // RS256, ES256, EdDSA
  std::string jwks;                     // absolute path, or an address
  std::string roles_claim = "tailrace_roles";
  std::string limits_claim;             // empty: tokens are not limited
  std::chrono::milliseconds leeway{30'000};
};

// Absolute paths of PEM files.
struct TlsSpec {
  std::string cert;         // with those between it and its authority behind it
  std::string key;
  std::string client_ca;    // empty: clients show no certificate
  std::string client_cert;  // what our own commands show; empty: none
  std::string client_key;
};

// Pages of other sites that may use the server.
struct CorsSpec {
  std::vector<std::string> origins;  // "*": all
  std::chrono::milliseconds max_age{600'000};
};

struct ServerSpec {
  std::string host = "127.0.0.1";
  uint16_t port = 7070;
  std::string data;          // absolute
  int64_t memory_bytes = 0;  // what the process may use; 0: a third of the machine
  std::map<std::string, int64_t, std::less<>> limits;  // those that are written, by their names in LimitKeys()
  bool commands = false;  // jobs may run programs
  bool auth_none = false;
  bool auth_keys = false;  // nobody comes in without, on loopback neither
  std::optional<JwtSpec> jwt;
  std::optional<TlsSpec> tls;
  std::optional<CorsSpec> cors;
};

struct Pipeline {
  std::string name;
  std::string description;
  std::string path;  // of the file
  std::string folder;
  std::vector<StreamSpec> streams;
  std::vector<SourceSpec> sources;
  std::vector<TableSpec> tables;
  std::vector<ViewSpec> views;  // in an order in which each reads only earlier ones
  std::vector<CollectionSpec> collections;
  std::vector<ApiSpec> apis;
  std::vector<DashboardSpec> dashboards;
  LakeSpec lake;
  std::vector<JobSpec> jobs;
  std::vector<NotifierSpec> notifiers;
  std::vector<AlertSpec> alerts;
  std::vector<TestSpec> tests;
  ServerSpec server;
  // What a query over each relation, and each api with SQL, answers.
  std::map<std::string, std::vector<ColumnSpec>> relation_columns;
  std::map<std::string, std::vector<ColumnSpec>> api_columns;
};

}  // namespace tailrace::config
