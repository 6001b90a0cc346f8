#include "server/console/console.h"

#include <gtest/gtest.h>

#include <string>

#include "server/http/content_coding.h"
#include "server/testing/test_server.h"

namespace tailrace::server {
namespace {

// As Chromium asks for a page.
const std::string kBrowser = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n";
const std::string kGzip = "Accept-Encoding: gzip, deflate, br\r\n";

// The first file below /assets/ that the page names.
std::string AssetOf(const std::string& page) {
  const size_t at = page.find("/assets/");
  return at == std::string::npos ? "" : page.substr(at, page.find('"', at) - at);
}

TEST(ConsoleTest, ABrowserGetsThePageAtTheRootAndAtEachOfItsAddresses) {
  TestServer server;
  const RawReply root = server.Get("/", kBrowser);
  EXPECT_EQ(root.status, 200);
  EXPECT_EQ(root.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_NE(root.body.find("<div id=\"root\">"), std::string::npos);
  for (const char* page : {"/console/streams", "/console/streams/sales", "/console/documents/items/a%2Fb", "/console/trace/sales/0/12"}) {
    const RawReply reply = server.Get(page, kBrowser);
    EXPECT_EQ(reply.status, 200) << page;
    EXPECT_EQ(reply.body, root.body) << page;
  }
  EXPECT_EQ(server.Get("/console/a/b/c/d/e", kBrowser).status, 404);
}

TEST(ConsoleTest, OthersGetAHintAtTheRootAndNoPages) {
  TestServer server;
  const RawReply root = server.Get("/", "Accept: */*\r\n");
  EXPECT_EQ(root.headers.at("content-type"), "text/plain; charset=utf-8");
  EXPECT_NE(root.body.find("GET /openapi.json"), std::string::npos);
  EXPECT_EQ(server.Get("/", "").headers.at("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(server.Get("/", "Accept: text/html;q=0, */*\r\n").headers.at("content-type"), "text/plain; charset=utf-8");
  const RawReply page = server.Get("/console/streams", "Accept: application/json\r\n");
  EXPECT_EQ(page.status, 404);
  EXPECT_EQ(page.headers.at("content-type"), "application/json");
}

TEST(ConsoleTest, ThePolicyOfThePageAllowsNothingThatStandsInIt) {
  TestServer server;
  const std::string policy = server.Get("/", kBrowser).headers.at("content-security-policy");
  EXPECT_EQ(policy.find("unsafe"), std::string::npos) << policy;
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos) << policy;
  EXPECT_NE(policy.find("script-src 'self'"), std::string::npos) << policy;
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos) << policy;
}

TEST(ConsoleTest, OnlyThePageOfATileMayBeFramedAndOnlyByThisSiteAndThoseOfCors) {
  ServerOptions options;
  options.cors.origins = {"https://wiki.example"};
  TestServer server(SalesPipeline(), options);
  const RawReply tile = server.Get("/console/embed/sales/1", kBrowser);
  const std::string policy = tile.headers.at("content-security-policy");
  EXPECT_NE(policy.find("script-src 'self'"), std::string::npos) << policy;
  EXPECT_TRUE(policy.ends_with("frame-ancestors 'self' https://wiki.example")) << policy;
  EXPECT_FALSE(tile.headers.contains("x-frame-options"));
  for (const char* path : {"/", "/console/dashboards/sales", "/console/embed/sales", "/console/embed/sales/1/2"}) {
    const RawReply page = server.Get(path, kBrowser);
    EXPECT_TRUE(page.headers.at("content-security-policy").ends_with("frame-ancestors 'none'")) << path;
    EXPECT_EQ(page.headers.at("x-frame-options"), "DENY") << path;
  }
}

TEST(ConsoleTest, ThePageIsAskedForAgainAndItsFilesAreKeptForGood) {
  TestServer server;
  const RawReply page = server.Get("/", kBrowser);
  EXPECT_EQ(page.headers.at("cache-control"), "no-cache");
  const std::string asset = AssetOf(page.body);
  ASSERT_FALSE(asset.empty()) << page.body;
  const RawReply file = server.Get(asset);
  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(file.headers.at("cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(server.Get("/assets/no-such-file.js").status, 404);
  EXPECT_EQ(server.Get("/assets/..%2Findex.html").status, 404);
}

TEST(ConsoleTest, WhoHasThePageIsToldSo) {
  TestServer server;
  for (const std::string& coding : {std::string(), kGzip}) {
    const RawReply first = server.Get("/", kBrowser + coding);
    const RawReply again = server.Get("/", kBrowser + coding + "If-None-Match: " + first.headers.at("etag") + "\r\n");
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(again.headers.at("etag"), first.headers.at("etag"));
    EXPECT_EQ(server.Get("/", kBrowser + coding + "If-None-Match: \"another\"\r\n").status, 200);
  }
}

TEST(ConsoleTest, FilesComeCompressedToWhoTakesThat) {
  TestServer server;
  const RawReply plain = server.Get("/", kBrowser);
  const RawReply packed = server.Get("/", kBrowser + kGzip);
  EXPECT_FALSE(plain.headers.contains("content-encoding"));
  EXPECT_EQ(packed.headers.at("content-encoding"), "gzip");
  EXPECT_NE(plain.headers.at("etag"), packed.headers.at("etag"));
  EXPECT_EQ(Expand(ContentCoding::kGzip, packed.body, 1 << 20, 0).value_or("not gzip"), plain.body);
  EXPECT_FALSE(server.Get("/", kBrowser + "Accept-Encoding: gzip;q=0\r\n").headers.contains("content-encoding"));
}

TEST(ConsoleTest, ThePageIsForEveryoneAndWhatItShowsIsNot) {
  TestServer server;
  server.authenticator.Add("reader", {auth::Role::kRead});
  EXPECT_EQ(server.Get("/", kBrowser).status, 200);
  EXPECT_EQ(server.Get("/").body.find("shop"), std::string::npos);
  EXPECT_EQ(server.Get("/whoami").status, 401);
  EXPECT_EQ(server.Get("/graph").status, 401);
  const RawReply who = server.Get("/whoami", "Authorization: Bearer reader\r\n");
  EXPECT_EQ(who.status, 200);
  EXPECT_NE(who.body.find(R"("pipeline":"shop")"), std::string::npos) << who.body;
  EXPECT_NE(who.body.find(R"("name":"the caller of reader","roles":["read"],"limited":false,"open":false)"), std::string::npos) << who.body;
}

TEST(ConsoleTest, WhereNobodyIsAskedEverybodyMayDoEverything) {
  TestServer server;
  EXPECT_NE(server.Get("/whoami").body.find(R"("roles":["ingest","read","admin"],"limited":false,"open":true)"), std::string::npos);
}

}  // namespace
}  // namespace tailrace::server
