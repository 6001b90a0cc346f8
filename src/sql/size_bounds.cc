#include "sql/size_bounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sql/gate.h"

namespace tailrace::sql {
namespace {

// The argument, from zero, that says how many elements or bytes there will be.
struct SizedFunction {
  std::string_view name;
  size_t argument;
};

constexpr SizedFunction kSizedFunctions[] = {
    {"repeat", 1},       {"lpad", 1},      {"rpad", 1}, {"list_resize", 1},
    {"array_resize", 1}, {"bitstring", 1}, {"bar", 3},  {"equi_width_bins", 2},
    {"to_base", 2},
};

std::optional<double> ConstantOf(const Json& expression) {
  if (IsClass(expression, "CAST")) return ConstantOf(expression["child"]);
  if (!IsClass(expression, "CONSTANT")) return std::nullopt;
  const Json& constant = expression["value"];
  if (!constant["value"].is_number()) return std::nullopt;
  double value = constant["value"].get<double>();
  const Json& type = constant["type"];
  if (TextAt(type, "id") == "DECIMAL" && type["type_info"].is_object())
    value /= std::pow(10.0, type["type_info"].value("scale", 0));
  return value;
}

bool IsCall(const Json& expression, std::string_view name) {
  return IsClass(expression, "FUNCTION") && SameName(TextAt(expression, "function_name"), name);
}

// The largest value that the text allows: constants, least(x, 10), x % 10, and sums and products of such.
std::optional<double> UpperBound(const Json& expression) {
  if (IsClass(expression, "CAST")) return UpperBound(expression["child"]);
  if (auto constant = ConstantOf(expression)) return constant;
  if (IsCall(expression, "least")) {
    std::optional<double> bound;
    for (const Json& child : expression["children"]) {
      const std::optional<double> other = UpperBound(child);
      if (other && (!bound || *other < *bound)) bound = other;
    }
    return bound;
  }
  if ((IsCall(expression, "%") || IsCall(expression, "mod")) && expression["children"].size() == 2) {
    const std::optional<double> divisor = ConstantOf(expression["children"][1]);
    return divisor ? std::optional(std::abs(*divisor)) : std::nullopt;
  }
  if (IsCall(expression, "+") && expression["children"].size() == 2) {
    const std::optional<double> left = UpperBound(expression["children"][0]);
    const std::optional<double> right = UpperBound(expression["children"][1]);
    return left && right ? std::optional(*left + *right) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<double> LowerBound(const Json& expression) {
  if (IsClass(expression, "CAST")) return LowerBound(expression["child"]);
  if (auto constant = ConstantOf(expression)) return constant;
  if (!IsCall(expression, "greatest")) return std::nullopt;
  std::optional<double> bound;
  for (const Json& child : expression["children"]) {
    const std::optional<double> other = LowerBound(child);
    if (other && (!bound || *other > *bound)) bound = other;
  }
  return bound;
}

// Elements of range(stop), range(start, stop[, step]) and generate_series.
std::optional<double> RangeSize(const Json& children) {
  if (children.size() == 1) return UpperBound(children[0]);
  if (children.size() < 2) return 0;
  const std::optional<double> step = children.size() > 2 ? ConstantOf(children[2]) : 1;
  if (!step || *step == 0) return std::nullopt;
  const bool down = *step < 0;
  const std::optional<double> start = down ? UpperBound(children[0]) : LowerBound(children[0]);
  const std::optional<double> stop = down ? LowerBound(children[1]) : UpperBound(children[1]);
  if (!start || !stop) return std::nullopt;
  return std::max(0.0, (*stop - *start) / *step + 1);
}

// The width of a field in format() and printf() is a size too.
bool HasWideField(const Json& call) {
  if (call["children"].empty()) return false;
  const Json& format = call["children"][0];
  if (!IsClass(format, "CONSTANT")) return true;
  const std::string_view text = TextAt(format["value"], "value");
  constexpr int kDigitsMax = 3;
  int digits = 0;
  bool open = false;
  for (const char c : text) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits > kDigitsMax || c == '*' || (c == '{' && open)) return true;
    if (c == '{') open = true;
    if (c == '}') open = false;
  }
  return false;
}

struct Size {
  bool sized = false;
  std::optional<double> bound;
};

Size SizeOf(const Json& call) {
  const Json& children = call["children"];
  if (IsCall(call, "range") || IsCall(call, "generate_series")) return {true, RangeSize(children)};
  for (const SizedFunction& function : kSizedFunctions) {
    if (!IsCall(call, function.name)) continue;
    if (children.size() <= function.argument) return {};
    return {true, UpperBound(children[function.argument])};
  }
  return {};
}

class Sizes {
 public:
  void Visit(const Json& node) {
    if (error_) return;
    if (IsClass(node, "FUNCTION")) Count(node);
    // In FROM these functions hand out rows one by one; only what their arguments make counts.
    if (node.is_object() && IsType(node, "TABLE_FUNCTION")) {
      for (const Json& child : node["function"]["children"]) Visit(child);
      return;
    }
    if (!node.is_structured()) return;
    for (const Json& child : node) Visit(child);
  }

  const std::optional<SqlError>& error() const { return error_; }

 private:
  void Count(const Json& call) {
    const std::string name(TextAt(call, "function_name"));
    if ((IsCall(call, "format") || IsCall(call, "printf")) && HasWideField(call)) {
      error_ = SqlError{name + "() needs a constant format with widths below 1000", PositionOf(call)};
      return;
    }
    const Size size = SizeOf(call);
    if (!size.sized) return;
    if (!size.bound) {
      error_ = SqlError{fmt::format("nothing bounds the size that {0}() makes: write least(n, 1000) for n, or use it "
                                    "in FROM, or put it in a view",
                                    name),
                        PositionOf(call)};
      return;
    }
    product_ *= std::max(1.0, *size.bound);
    if (product_ > kUserElementsMax)
      error_ = SqlError{fmt::format("{}() makes more than {:.0f} elements in one row", name, kUserElementsMax),
                        PositionOf(call)};
  }

  double product_ = 1;
  std::optional<SqlError> error_;
};

}  // namespace

std::optional<SqlError> RefuseUnboundedSizes(const Json& node) {
  Sizes sizes;
  sizes.Visit(node);
  return sizes.error();
}

}  // namespace tailrace::sql
