// How the key table is built: shapes bottom up, in one place that outlives them. The parts of the file are in key_table*.cc.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "config/database_address.h"
#include "config/quantity.h"
#include "config/shape.h"

namespace tailrace::config {

// A JSON pointer, RFC 6901.
bool IsPointer(std::string_view text);

// Builds the shapes bottom up; they point at each other, so they stay where they are.
class KeyTable {
 public:
  KeyTable();
  const Shape& root() const { return *root_; }

 private:
  Shape* New(ShapeKind kind) {
    Shape& shape = shapes_.emplace_back();
    shape.kind = kind;
    return &shape;
  }
  const Shape* Text(std::string_view expects = "a text") {
    Shape* shape = New(ShapeKind::kText);
    shape->expects = expects;
    return shape;
  }
  Shape* Pattern(std::string_view expects, std::string_view pattern, bool (*accepts)(std::string_view)) {
    Shape* shape = New(ShapeKind::kText);
    shape->expects = expects;
    shape->pattern = pattern;
    shape->accepts = accepts;
    return shape;
  }
  const Shape* Integer(int64_t min, int64_t max) {
    Shape* shape = New(ShapeKind::kInteger);
    shape->min = min;
    shape->max = max;
    return shape;
  }
  Shape* OneWord(std::vector<Choice> choices) {
    Shape* shape = New(ShapeKind::kChoice);
    shape->choices = std::move(choices);
    return shape;
  }
  Shape* Object(std::string_view expects, std::vector<Key> keys) {
    Shape* shape = New(ShapeKind::kObject);
    shape->expects = expects;
    shape->keys = std::move(keys);
    return shape;
  }
  Shape* Names(std::string_view expects, const Shape* element, bool identifiers) {
    Shape* shape = New(ShapeKind::kNames);
    shape->expects = expects;
    shape->element = element;
    shape->names_are_identifiers = identifiers;
    return shape;
  }
  Shape* List(std::string_view expects, const Shape* element) {
    Shape* shape = New(ShapeKind::kList);
    shape->expects = expects;
    shape->element = element;
    return shape;
  }
  const Shape* OneOf(std::string_view expects, std::vector<const Shape*> alternatives) {
    Shape* shape = New(ShapeKind::kOneOf);
    shape->expects = expects;
    shape->alternatives = std::move(alternatives);
    return shape;
  }
  // A section of the file: names of the user's own; may be left empty.
  const Shape* Section(std::string_view expects, const Shape* element) {
    Shape* shape = Names(expects, element, true);
    shape->nullable = true;
    return shape;
  }

  const Shape* TypeShape();
  const Shape* StreamShape();
  const Shape* IntoShape();
  const Shape* FileSourceShape();
  const Shape* HttpSourceShape();
  const Shape* GenerateSourceShape();
  const Shape* CatchUpShape();
  const Shape* PollSourceShape();
  const Shape* TestAnswerShape();
  const Shape* DatabaseSourceShape(std::string_view address);
  const Shape* SourceShape();
  const Shape* TableShape();
  const Shape* ViewShape();
  const Shape* CollectionShape();
  const Shape* ApiShape();
  const Shape* TileShape();
  const Shape* DashboardShape();
  const Shape* ExpectShape();
  const Shape* TestShape();
  const Shape* LakeShape();
  const Shape* JobStepShape();
  const Shape* JobShape();
  const Shape* NotifierShape();
  const Shape* AlertShape();
  const Shape* LimitsShape();
  const Shape* JwtShape();
  const Shape* ServerShape();

  std::deque<Shape> shapes_;
  std::deque<std::string> texts_;  // that shapes refer to
  const Shape* any_ = New(ShapeKind::kAny);
  const Shape* text_ = Text();
  const Shape* bool_ = New(ShapeKind::kBool);
  const Shape* name_ = Pattern("a name", kIdentifierPattern, IsIdentifier);
  const Shape* sql_ = Text("SQL");
  const Shape* path_ = Text("a path");
  const Shape* size_ = Pattern("a size such as 64MiB or 8GB", kSizePattern, IsSize);
  const Shape* duration_ = Pattern("a duration such as 30s or 24h", kDurationPattern, IsDuration);
  const Shape* pause_ = Pattern("a duration or a range of them such as 0..2s", kPausePattern, IsPause);
  const Shape* names_ = List("a list of names", name_);
  const Shape* pointer_ = Pattern("a JSON pointer such as /a/b", "^(/([^~]|~[01])*)?$", IsPointer);
  const Shape* format_ = nullptr;
  const Shape* encoding_ = nullptr;
  const Shape* row_ = nullptr;
  const Shape* rows_ = nullptr;
  const Shape* root_ = nullptr;
};

}  // namespace tailrace::config
