#include "config/yaml_builder.h"

#include <libfyaml.h>

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "config/scalar_text.h"
#include "config/yaml_messages.h"

namespace tailrace::config {
namespace {

struct ParserDeleter {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};
struct DiagDeleter {
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};

ScalarStyle StyleOf(fy_token* token) {
  switch (fy_scalar_token_get_style(token)) {
    case FYSS_SINGLE_QUOTED:
      return ScalarStyle::kSingleQuoted;
    case FYSS_DOUBLE_QUOTED:
      return ScalarStyle::kDoubleQuoted;
    case FYSS_LITERAL:
      return ScalarStyle::kLiteral;
    case FYSS_FOLDED:
      return ScalarStyle::kFolded;
    default:
      return ScalarStyle::kPlain;
  }
}

std::string TokenText(fy_token* token) {
  if (token == nullptr) return {};
  size_t length = 0;
  const char* text = fy_token_get_text(token, &length);
  return text == nullptr ? std::string() : std::string(text, length);
}

}  // namespace

class YamlBuilder::Run {
 public:
  Run(YamlBuilder& builder, size_t base, AliasScope scope) : builder_(builder), base_(base), scope_(scope) {}

  Piece Read(std::string_view text);

 private:
  struct Frame {
    Node* node;
    Node* key = nullptr;  // of a mapping: waits for its value
    std::string anchor;
    size_t reached_before;
    size_t height = 1;
  };
  struct Anchored {
    Node* node;
    size_t weight;  // nodes that an alias adds
    size_t height;
  };

  void Take(fy_event* event);
  void TakeScalar(fy_event* event);
  void TakeAlias(fy_event* event);
  void Open(fy_event* event, NodeKind kind, fy_token* anchor, fy_token* tag);
  void Close(fy_event* event);
  void Attach(Node* node, size_t height);
  void RefuseTag(fy_token* tag);
  void Stop(size_t offset, std::string message);
  bool Count(size_t nodes, size_t offset);
  size_t Offset(const fy_mark* mark) const { return mark == nullptr ? last_ : base_ + mark->input_pos; }
  size_t ColumnOf(size_t offset) const;
  SyntaxFault FirstFault(fy_diag* diag) const;
  Report& report() { return builder_.report_; }

  YamlBuilder& builder_;
  const size_t base_;
  const AliasScope scope_;
  std::vector<Frame> open_;
  std::unordered_map<std::string, Anchored> anchors_;
  Node* root_ = nullptr;
  int documents_ = 0;
  size_t last_ = 0;  // where the last thing with a place began
  bool stopped_ = false;
};

Piece YamlBuilder::Build(std::string_view text, size_t base, AliasScope scope) {
  return Run(*this, base, scope).Read(text);
}

Piece YamlBuilder::Run::Read(std::string_view text) {
  last_ = base_;
  fy_diag_cfg diag_config;
  fy_diag_cfg_default(&diag_config);
  diag_config.fp = nullptr;
  diag_config.colorize = false;
  const std::unique_ptr<fy_diag, DiagDeleter> diag(fy_diag_create(&diag_config));
  fy_parse_cfg config{};
  config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG);
  config.diag = diag.get();
  if (diag == nullptr) return {nullptr, SyntaxFault{base_, "out of memory"}, true};
  fy_diag_set_collect_errors(diag.get(), true);
  const std::unique_ptr<fy_parser, ParserDeleter> parser(fy_parser_create(&config));
  if (parser == nullptr || fy_parser_set_string(parser.get(), text.data(), text.size()) != 0) {
    return {nullptr, SyntaxFault{base_, "out of memory"}, true};
  }
  while (!stopped_) {
    fy_event* event = fy_parser_parse(parser.get());
    if (event == nullptr) break;
    Take(event);
    fy_parser_event_free(parser.get(), event);
  }
  Piece piece;
  piece.root = root_;
  piece.limit_reached = stopped_;
  if (!stopped_ && fy_parser_get_stream_error(parser.get())) piece.fault = FirstFault(diag.get());
  return piece;
}

SyntaxFault YamlBuilder::Run::FirstFault(fy_diag* diag) const {
  void* iterator = nullptr;
  const fy_diag_error* error = fy_diag_errors_iterate(diag, &iterator);
  if (error == nullptr) return {last_, "this is not YAML"};
  const int base_line = builder_.source_.PlaceAt(base_).line;
  const size_t offset = builder_.source_.OffsetAt(base_line + error->line - 1, error->column);
  return {offset, ExplainSyntaxError(error->msg == nullptr ? "" : error->msg, builder_.source_, offset)};
}

size_t YamlBuilder::Run::ColumnOf(size_t offset) const {
  const size_t line_break = offset == 0 ? std::string_view::npos : builder_.source_.text().rfind('\n', offset - 1);
  return line_break == std::string_view::npos ? offset : offset - line_break - 1;
}

void YamlBuilder::Run::Take(fy_event* event) {
  last_ = Offset(fy_event_start_mark(event));
  switch (event->type) {
    case FYET_DOCUMENT_START:
      if (++documents_ > 1) Stop(last_, "a second YAML document begins here: a pipeline file is one document");
      break;
    case FYET_SCALAR:
      TakeScalar(event);
      break;
    case FYET_ALIAS:
      TakeAlias(event);
      break;
    case FYET_MAPPING_START:
      Open(event, NodeKind::kMapping, event->mapping_start.anchor, event->mapping_start.tag);
      break;
    case FYET_SEQUENCE_START:
      Open(event, NodeKind::kSequence, event->sequence_start.anchor, event->sequence_start.tag);
      break;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
      Close(event);
      break;
    default:
      break;
  }
}

void YamlBuilder::Run::Stop(size_t offset, std::string message) {
  report().Error(offset, std::move(message));
  stopped_ = true;
}

bool YamlBuilder::Run::Count(size_t nodes, size_t offset) {
  builder_.reached_ += nodes;
  if (builder_.reached_ <= builder_.limits_.nodes_max) return true;
  Stop(offset, "more than " + std::to_string(builder_.limits_.nodes_max) +
                   " values (each use of an alias counts what it stands for)");
  return false;
}

void YamlBuilder::Run::RefuseTag(fy_token* tag) {
  if (tag == nullptr) return;
  report().Error(Offset(fy_token_start_mark(tag)), "a YAML tag (!...) has no meaning here: leave it out");
}

void YamlBuilder::Run::TakeScalar(fy_event* event) {
  fy_token* token = event->scalar.value;
  Node* node = builder_.tree_.NewNode();
  RefuseTag(event->scalar.tag);
  if (token == nullptr) {
    node->absent = true;
    node->begin = node->end = last_;
    if (!open_.empty() && open_.back().key != nullptr) node->begin = node->end = open_.back().key->begin;
  } else {
    node->style = StyleOf(token);
    node->begin = Offset(fy_token_start_mark(token));
    node->end = Offset(fy_token_end_mark(token));
    last_ = node->begin;
    const bool block = node->style == ScalarStyle::kLiteral || node->style == ScalarStyle::kFolded;
    if (block && !open_.empty()) node->parent_indent = ColumnOf(open_.back().node->begin);
    node->text = ReadScalarText(*node, builder_.source_.text()).text;
    if (node->text.find('\0') != std::string::npos)
      report().Error(node->begin, "a text must not hold the character NUL");
  }
  if (!Count(1, node->begin)) return;
  if (event->scalar.anchor != nullptr) anchors_[TokenText(event->scalar.anchor)] = {node, 1, 1};
  Attach(node, 1);
}

void YamlBuilder::Run::TakeAlias(fy_event* event) {
  const std::string name = TokenText(event->alias.anchor);
  const size_t offset = event->alias.anchor != nullptr ? Offset(fy_token_start_mark(event->alias.anchor)) : last_;
  const auto refuse = [&](const std::string& message, bool tell) {
    if (tell) report().Error(offset, message);
    Node* stand_in = builder_.tree_.NewNode();
    stand_in->broken = true;
    stand_in->begin = stand_in->end = offset;
    if (Count(1, offset)) Attach(stand_in, 1);
  };
  for (const Frame& frame : open_) {
    if (frame.anchor == name && !name.empty())
      return refuse("the alias *" + name + " stands inside what it names", true);
  }
  const auto found = anchors_.find(name);
  if (found == anchors_.end()) {
    return refuse("there is no anchor &" + name + " before this alias (a text that begins with * must be quoted)",
                  scope_ == AliasScope::kComplete);
  }
  if (open_.size() + found->second.height > builder_.limits_.depth_max) {
    return Stop(offset, "nested deeper than " + std::to_string(builder_.limits_.depth_max) + " levels");
  }
  if (Count(found->second.weight, offset)) Attach(found->second.node, found->second.height);
}

void YamlBuilder::Run::Open(fy_event* event, NodeKind kind, fy_token* anchor, fy_token* tag) {
  if (open_.size() >= builder_.limits_.depth_max) {
    return Stop(last_, "nested deeper than " + std::to_string(builder_.limits_.depth_max) + " levels");
  }
  RefuseTag(tag);
  const size_t reached_before = builder_.reached_;
  if (!Count(1, last_)) return;
  Node* node = builder_.tree_.NewNode();
  node->kind = kind;
  node->flow = fy_event_get_node_style(event) == FYNS_FLOW;
  node->begin = node->end = last_;
  open_.push_back({node, nullptr, TokenText(anchor), reached_before, 1});
}

void YamlBuilder::Run::Close(fy_event* event) {
  if (open_.empty()) return;
  const Frame frame = open_.back();
  open_.pop_back();
  frame.node->end = std::max(frame.node->begin, Offset(fy_event_end_mark(event)));
  if (frame.node->kind == NodeKind::kMapping) RefuseRepeatedKeys(*frame.node, report());
  if (!frame.anchor.empty())
    anchors_[frame.anchor] = {frame.node, builder_.reached_ - frame.reached_before, frame.height};
  Attach(frame.node, frame.height);
}

void YamlBuilder::Run::Attach(Node* node, size_t height) {
  if (open_.empty()) {
    if (root_ == nullptr) root_ = node;
    return;
  }
  Frame& frame = open_.back();
  frame.height = std::max(frame.height, height + 1);
  if (frame.node->kind == NodeKind::kSequence) {
    frame.node->items.push_back(node);
  } else if (frame.key == nullptr) {
    frame.key = node;
    node->is_key = true;
  } else {
    const bool key_is_text = frame.key->kind == NodeKind::kScalar && !frame.key->broken;
    if (key_is_text && !(frame.key->absent))
      frame.node->entries.push_back({frame.key, node});
    else if (!frame.key->broken)
      report().Error(frame.key->begin, "a key must be a text");
    frame.key = nullptr;
  }
}

void RefuseRepeatedKeys(Node& mapping, Report& report) {
  std::unordered_map<std::string_view, const Node*> first;
  std::vector<Entry> kept;
  kept.reserve(mapping.entries.size());
  for (const Entry& entry : mapping.entries) {
    // `{a: decimal(12,3), b: decimal(9,3)}` has two keys `3)`, which are the halves of cut texts.
    if (mapping.flow && entry.value->absent) {
      kept.push_back(entry);
      continue;
    }
    const auto [found, is_new] = first.emplace(entry.key->text, entry.key);
    if (is_new) {
      kept.push_back(entry);
    } else {
      report.Error(entry.key->begin, Quoted(entry.key->text) + " stands here a second time; the first is on line " +
                                         std::to_string(report.source().PlaceAt(found->second->begin).line));
    }
  }
  mapping.entries = std::move(kept);
}

}  // namespace tailrace::config
