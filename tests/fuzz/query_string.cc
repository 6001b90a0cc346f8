// What comes behind a question mark, and values of an API's parameters: a text or an error, and what is taken is canonical.
#include <array>
#include <string>
#include <vector>

#include "config/param.h"
#include "fuzz.h"
#include "server/http/query_args.h"
#include "server/queries/api_params.h"
#include "server/queries/as_of.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 4 << 10;
constexpr size_t kPartitions = 4;

void CheckQuery(std::string_view text) {
  server::Request request;
  request.query = text;
  const auto params = request.QueryParams();
  if (!params) return;
  auto args = server::QueryArgs::Parse(request);
  if (!args) return;
  Require(args->rest().size() == params->size(), "every parameter is there once");
  for (const auto& [name, value] : *params) {
    const auto taken = args->Take(name);
    Require(taken && *taken == value, "a parameter has its value");
    Require(!args->Take(name), "a parameter is taken once");
  }
  Require(args->RefuseRest().has_value(), "nothing is left");
}

void CheckNumbers(std::string_view text) {
  server::Request request;
  std::string query = "n=";
  for (const char c : text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    query += '%';
    query += kDigits[byte >> 4];
    query += kDigits[byte & 15];
  }
  request.query = query;
  auto one = server::QueryArgs::Parse(request);
  Require(one.has_value(), "what is escaped can be read");
  const auto number = one->TakeInt("n", -1000, 1000);
  if (number) Require(*number && **number >= -1000 && **number <= 1000, "a number is within its bounds");
  auto two = server::QueryArgs::Parse(request);
  const auto duration = two->TakeDuration("n", std::chrono::seconds(30));
  if (duration) Require(*duration && **duration >= std::chrono::milliseconds(0) && **duration <= std::chrono::seconds(30), "a duration is within its bounds");
  const auto positions = server::ParsePositions(text, kPartitions);
  if (positions) Require(positions->size() == kPartitions, "each partition has a position");
}

std::vector<server::ApiParam>& Params() {
  static std::vector<server::ApiParam> params = [] {
    constexpr std::array<std::string_view, 7> kDefinitions = {"int = 10 min -5 max 100", "decimal(12,2) max 99.5", "double", "bool",
                                                              "string", "date min 2000-01-01", "timestamp?"};
    std::vector<server::ApiParam> made;
    for (const std::string_view definition : kDefinitions) {
      const auto spec = config::ParseParam("p", definition);
      Require(spec.has_value(), "the definition is one");
      auto param = server::ApiParam::Compile(*spec);
      Require(param.has_value(), "the parameter compiles");
      made.push_back(std::move(*param));
    }
    return made;
  }();
  return params;
}

// A value that is taken is taken again in its canonical text, and is the same.
void CheckValue(const server::ApiParam& param, std::string_view text) {
  const auto value = param.Read(std::string(text));
  if (!value || value->null) return;
  const auto again = param.Read(value->value);
  Require(again.has_value(), "a canonical text is a value");
  RequireSame(again->value, value->value, "a canonical text is its own");
}

void CheckDefinition(std::string_view text) {
  const auto spec = config::ParseParam("p", text);
  if (!spec) {
    Require(!spec.error().empty(), "an error says why");
    return;
  }
  const auto param = server::ApiParam::Compile(*spec);
  if (param) (void)param->Read(std::nullopt);
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  const size_t kind = choices.Byte() % (3 + Params().size());
  const Copy copy(choices.rest());
  switch (kind) {
    case 0: return CheckQuery(copy.text());
    case 1: return CheckNumbers(copy.text());
    case 2: return CheckDefinition(copy.text());
    default: return CheckValue(Params()[kind - 3], copy.text());
  }
}

}  // namespace tailrace::fuzz
