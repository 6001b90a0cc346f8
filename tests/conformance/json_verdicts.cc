// What our readers of JSON say of texts, for json_suite.py.
//
//   json_verdicts < CASES
//
// CASES: for each a line with its size in bytes, then the bytes. Prints a line for each, of `1` (taken) or `0`: as a JSON
// value; as the value of a record's field; as a whole record.
#include <cstdio>
#include <iostream>
#include <string>

#include "base/check.h"
#include "model/json_text.h"
#include "model/record_decoder.h"

namespace tailrace {
namespace {

Schema OneFieldOfAnyJson() {
  Schema schema;
  Field field;
  field.name = "v";
  field.type.kind = TypeKind::kJson;
  field.type.nullable = true;
  schema.fields = {field};
  schema.unknown_fields = UnknownFields::kKeep;
  return schema;
}

bool Takes(RecordDecoder& decoder, std::string record) {
  const size_t size = record.size();
  record.append(RecordDecoder::kPadding, '\0');
  return decoder.Decode(std::string_view(record).substr(0, size), nullptr).has_value();
}

int Run() {
  auto decoder = RecordDecoder::Compile(OneFieldOfAnyJson(), "");
  TR_CHECK(decoder.has_value());
  std::string line;
  while (std::getline(std::cin, line)) {
    std::string text(std::stoul(line), '\0');
    std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
    const bool value = !CheckJson(text).has_value();
    const bool field = Takes(*decoder, R"({"v":)" + text + "}");
    const bool record = Takes(*decoder, text);
    std::printf("%d %d %d\n", value, field, record);
  }
  return 0;
}

}  // namespace
}  // namespace tailrace

int main() { return tailrace::Run(); }
