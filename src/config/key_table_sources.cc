// The keys of sources.
#include "config/key_table.h"
#include "config/database_address.h"
#include "config/key_table_builder.h"
#include "schedule/catch_up.h"

namespace tailrace::config {

const Shape* KeyTable::IntoShape() {
  Shape* parts = Names("a mapping of streams to JSON pointers", pointer_, true);
  parts->count_min = 1;
  return OneOf("a stream, or a mapping of streams to JSON pointers", {Text("a stream"), parts});
}

const Shape* KeyTable::FileSourceShape() {
  return Object("", {
                        {"path", path_, "a file or a glob, relative to the pipeline file; ** is any number of folders", true},
                        {"format", format_, "how the file is written; by default told by its ending"},
                        {"encoding", encoding_, "of csv, json and jsonl", false, "utf-8"},
                        {"records", pointer_, "of json, jsonl and xml: where the records are in a document, /trips/*; default, but of xml: it is one"},
                        {"partitions", bool_, "folders NAME=VALUE of the path are fields", false, "false"},
                        {"watch", bool_, "go on reading files that grow or appear", false, "false"},
                    });
}

const Shape* KeyTable::HttpSourceShape() {
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

const Shape* KeyTable::GenerateSourceShape() {
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

const Shape* KeyTable::CatchUpShape() {
  const Shape* word = OneWord({{"none", "what was missed stays missed"},
                               {"last", "the newest is made up for"},
                               {"all", "each of the newest hundred, the oldest first"}});
  const Shape* all = Object("a mapping with all", {{"all", Integer(1, static_cast<int64_t>(schedule::kCatchUpMax)), "how many of the newest", true}});
  return OneOf("none, last, all or {all: N}", {word, all});
}

const Shape* KeyTable::PollSourceShape() {
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

const Shape* KeyTable::DatabaseSourceShape(std::string_view address) {
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

const Shape* KeyTable::SourceShape() {
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

}  // namespace tailrace::config
