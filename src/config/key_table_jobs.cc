// The keys of jobs, of who hears of them, and of alerts.
#include "config/key_table.h"
#include "config/key_table_builder.h"

namespace tailrace::config {

const Shape* KeyTable::JobStepShape() {
  const Shape* one_or_more = OneOf("a name or a list of names", {text_, names_});
  const Shape* headers = Names("a mapping of headers to texts", text_, false);
  const Shape* http = Object("a mapping with url", {
                                                       {"url", text_, "where to", true},
                                                       {"method", OneWord({{"POST", ""}, {"PUT", ""}, {"GET", ""}, {"PATCH", ""}, {"DELETE", ""}}), "", false, "POST"},
                                                       {"headers", headers, "headers of the request"},
                                                       {"body", text_, "its body"},
                                                       {"timeout", duration_, "how long an answer may take", false, "30s"},
                                                       {"allow_private", bool_, "addresses of this machine and of private networks may be asked", false, "false"},
                                                   });
  const Shape* to_files =
      Object("a mapping with to, and tables or sql",
             {
                 {"tables", OneOf("a name or a list of names", {text_, List("a list of names", text_)}), "streams, tables, views or tables of schema jobs: a file for each"},
                 {"sql", sql_, "or a SELECT; $due, $from and $to are times of the run"},
                 {"to", text_, "a path relative to the pipeline file, with partition_by a folder; {name} is the table's, {due:%Y-%m-%d} and the like are filled in", true},
                 {"format", OneWord({{"parquet", ""}, {"csv", ""}, {"jsonl", ""}}), "by default what the path ends with"},
                 {"partition_by", names_, "columns: a folder NAME=VALUE for each of their values"},
             });
  const Shape* notify =
      Object("a mapping with to and subject", {
                                                  {"to", one_or_more, "names of `notify`", true},
                                                  {"subject", text_, "a line; {due:%Y-%m-%d} and the like are filled in", true},
                                                  {"text", text_, "what else there is to say"},
                                                  {"sql", sql_, "a SELECT; the columns of its first row are names for the texts: {n}"},
                                              });
  return Object("a step: a mapping with sql, export, poll, rebuild, notify, http or command",
                {
                    {"sql", OneOf("a statement, or a list of statements for one transaction", {sql_, List("a list of statements", sql_)}),
                     "CREATE TABLE AS, INSERT, DELETE or DROP over tables of schema jobs; $due, $from and $to are times of the run"},
                    {"rebuild", one_or_more, "tables, collections or streams to compute again from the log"},
                    {"notify", notify, "a message to someone"},
                    {"http", http, "a request; it may be sent more than once, with the run's name in Idempotency-Key"},
                    {"command", List("a list of a program and its arguments", text_), "a program, once server.commands allows it; it may run more than once"},
                    {"export", to_files, "files of tables; what was there is replaced at once"},
                    {"poll", one_or_more, "sources of type poll, asked for the due time of the run; the next step sees in the tables what they answered"},
                    {"name", text_, "what later steps call it; by default its number and kind"},
                    {"after", OneOf("a name or a list of names", {text_, List("a list of names", text_)}),
                     "earlier steps that must have succeeded; by default the one before"},
                });
}

const Shape* KeyTable::JobShape() {
  const Shape* one_or_more = OneOf("a name or a list of names", {text_, names_});
  Shape* notifiers = List("a list of names", name_);
  const Shape* retry = Object("a mapping with times", {
                                                          {"times", Integer(0, kRetriesMax), "further attempts after the first", true},
                                                          {"after", duration_, "before the first of them; doubled for each further one", false, "1m"},
                                                          {"max", duration_, "the longest wait between two", false, "1h"},
                                                      });
  const Shape* some = Object("a mapping with all", {{"all", Integer(1, kCatchUpRunsMax), "at most so many, the newest", true}});
  const Shape* catch_up = OneOf("none, last, all or {all: N}", {OneWord({{"none", "they are missed"}, {"last", "the newest runs"}, {"all", "each runs, up to 100"}}), some});
  return Object("a job: a mapping with steps",
                {
                    {"steps", List("a list of steps", JobStepShape()), "what it does, in this order", true},
                    {"cron", Text("five fields, such as 0 6 * * *"), "when it is due: minute, hour, day of month, month, day of week; or @daily and the like"},
                    {"every", duration_, "when it is due: at multiples of this since 1970"},
                    {"after", one_or_more, "instead of a schedule: jobs whose run of a due time must have succeeded"},
                    {"timezone", text_, "of cron, and of {due:...}", false, "UTC"},
                    {"catch_up", catch_up, "what becomes of due times that passed while the server was down", false, "last"},
                    {"overlap", OneWord({{"queue", "it waits"}, {"skip", "it is skipped, and recorded so"}}), "a due time that comes while the job still runs", false, "queue"},
                    {"retry", retry, "after a failure"},
                    {"timeout", duration_, "for one attempt", false, "1h"},
                    {"on_failure", notifiers, "names of `notify` that hear of a failure; all by default"},
                    {"description", text_, "what it is for"},
                });
}

const Shape* KeyTable::NotifierShape() {
  const Shape* email = Object("", {
                                      {"smtp", Text("HOST:PORT"), "the mail server; smtps:// before it speaks TLS from the start", true},
                                      {"from", text_, "the sender", true},
                                      {"to", OneOf("an address or a list of addresses", {text_, List("a list of addresses", text_)}), "who gets it", true},
                                      {"starttls", bool_, "begin TLS, and refuse to go on without", false, "false"},
                                      {"user", text_, "to log in with"},
                                      {"password", text_, "a secret: ${NAME} or ${file:path}"},
                                      {"ca", path_, "PEM: who may have signed the mail server's certificate; by default whom the system trusts"},
                                  });
  const Shape* webhook = Object("", {
                                        {"url", text_, "where a JSON body with `text` is posted, as Slack takes it", true},
                                        {"headers", Names("a mapping of headers to texts", text_, false), "further headers of the request"},
                                        {"allow_private", bool_, "addresses of this machine and of private networks may be asked", false, "false"},
                                    });
  Shape* notifier = Object("a mapping with type", {
                                                      {"type",
                                                       OneWord({{"email", "by SMTP", Since::kNow, email},
                                                                {"webhook", "by HTTP", Since::kNow, webhook},
                                                                {"log", "into the server's own log", Since::kNow, Object("", {})}}),
                                                       "how", true},
                                                  });
  notifier->discriminator = "type";
  return notifier;
}

const Shape* KeyTable::AlertShape() {
  const Shape* freshness = Object("a mapping with stream and within", {
                                                                          {"stream", name_, "a stream", true},
                                                                          {"within", duration_, "it fires when the last record is older, or there is none", true},
                                                                      });
  const Shape* volume = Object("a mapping with stream, within and min or max", {
                                                                                   {"stream", name_, "a stream", true},
                                                                                   {"within", duration_, "records that came within so long are counted", true},
                                                                                   {"min", Integer(0, kVolumeMax), "it fires below"},
                                                                                   {"max", Integer(0, kVolumeMax), "it fires above"},
                                                                               });
  return Object("an alert: a mapping with sql, freshness or volume",
                {
                    {"sql", sql_, "a SELECT; as long as it answers with rows, the alert fires"},
                    {"freshness", freshness, "a stream that should never be quiet"},
                    {"volume", volume, "a stream that should bring so many records"},
                    {"every", duration_, "how often it is looked at", false, "1m"},
                    {"for", duration_, "how long it must last before it fires", false, "0s"},
                    {"repeat", duration_, "how often it is told again while it fires; by default once"},
                    {"message", text_, "what is told; {name} is a column of the first row"},
                    {"notify", OneOf("a name or a list of names", {text_, names_}), "names of `notify` that hear when it fires, and when it is over"},
                });
}

}  // namespace tailrace::config
