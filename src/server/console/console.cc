#include "server/console/console.h"

#include <algorithm>
#include <string>
#include <utility>

#include "auth/sigv4.h"
#include "server/http/content_coding.h"
#include "server/http/page_policy.h"

namespace tailrace::server {
namespace {

constexpr std::string_view kPageName = "index.html";
constexpr std::string_view kHtml = "text/html";
constexpr std::string_view kTextType = "text/plain; charset=utf-8";
// Its name changes with its content.
constexpr std::string_view kForGood = "public, max-age=31536000, immutable";
// Kept, but asked for each time.
constexpr std::string_view kAskFirst = "no-cache";
constexpr size_t kFileBytesMax = size_t{32} << 20;

// A page of the console has at most so many parts after /console: /console/trace/sales/0/812.
constexpr std::string_view kPageParts[] = {"/{page}", "/{name}", "/{part}", "/{place}"};

constexpr std::string_view kTilePages = "/console/embed/";

constexpr std::string_view kWhereToLook =
    "Tailrace\n\nGET /streams      the streams and their positions\nGET /status       what is made from them, and how far behind it is\n"
    "GET /openapi.json every route\n\nIn a browser this address is the console.\n";

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// Whether a list of RFC 9110, 12.4.2, names `word` with a weight that is not nought.
bool ListTakes(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(item.size() + 1, list.size()));
    if (!EqualsIgnoreCase(Trimmed(item.substr(0, item.find(';'))), word)) continue;
    const size_t weight = item.find("q=");
    return weight == std::string_view::npos || item.find_first_of("123456789", weight) != std::string_view::npos;
  }
  return false;
}

// Browsers name it; curl and clients of the API do not.
bool IsForBrowser(const Request& request) { return ListTakes(request.Header(HeaderField::kAccept), kHtml); }

// Of a field that only the console asks for. A list may come in several fields: any of them counts.
std::string FieldOf(const Request& request, std::string_view name) {
  std::string values;
  for (const auto& [field, value] : auth::HeadersOf(request.head)) {
    if (field == name) values += (values.empty() ? "" : ",") + std::string(value);
  }
  return values;
}

Reply FileReply(const Request& request, const ConsoleFile& file, std::string_view caching) {
  const bool as_gzip = ListTakes(FieldOf(request, "accept-encoding"), "gzip");
  const std::string tag = '"' + std::string(file.tag) + (as_gzip ? "-gzip\"" : "\"");
  Reply reply;
  reply.content_type = file.content_type;
  reply.headers = {{"Cache-Control", std::string(caching)}, {"ETag", tag}, {"Vary", "Accept, Accept-Encoding"}};
  if (FieldOf(request, "if-none-match").find(tag) != std::string::npos) {
    reply.status = 304;
    return reply;
  }
  if (as_gzip) {
    reply.headers.emplace_back("Content-Encoding", "gzip");
    reply.body = file.gzip;
    return reply;
  }
  auto plain = Expand(ContentCoding::kGzip, file.gzip, kFileBytesMax, 0);
  if (!plain) return ErrorReply(plain.error());
  reply.body = std::move(*plain);
  return reply;
}

RouteSpec PublicRoute(std::string pattern, std::string summary, std::vector<std::string> produces, Handler handler) {
  RouteSpec route(Access::Public());
  route.method = "GET";
  route.pattern = std::move(pattern);
  route.summary = std::move(summary);
  route.produces = std::move(produces);
  route.handler = std::move(handler);
  return route;
}

RouteParam PathPart(std::string_view placeholder, std::string description) {
  return {std::string(placeholder.substr(2, placeholder.size() - 3)), "path", std::move(description), true, "string"};
}

// The page of one tile of a dashboard, which leads nowhere else: /console/embed/sales/1. Only this one may be framed.
bool IsTilePage(std::string_view path) {
  if (!path.starts_with(kTilePages)) return false;
  path.remove_prefix(kTilePages.size());
  const size_t slash = path.find('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < path.size() && path.find('/', slash + 1) == std::string_view::npos;
}

std::string TilePolicy(std::span<const std::string> framing) {
  std::string policy(kPagePolicyBeforeFrames);
  policy += "'self'";
  for (const std::string& origin : framing) policy += ' ' + origin;
  return policy;
}

}  // namespace

Result<Console> Console::Create(std::string_view pack, std::span<const std::string> framing) {
  TR_TRY(ConsolePack read, ConsolePack::Read(pack));
  if (read.Find(kPageName) == nullptr) return Fail(Error::Corruption("the pack of the console has no page"));
  return Console(std::move(read), TilePolicy(framing));
}

std::vector<RouteSpec> Console::Routes() const {
  std::vector<RouteSpec> routes;
  routes.push_back(PublicRoute("/", "The console for a browser; for others where to look next.", {"text/html", "text/plain"},
                               [this](const ExchangePtr& exchange) { Root(exchange); }));
  std::string pattern = "/console";
  std::vector<RouteParam> params;
  for (const std::string_view part : kPageParts) {
    pattern += part;
    params.push_back(PathPart(part, "Part of the page's address."));
    routes.push_back(PublicRoute(pattern, "A page of the console, for a browser.", {"text/html"},
                                 [this](const ExchangePtr& exchange) { Page(exchange); }));
    routes.back().params = params;
  }
  routes.push_back(PublicRoute("/assets/{file}", "A file of the console.", {"text/javascript", "text/css"},
                               [this](const ExchangePtr& exchange) { Asset(exchange); }));
  routes.back().params = {PathPart("/{file}", "Its name, which changes with its content.")};
  return routes;
}

void Console::Root(const ExchangePtr& exchange) const {
  if (IsForBrowser(exchange->request())) return Page(exchange);
  Reply reply;
  reply.content_type = kTextType;
  reply.body = kWhereToLook;
  reply.headers.emplace_back("Vary", "Accept");
  exchange->Send(std::move(reply));
}

void Console::Page(const ExchangePtr& exchange) const {
  const Request& request = exchange->request();
  if (!IsForBrowser(request)) {
    return exchange->Send(ErrorReply(404, "not_found", "there is nothing at " + std::string(request.path) + " but a page of the console for browsers",
                                     "GET /openapi.json lists every route"));
  }
  Reply reply = FileReply(request, *pack_.Find(kPageName), kAskFirst);
  if (IsTilePage(request.path)) reply.headers.emplace_back("Content-Security-Policy", tile_policy_);
  exchange->Send(std::move(reply));
}

void Console::Asset(const ExchangePtr& exchange) const {
  const std::string name = "assets/" + exchange->request().PathParam(0);
  const ConsoleFile* file = pack_.Find(name);
  if (file == nullptr) {
    return exchange->Send(ErrorReply(404, "not_found", "the console has no file " + name, "it is of another version: load the page again"));
  }
  exchange->Send(FileReply(exchange->request(), *file, kForGood));
}

}  // namespace tailrace::server
