// Plain scalars by YAML 1.2's core schema.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/yaml.h"

namespace tailrace::config {

enum class ScalarType { kNull, kBool, kInteger, kNumber, kText };

// What a scalar is before anyone asks for a type: quoted and block ones are texts, plain ones go by their look. One
// with
// `${...}` in it is a text.
ScalarType TypeOf(const Node& scalar);

// 10, 0x1f, 0o17, 10.0; also of a scalar made by `${...}`. Nullopt: no integer of 64 bits.
std::optional<int64_t> ReadInteger(const Node& scalar);
std::optional<double> ReadNumber(const Node& scalar);
std::optional<bool> ReadBool(const Node& scalar);

// A number's text by JSON's grammar, its digits kept: 2.50, .5 as 0.5, +1 as 1, 0x10 as 16. Nullopt: no finite number.
std::optional<std::string> JsonNumber(std::string_view text);

// "a text", "a list", "nothing": for "expected ..., found ...".
std::string_view FormOf(const Node& node);

}  // namespace tailrace::config
