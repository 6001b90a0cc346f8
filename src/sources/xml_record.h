// An element of an XML document as a JSON object (docs/pipeline-file.md, "XML").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/schema.h"

namespace tailrace {

// An element, or an attribute, which is one without children. Names have no prefix.
struct XmlNode {
  std::string name;
  std::string text;                // its own, of all its pieces
  std::vector<XmlNode> children;   // attributes first
  bool is_attribute = false;
  bool is_nil = false;             // xsi:nil="true"
};

// The object of a record: a member for each attribute and child element, a list where a name is there more than once or the schema says so.
// Texts stay texts, which the schema reads as it reads those of CSV; an empty one is null where the field may be.
void AppendXmlRecord(const XmlNode& record, const Schema& schema, std::string* json);

}  // namespace tailrace
