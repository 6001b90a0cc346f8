#include "sources/xml_record.h"

#include <algorithm>

#include "model/json_text.h"

namespace tailrace {
namespace {

// Text beside children has this name.
constexpr std::string_view kTextName = "_text";
constexpr std::string_view kSpace = " \t\r\n";

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

const Type* FieldType(const std::vector<Field>& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &found->type;
}

// The type of a member of what has this type; null: it says nothing.
const Type* MemberType(const Type* type, std::string_view name) {
  if (type == nullptr) return nullptr;
  if (type->kind == TypeKind::kStruct) return FieldType(type->fields, name);
  return type->kind == TypeKind::kMap ? &type->fields.front().type : nullptr;
}

bool HasElements(const XmlNode& node) {
  return std::any_of(node.children.begin(), node.children.end(), [](const XmlNode& child) { return !child.is_attribute; });
}

// Elements of one name that stand in an element of their own: <tags><tag>a</tag><tag>b</tag></tags> where `tags` is a list.
bool IsWrapper(const XmlNode& node, const Type& element) {
  if (node.children.empty() || !Trimmed(node.text).empty()) return false;
  const std::string& name = node.children.front().name;
  const auto is_other = [&](const XmlNode& child) { return child.is_attribute || child.name != name; };
  if (std::any_of(node.children.begin(), node.children.end(), is_other)) return false;
  return element.kind != TypeKind::kMap && element.kind != TypeKind::kJson && MemberType(&element, name) == nullptr;
}

void AppendValue(const XmlNode& node, const Type* type, std::string* json);

void AppendText(const std::string& text, const Type* type, std::string* json) {
  const bool as_it_stands = type == nullptr || type->kind == TypeKind::kString || type->kind == TypeKind::kJson;
  const std::string_view value = as_it_stands ? std::string_view(text) : Trimmed(text);
  if (value.empty() && type != nullptr && type->nullable) {
    *json += "null";
    return;
  }
  AppendJsonString(value, json);
}

void AppendList(const std::vector<const XmlNode*>& nodes, const Type* type, std::string* json) {
  const Type* const element = type != nullptr && type->kind == TypeKind::kList ? &type->fields.front().type : nullptr;
  *json += '[';
  bool first = true;
  const auto append = [&](const XmlNode& node) {
    if (!first) *json += ',';
    first = false;
    AppendValue(node, element, json);
  };
  if (element != nullptr && nodes.size() == 1 && IsWrapper(*nodes.front(), *element)) {
    for (const XmlNode& child : nodes.front()->children) append(child);
  } else {
    for (const XmlNode* node : nodes) append(*node);
  }
  *json += ']';
}

void AppendMember(std::string_view name, const std::vector<const XmlNode*>& nodes, const Type* type, std::string* json) {
  *json += json->back() == '{' ? "" : ",";
  AppendJsonString(name, json);
  *json += ':';
  const bool is_list = type != nullptr && type->kind == TypeKind::kList;
  const bool is_empty = nodes.size() == 1 && nodes.front()->children.empty() && Trimmed(nodes.front()->text).empty();
  if (is_list && nodes.front()->is_nil) {
    *json += "null";
  } else if (is_list && is_empty) {
    *json += "[]";
  } else if (is_list || nodes.size() > 1) {
    AppendList(nodes, type, json);
  } else {
    AppendValue(*nodes.front(), type, json);
  }
}

template <typename TypeOf>
void AppendObject(const XmlNode& node, const TypeOf& type_of, std::string* json) {
  // By name; of one name in the order of the document.
  std::vector<const XmlNode*> children;
  for (const XmlNode& child : node.children) children.push_back(&child);
  std::stable_sort(children.begin(), children.end(), [](const XmlNode* a, const XmlNode* b) { return a->name < b->name; });
  *json += '{';
  for (size_t i = 0; i < children.size();) {
    std::vector<const XmlNode*> same;
    const std::string& name = children[i]->name;
    for (; i < children.size() && children[i]->name == name; ++i) same.push_back(children[i]);
    AppendMember(name, same, type_of(name), json);
  }
  if (const std::string_view text = Trimmed(node.text); !text.empty()) {
    XmlNode own;
    own.text = std::string(text);
    AppendMember(kTextName, {&own}, type_of(kTextName), json);
  }
  *json += '}';
}

void AppendValue(const XmlNode& node, const Type* type, std::string* json) {
  if (node.is_nil) {
    *json += "null";
    return;
  }
  const bool is_scalar = type != nullptr && !type->is_nested() && type->kind != TypeKind::kJson;
  const bool is_object = type != nullptr && (type->kind == TypeKind::kStruct || type->kind == TypeKind::kMap);
  // Where the schema wants a scalar, attributes are left out.
  const bool is_leaf = node.children.empty() ? !is_object : is_scalar && !HasElements(node);
  if (is_leaf) return AppendText(node.text, type, json);
  AppendObject(node, [type](std::string_view name) { return MemberType(type, name); }, json);
}

}  // namespace

void AppendXmlRecord(const XmlNode& record, const Schema& schema, std::string* json) {
  AppendObject(record, [&](std::string_view name) { return FieldType(schema.fields, name); }, json);
}

}  // namespace tailrace
