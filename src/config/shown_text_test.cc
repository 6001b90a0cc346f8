#include "config/shown_text.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "config/check_text.h"

namespace tailrace::config {
namespace {

TEST(ShownTextTest, NamesStayAndWhatIsWrittenOutIsHidden) {
  const ShownText shown = ShownTextOf(R"(pipeline: shop
notify:
  ops: {type: webhook, url: https://hooks.example.org/T0/hunter2}
  mail:
    type: email
    user: robot
    password: "hunter2"
sources:
  web: {auth: {bearer: hunter2}, token_url: https://id.example.org/token}
  key: {auth: {header: X-Key, value: 'hunter2'}, headers: {X-Api-Key: hunter2, Accept: text/csv}}
  db: {url: "postgres://me:hunter2@db.example.org/shop"}
  ask: {url: "https://api.example.org/v1?page=1&api_key=hunter2&size=5"}
)");
  EXPECT_EQ(shown.text, R"(pipeline: shop
notify:
  ops: {type: webhook, url: …}
  mail:
    type: email
    user: robot
    password: "…"
sources:
  web: {auth: {bearer: …}, token_url: https://id.example.org/token}
  key: {auth: {header: X-Key, value: '…'}, headers: {X-Api-Key: …, Accept: text/csv}}
  db: {url: "postgres://me:…@db.example.org/shop"}
  ask: {url: "https://api.example.org/v1?page=1&api_key=…&size=5"}
)");
  EXPECT_EQ(shown.hidden, 7);
}

TEST(ShownTextTest, SubstitutionsTellANameAndNoSecret) {
  const std::string text = R"(auth:
  bearer: ${TOKEN}
  password: ${file:/run/secrets/db}
  Authorization: Bearer ${TOKEN}
url: postgres://me:${PASSWORD}@db.example.org/shop
key: country
)";
  const ShownText shown = ShownTextOf(text);
  EXPECT_EQ(shown.text, text);
  EXPECT_EQ(shown.hidden, 0);
}

TEST(ShownTextTest, ADefaultIsWrittenOut) {
  EXPECT_EQ(ShownTextOf("password: ${PASSWORD:-hunter2}\nuser: a\n").text, "password: …\nuser: a\n");
  EXPECT_EQ(ShownTextOf("password: hunter2${X}\nuser: a\n").text, "password: …\nuser: a\n");
}

TEST(ShownTextTest, SecretsOfSeveralLinesAndOfAliasesAreHidden) {
  for (const char* text : {"password: |\n  hunter2\n  hunter2\nuser: a\n", "password: >-\n  hunter2\n\nuser: a\n", "user: &one hunter2\npassword: *one\n",
                           "password: [hunter2, {x: hunter2}]\nuser: a\n", "password:\n  hunter2\n  hunter2\nuser: a\n"}) {
    const ShownText shown = ShownTextOf(text);
    EXPECT_EQ(shown.text.find("hunter2"), std::string::npos) << shown.text;
    EXPECT_NE(shown.text.find("user: "), std::string::npos) << shown.text;
    EXPECT_GT(shown.hidden, 0) << text;
  }
}

TEST(ShownTextTest, WhatFollowsSuchAKeyInACommentIsHiddenAndOtherCommentsStay) {
  const ShownText shown = ShownTextOf(R"(pipeline: shop  # the till's
# mail: {user: robot, password: hunter2}
#   bearer: hunter2
# password: ${PASSWORD}
# note: passwords stand elsewhere
)");
  EXPECT_EQ(shown.text, R"(pipeline: shop  # the till's
# mail: {user: robot, password: …
#   bearer: …
# password: ${PASSWORD}
# note: passwords stand elsewhere
)");
  EXPECT_EQ(shown.hidden, 2);
}

TEST(ShownTextTest, OfWhatIsNoYamlNothingIsShown) { EXPECT_EQ(ShownTextOf("password: {hunter2\n").text, ""); }

// What is checked for somebody else must not tell of this machine: nothing of a substitution decides what is answered.
TEST(CheckTextTest, NeitherVariablesNorFilesAreLookedAt) {
  ASSERT_EQ(setenv("TAILRACE_CHECKED", "hunter2", 1), 0);
  for (const Diagnostic& one : CheckText(R"(pipeline: shop
streams:
  sales: {partitions: "${TAILRACE_CHECKED}", schema: {id: "${TAILRACE_CHECKED}", item: string}}
sources:
  web: {type: http, route: "${file:/etc/passwd}", into: sales}
views:
  all_sales: {sql: "${file:/etc/hostname}"}
apis:
  top: {params: {n: "string = ${TAILRACE_CHECKED} min z"}, sql: SELECT $n AS n}
)", "pipeline.yaml", {})) {
    EXPECT_EQ("", one.message);
  }
}

TEST(CheckTextTest, DefaultsAreCheckedAndSoIsTheRest) {
  const auto faults = CheckText("pipeline: shop\nstreams:\n  sales: {partitions: \"${N:-many}\", schema: {item: strin}}\n", "pipeline.yaml", {});
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0].place.line, 3);
}

TEST(CheckTextTest, OneThatIsEndedSaysSo) {
  std::stop_source ended;
  ended.request_stop();
  const auto faults =
      CheckText("pipeline: shop\nstreams: {a: {schema: {id: int}}}\nviews: {v: {sql: SELECT nothing FROM a}}\n", "pipeline.yaml", ended.get_token());
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_NE(faults[0].message.find("took too long"), std::string::npos);
}

}  // namespace
}  // namespace tailrace::config
