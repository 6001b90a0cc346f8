// The typed and bounded parameters of an api.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/spec.h"
#include "model/record_decoder.h"
#include "ports/warehouse.h"

namespace tailrace::server {

// Threads: thread-safe as const.
class ApiParam {
 public:
  // kInvalid: a type that a parameter cannot have, or a default or bound that is not of the type.
  static Result<ApiParam> Compile(const config::ParamSpec& spec);

  const config::ParamSpec& spec() const { return spec_; }

  // The value in its canonical text, checked against type and bounds; the default when `text` is not given. An empty text is null where the
  // parameter may be null, whatever its type and its default. kInvalid: why not.
  Result<QueryParameter> Read(const std::optional<std::string>& text) const;

 private:
  // A value that can be compared with another of the same type.
  struct Value {
    std::string canonical;
    Int128 whole = 0;
    double real = 0;
  };

  ApiParam(config::ParamSpec spec, RecordDecoder decoder) : spec_(std::move(spec)), decoder_(std::move(decoder)) {}
  Result<Value> Decode(std::string_view text) const;
  static bool IsLess(const Value& a, const Value& b);

  config::ParamSpec spec_;
  RecordDecoder decoder_;   // of a record with this field alone
  std::optional<Value> min_;
  std::optional<Value> max_;
};

}  // namespace tailrace::server
