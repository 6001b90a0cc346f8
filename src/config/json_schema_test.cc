// The schema and the parser are made from one table; here they are held against each other on files right and wrong.
#include <gtest/gtest.h>
#include <regex.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include "config/key_table.h"
#include "config/load.h"
#include "config/scalar.h"
#include "config/substitution.h"

namespace tailrace::config {
namespace {

namespace fs = std::filesystem;

constexpr int kChangedFiles = 3000;

// As much of JSON Schema as the pipeline's uses. Schema and instance are both YAML nodes: JSON is YAML.
class Validator {
 public:
  explicit Validator(const Node& root) : root_(root) {}
  bool Valid(const Node& value) const { return Valid(value, root_); }

 private:
  bool Valid(const Node& value, const Node& schema) const;
  bool ValidType(const Node& value, const Node& types) const;
  bool ValidObject(const Node& value, const Node& schema) const;
  bool ValidArray(const Node& value, const Node& schema) const;

  const Node& root_;
};

// The schema's patterns are plain enough to be POSIX ones.
class Pattern {
 public:
  explicit Pattern(const std::string& text) {
    EXPECT_EQ(regcomp(&compiled_, text.c_str(), REG_EXTENDED | REG_NOSUB), 0) << text;
  }
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  ~Pattern() { regfree(&compiled_); }
  bool Matches(const std::string& text) const { return regexec(&compiled_, text.c_str(), 0, nullptr, 0) == 0; }

 private:
  regex_t compiled_;
};

bool Matches(const std::string& text, const std::string& pattern) {
  static std::map<std::string, Pattern> compiled;
  return compiled.try_emplace(pattern, pattern).first->second.Matches(text);
}

bool HasType(const Node& value, const std::string& type) {
  if (value.kind == NodeKind::kMapping) return type == "object";
  if (value.kind == NodeKind::kSequence) return type == "array";
  switch (TypeOf(value)) {
    case ScalarType::kNull:
      return type == "null";
    case ScalarType::kBool:
      return type == "boolean";
    case ScalarType::kInteger:
      return type == "integer" || type == "number";
    case ScalarType::kNumber:
      return type == "number" || (type == "integer" && ReadInteger(value).has_value());
    case ScalarType::kText:
      return type == "string";
  }
  return false;
}

bool Validator::ValidType(const Node& value, const Node& types) const {
  if (types.kind == NodeKind::kScalar) return HasType(value, types.text);
  for (const Node* type : types.items) {
    if (HasType(value, type->text)) return true;
  }
  return false;
}

bool Validator::ValidObject(const Node& value, const Node& schema) const {
  const Node* properties = schema.Value("properties");
  const Node* others = schema.Value("additionalProperties");
  const Node* names = schema.Value("propertyNames");
  if (const Node* required = schema.Value("required")) {
    for (const Node* name : required->items) {
      if (value.Find(name->text) == nullptr) return false;
    }
  }
  if (const Node* least = schema.Value("minProperties")) {
    if (value.entries.size() < static_cast<size_t>(*ReadInteger(*least))) return false;
  }
  for (const Entry& entry : value.entries) {
    if (names != nullptr && !Matches(entry.key->text, names->Value("pattern")->text)) return false;
    const Node* known = properties == nullptr ? nullptr : properties->Value(entry.key->text);
    if (known == nullptr && others != nullptr && others->kind == NodeKind::kScalar && others->text == "false")
      return false;
    const Node* own = known != nullptr ? known : others;
    if (own != nullptr && own->kind == NodeKind::kMapping && !Valid(*entry.value, *own)) return false;
  }
  return true;
}

bool Validator::ValidArray(const Node& value, const Node& schema) const {
  const Node* least = schema.Value("minItems");
  const Node* most = schema.Value("maxItems");
  if (least != nullptr && value.items.size() < static_cast<size_t>(*ReadInteger(*least))) return false;
  if (most != nullptr && value.items.size() > static_cast<size_t>(*ReadInteger(*most))) return false;
  const Node* items = schema.Value("items");
  for (const Node* item : value.items) {
    if (items != nullptr && !Valid(*item, *items)) return false;
  }
  return true;
}

bool Validator::Valid(const Node& value, const Node& schema) const {
  if (schema.Find("not") != nullptr) return false;
  if (const Node* ref = schema.Value("$ref")) {
    if (!Valid(value, *root_.Value("$defs")->Value(ref->text.substr(std::string("#/$defs/").size())))) return false;
  }
  if (const Node* any = schema.Value("anyOf")) {
    bool found = false;
    for (const Node* alternative : any->items) found = found || Valid(value, *alternative);
    if (!found) return false;
  }
  if (const Node* type = schema.Value("type"); type != nullptr && !ValidType(value, *type)) return false;
  const bool text = value.kind == NodeKind::kScalar && TypeOf(value) == ScalarType::kText;
  if (const Node* word = schema.Value("const"); word != nullptr && (!text || value.text != word->text)) return false;
  if (const Node* words = schema.Value("enum")) {
    bool found = false;
    for (const Node* word : words->items) found = found || (text && word->text == value.text);
    if (!found) return false;
  }
  if (const Node* pattern = schema.Value("pattern"); pattern != nullptr && text) {
    if (!Matches(value.text, pattern->text)) return false;
  }
  const Node* minimum = schema.Value("minimum");
  const Node* maximum = schema.Value("maximum");
  if ((minimum != nullptr || maximum != nullptr) && HasType(value, "number")) {
    const auto number = ReadNumber(value);
    if (!number) return false;
    if (minimum != nullptr && *number < *ReadNumber(*minimum)) return false;
    if (maximum != nullptr && *number > *ReadNumber(*maximum)) return false;
  }
  if (value.kind == NodeKind::kMapping) return ValidObject(value, schema);
  if (value.kind == NodeKind::kSequence) return ValidArray(value, schema);
  return true;
}

struct Document {
  explicit Document(std::string text)
      : source(std::move(text)), report(source, "p.yaml"), tree(ParseYaml(source, YamlLimits{}, report)) {}
  SourceText source;
  Report report;
  Tree tree;
};

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

std::vector<fs::path> Fixtures() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(fs::path(TAILRACE_SOURCE_DIR) / "tests" / "config")) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  }
  return paths;
}

class JsonSchemaTest : public testing::Test {
 protected:
  Document schema_{PipelineJsonSchema()};
};

TEST_F(JsonSchemaTest, IsJsonThatNamesItsDraft) {
  ASSERT_FALSE(schema_.report.has_errors());
  EXPECT_EQ(schema_.tree.root->Value("$schema")->text, "https://json-schema.org/draft/2020-12/schema");
  EXPECT_NE(schema_.tree.root->Value("properties")->Value("streams"), nullptr);
}

TEST_F(JsonSchemaTest, TakesWhatTheParserTakes) {
  const Validator validator(*schema_.tree.root);
  LoadOptions options;
  options.environment = [](std::string_view) { return std::string("x"); };
  int taken = 0;
  for (const fs::path& path : Fixtures()) {
    Document document(ReadAll(path));
    if (!ParsePipeline(document.source.text(), path.string(), options).pipeline) continue;
    EXPECT_TRUE(validator.Valid(*document.tree.root)) << path;
    ++taken;
  }
  EXPECT_GE(taken, 3);
}

TEST_F(JsonSchemaTest, JudgesTheFormOfEachFileAsTheParserDoes) {
  const Validator validator(*schema_.tree.root);
  for (const fs::path& path : Fixtures()) {
    Document document(ReadAll(path));
    if (document.tree.root == nullptr || document.report.has_errors() ||
        document.source.text().find("${") != std::string_view::npos)
      continue;
    const bool valid = validator.Valid(*document.tree.root);
    CheckShape(*document.tree.root, PipelineShape(), document.report);
    EXPECT_EQ(valid, !document.report.has_errors()) << path;
  }
}

// Changes one place of the tree: removes, renames, repeats under another name, or puts something of another form there.
class Change {
 public:
  explicit Change(uint32_t seed) : random_(seed) {}

  void Apply(Tree& tree) {
    std::vector<Node*> nodes = ReachableNodes(tree);
    Node& node = *nodes[Below(nodes.size())];
    if (node.is_key) {
      node.text = kWords[Below(std::size(kWords))];
    } else if (node.kind == NodeKind::kMapping && !node.entries.empty() && Below(2) == 0) {
      ChangeEntries(tree, node);
    } else if (node.kind == NodeKind::kSequence && !node.items.empty() && Below(2) == 0) {
      if (Below(2) == 0)
        node.items.pop_back();
      else
        node.items.push_back(node.items[0]);
    } else {
      Put(tree, node);
    }
  }

 private:
  static constexpr const char* kWords[] = {"sql", "type", "file", "http", "generate", "csv",  "x-y",    "1x",
                                           "key", "none", "one",  "true", "/a",       "lake", "status", "echo"};
  static constexpr const char* kPlain[] = {
      "1", "0", "-3", "2.0", "2.5", "1e3", "0x10", "true", "null", "", "~", "1000000000000000000000", "300", "404"};

  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }

  void ChangeEntries(Tree& tree, Node& mapping) {
    const size_t at = Below(mapping.entries.size());
    if (Below(3) > 0) {
      mapping.entries.erase(mapping.entries.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    }
    Node* key = tree.NewNode();
    *key = *mapping.entries[at].key;
    key->text = kWords[Below(std::size(kWords))];
    if (mapping.Find(key->text) == nullptr) mapping.entries.push_back({key, mapping.entries[at].value});
  }

  void Put(Tree& tree, Node& node) {
    Node other;
    switch (Below(5)) {
      case 0:
        other.text = kPlain[Below(std::size(kPlain))];
        break;
      case 1:
        other.text = kWords[Below(std::size(kWords))];
        break;
      case 2:
        other.kind = NodeKind::kMapping;
        break;
      case 3:
        other.kind = NodeKind::kSequence;
        break;
      default: {
        Node* inner = tree.NewNode();
        *inner = node;
        other.kind = NodeKind::kSequence;
        other.items = {inner};
      }
    }
    node = other;
  }

  std::mt19937 random_;
};

TEST_F(JsonSchemaTest, AgreesWithTheParserOnThousandsOfChangedFiles) {
  const Validator validator(*schema_.tree.root);
  constexpr std::string_view kVariable = "${DATA:-.}";
  std::string text = ReadAll(fs::path(TAILRACE_SOURCE_DIR) / "tests" / "config" / "everything.yaml");
  ASSERT_NE(text.find(kVariable), std::string::npos);
  text.replace(text.find(kVariable), kVariable.size(), ".");
  int valid_files = 0;
  for (uint32_t seed = 0; seed < kChangedFiles; ++seed) {
    Document document(text);
    Change(seed).Apply(document.tree);
    const bool valid = validator.Valid(*document.tree.root);
    valid_files += valid ? 1 : 0;
    CheckShape(*document.tree.root, PipelineShape(), document.report);
    const auto told = document.report.Finish();
    ASSERT_EQ(valid, told.empty()) << "seed " << seed << ": " << (told.empty() ? "" : Render(told[0], false));
  }
  EXPECT_GT(valid_files, kChangedFiles / 20);
  EXPECT_LT(valid_files, kChangedFiles - kChangedFiles / 20);
}

TEST(KeyReferenceTest, TheManualHoldsEveryKey) {
  constexpr std::string_view kBegin = "<!-- keys -->\n";
  constexpr std::string_view kEnd = "<!-- end of keys -->\n";
  const fs::path path = fs::path(TAILRACE_SOURCE_DIR) / "docs" / "pipeline-file.md";
  std::string manual = ReadAll(path);
  const size_t begin = manual.find(kBegin);
  const size_t end = manual.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const size_t from = begin + kBegin.size();
  const std::string written = manual.substr(from, end - from);
  if (std::getenv("TAILRACE_UPDATE") != nullptr)
    std::ofstream(path, std::ios::binary) << manual.replace(from, end - from, KeyReference());
  EXPECT_EQ(written, KeyReference());
}

}  // namespace
}  // namespace tailrace::config
