// What every DocumentStore does. A test program includes this and instantiates the suite with its store:
//   INSTANTIATE_TEST_SUITE_P(Fake, DocumentStoreContract, ::testing::Values(&MakeFake));
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ports/document_store.h"
#include "ports/testing/json_value.h"

namespace tailrace::testing {

// A store over one place: Open makes it, and Open again gives what an earlier one left there.
class DocumentStoreHarness {
 public:
  virtual ~DocumentStoreHarness() = default;
  virtual std::unique_ptr<DocumentStore> Open() = 0;
};

using DocumentStoreHarnessFactory = std::function<std::unique_ptr<DocumentStoreHarness>()>;

class DocumentStoreContract : public ::testing::TestWithParam<DocumentStoreHarnessFactory> {
 protected:
  struct Change {
    std::string key;
    std::string document;
    std::vector<std::optional<std::string>> indexed;
  };

  void SetUp() override {
    harness_ = GetParam()();
    store_ = harness_->Open();
  }

  void Reopen() {
    store_.reset();
    store_ = harness_->Open();
  }

  static CollectionPlan Plan(MergeMode merge, std::string fingerprint = "f1") {
    CollectionPlan plan;
    plan.name = "things";
    plan.stream = "events";
    plan.merge = merge;
    plan.index = {"colour"};
    plan.fingerprint = std::move(fingerprint);
    return plan;
  }

  CollectionState Adopt(const CollectionPlan& plan) {
    auto states = store_->Adopt({plan});
    EXPECT_TRUE(states) << states.error().message();
    return states->at(0);
  }

  static std::vector<DocumentChange> Views(const std::vector<Change>& changes) {
    std::vector<DocumentChange> views;
    for (const Change& change : changes) {
      DocumentChange view{change.key, change.document, {}};
      for (const auto& value : change.indexed)
        view.indexed.push_back(value ? std::optional<std::string_view>(*value) : std::nullopt);
      if (view.indexed.empty()) view.indexed.push_back(std::nullopt);
      views.push_back(view);
    }
    return views;
  }

  Result<Flow> Apply(const std::vector<Change>& changes, int64_t next, std::string_view collection = "things") {
    return store_->Apply(collection, Views(changes), {{Offset{next}}});
  }

  std::string Json(std::string_view key, std::string_view collection = "things") {
    auto document = store_->Get(collection, key);
    return document ? document->json : std::string("error: ") + std::string(ErrorCodeName(document.error().code()));
  }

  int64_t Position() { return store_->CollectionPositions("things")->at(0).value; }

  std::unique_ptr<DocumentStoreHarness> harness_;
  std::unique_ptr<DocumentStore> store_;
};

TEST_P(DocumentStoreContract, NewCollectionStartsAtOffsetZero) {
  CollectionState state = Adopt(Plan(MergeMode::kReplace));
  EXPECT_EQ(state.name, "things");
  EXPECT_EQ(state.positions, Positions{Offset{0}});
  EXPECT_FALSE(state.changed);
}

TEST_P(DocumentStoreContract, DocumentsAndPositionsOutliveTheStore) {
  Adopt(Plan(MergeMode::kReplace));
  ASSERT_TRUE(Apply({{"a", R"({"n":1})", {}}}, 5));
  Reopen();
  EXPECT_EQ(Adopt(Plan(MergeMode::kReplace)).positions, Positions{Offset{5}});
  EXPECT_EQ(Json("a"), R"({"n":1})");
}

TEST_P(DocumentStoreContract, PositionsMoveWithoutChanges) {
  Adopt(Plan(MergeMode::kReplace));
  ASSERT_TRUE(Apply({}, 9));
  EXPECT_EQ(Position(), 9);
}

TEST_P(DocumentStoreContract, CountersAndPositionsAreOneCommit) {
  CollectionState state = Adopt(Plan(MergeMode::kReplace));
  EXPECT_EQ(state.flow, Flow());
  EXPECT_EQ(state.commits, 0);
  auto applied = store_->Apply("things", Views({{"a", "1", {}}}), {{Offset{5}}, Offset{2}, {5, 3, 1, 1}});
  ASSERT_TRUE(applied);
  EXPECT_EQ(*applied, (Flow{5, 3, 1, 1}));
  applied = store_->Apply("things", {}, {{Offset{6}}, std::nullopt, {1, 0, 1, 0}});
  ASSERT_TRUE(applied);
  EXPECT_EQ(*applied, (Flow{6, 3, 2, 1}));
  Reopen();
  state = Adopt(Plan(MergeMode::kReplace));
  EXPECT_EQ(state.flow, (Flow{6, 3, 2, 1}));
  EXPECT_EQ(state.positions, Positions{Offset{6}});
  EXPECT_EQ(state.letters, Offset{2}) << "not named, so as before";
  EXPECT_EQ(state.commits, 2);
}

TEST_P(DocumentStoreContract, AShadowCountsFromTheBeginning) {
  Adopt(Plan(MergeMode::kReplace));
  ASSERT_TRUE(store_->Apply("things", {}, {{Offset{5}}, std::nullopt, {5, 5, 0, 0}}));
  ASSERT_TRUE(store_->BeginShadow("things"));
  ASSERT_TRUE(store_->Apply("things@shadow", {}, {{Offset{5}}, std::nullopt, {5, 4, 1, 0}}));
  ASSERT_TRUE(store_->FinishShadow("things"));
  Reopen();
  CollectionState state = Adopt(Plan(MergeMode::kReplace));
  EXPECT_EQ(state.flow, (Flow{5, 4, 1, 0}));
  EXPECT_EQ(state.commits, 1);
}

TEST_P(DocumentStoreContract, MissingDocumentAndMissingCollectionAreNotFound) {
  Adopt(Plan(MergeMode::kReplace));
  EXPECT_EQ(Json("a"), "error: not_found");
  EXPECT_EQ(Json("a", "others"), "error: not_found");
  EXPECT_EQ(store_->Apply("others", {}, {{Offset{1}}}).error().code(), ErrorCode::kNotFound);
}

TEST_P(DocumentStoreContract, ReplaceKeepsTheLastDocumentOfABatch) {
  Adopt(Plan(MergeMode::kReplace));
  ASSERT_TRUE(Apply({{"a", R"({"n":1})", {}}, {"b", "[1, 2]", {}}, {"a", R"({"m":2})", {}}}, 3));
  EXPECT_EQ(Json("a"), R"({"m":2})");
  EXPECT_EQ(Json("b"), "[1,2]");
}

TEST_P(DocumentStoreContract, AttributesAreReplacedWholeAndKeepTheirPlace) {
  Adopt(Plan(MergeMode::kAttributes));
  ASSERT_TRUE(Apply({{"a", R"({"x":{"p":1},"y":2})", {}}, {"a", R"({"z":3,"x":{"q":4}})", {}}}, 2));
  EXPECT_EQ(Json("a"), R"({"x":{"q":4},"y":2,"z":3})");
}

TEST_P(DocumentStoreContract, DeepMergesObjectsAndTakesNullAsAValue) {
  Adopt(Plan(MergeMode::kDeep));
  ASSERT_TRUE(Apply({{"a", R"({"x":{"p":1,"l":[1]},"y":2})", {}}}, 1));
  ASSERT_TRUE(Apply({{"a", R"({"x":{"q":null,"l":[2]},"y":{"r":3}})", {}}}, 2));
  EXPECT_EQ(Json("a"), R"({"x":{"p":1,"l":[2],"q":null},"y":{"r":3}})");
}

TEST_P(DocumentStoreContract, PatchRemovesWhatIsNull) {
  Adopt(Plan(MergeMode::kPatch));
  ASSERT_TRUE(Apply({{"a", R"({"x":{"p":1,"n":null},"y":2})", {}}}, 1));
  EXPECT_EQ(Json("a"), R"({"x":{"p":1},"y":2})");
  ASSERT_TRUE(Apply({{"a", R"({"x":{"p":null},"y":null,"z":{"n":null}})", {}}}, 2));
  EXPECT_EQ(Json("a"), R"({"x":{},"z":{}})");
}

TEST_P(DocumentStoreContract, NumbersKeepTheirDigits) {
  Adopt(Plan(MergeMode::kDeep));
  const std::string digits = R"({"n":{"d":12345678901234567890123456789.500,"e":1E400,"i":-0}})";
  ASSERT_TRUE(Apply({{"a", digits, {}}}, 1));
  ASSERT_TRUE(Apply({{"a", R"({"n":{"m":1.10}})", {}}}, 2));
  EXPECT_EQ(Json("a"), R"({"n":{"d":12345678901234567890123456789.500,"e":1E400,"i":-0,"m":1.10}})");
}

TEST_P(DocumentStoreContract, RefusedChangeLeavesNothingOfItsBatch) {
  for (MergeMode merge : {MergeMode::kAttributes, MergeMode::kDeep, MergeMode::kPatch}) {
    SetUp();
    Adopt(Plan(merge));
    ASSERT_TRUE(Apply({{"a", R"({"n":1})", {}}}, 1));
    auto refused = Apply({{"a", R"({"n":2})", {}}, {"b", "7", {}}}, 3);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalid);
    EXPECT_EQ(Json("a"), R"({"n":1})");
    EXPECT_EQ(Position(), 1);
    ASSERT_TRUE(Apply({{"a", R"({"m":3})", {}}}, 3));
    EXPECT_EQ(Json("a"), R"({"n":1,"m":3})");
  }
}

TEST_P(DocumentStoreContract, FindPagesThroughTheKeysOfAValue) {
  Adopt(Plan(MergeMode::kReplace));
  ASSERT_TRUE(Apply(
      {{"d", "4", {"red"}}, {"b", "2", {"red"}}, {"a", "1", {"red"}}, {"c", "3", {"blue"}}, {"e", "5", {std::nullopt}}},
      5));
  DocumentQuery query{"colour", "red", 2, ""};
  auto first = store_->Find("things", query);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->documents.size(), 2U);
  EXPECT_EQ(first->documents[0].key, "a");
  EXPECT_EQ(first->documents[1].key, "b");
  EXPECT_EQ(first->next, "b");
  query.after = first->next;
  auto second = store_->Find("things", query);
  ASSERT_TRUE(second);
  ASSERT_EQ(second->documents.size(), 1U);
  EXPECT_EQ(second->documents[0].key, "d");
  EXPECT_EQ(second->documents[0].json, "4");
  EXPECT_EQ(second->next, "");
}

TEST_P(DocumentStoreContract, FindWithoutAFieldListsAll) {
  Adopt(Plan(MergeMode::kReplace));
  ASSERT_TRUE(Apply({{"b", "2", {}}, {"", "0", {}}, {"a", "1", {}}}, 3));
  auto page = store_->Find("things", {});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->documents.size(), 3U);
  EXPECT_EQ(page->documents[0].key, "");
  EXPECT_EQ(page->documents[2].key, "b");
}

TEST_P(DocumentStoreContract, IndexedFieldFollowsTheLastChange) {
  Adopt(Plan(MergeMode::kDeep));
  ASSERT_TRUE(Apply({{"a", "{}", {"red"}}, {"a", "{}", {"blue"}}}, 2));
  EXPECT_TRUE(store_->Find("things", {"colour", "red", 10, ""})->documents.empty());
  EXPECT_EQ(store_->Find("things", {"colour", "blue", 10, ""})->documents.size(), 1U);
}

TEST_P(DocumentStoreContract, FieldWithoutAnIndexIsRefused) {
  Adopt(Plan(MergeMode::kReplace));
  auto page = store_->Find("things", {"size", "1", 10, ""});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code(), ErrorCode::kInvalid);
}

TEST_P(DocumentStoreContract, ChangedDefinitionMustBeRebuiltBeforeItConsumes) {
  Adopt(Plan(MergeMode::kReplace));
  ASSERT_TRUE(Apply({{"a", "1", {}}}, 4));
  Reopen();
  CollectionState state = Adopt(Plan(MergeMode::kReplace, "f2"));
  EXPECT_TRUE(state.changed);
  EXPECT_EQ(state.positions, Positions{Offset{4}});
  EXPECT_EQ(Apply({}, 5).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(Json("a"), "1");
}

TEST_P(DocumentStoreContract, ShadowTakesThePlaceOfTheCollectionAtOnce) {
  Adopt(Plan(MergeMode::kReplace));
  ASSERT_TRUE(Apply({{"a", "1", {}}, {"b", "2", {}}}, 4));
  Reopen();
  Adopt(Plan(MergeMode::kReplace, "f2"));
  ASSERT_TRUE(store_->BeginShadow("things"));
  ASSERT_TRUE(Apply({{"a", "10", {"red"}}}, 3, "things@shadow"));
  EXPECT_EQ(Json("a"), "1");
  EXPECT_EQ(Position(), 4);
  ASSERT_TRUE(store_->FinishShadow("things"));
  EXPECT_EQ(Json("a"), "10");
  EXPECT_EQ(Json("b"), "error: not_found");
  EXPECT_EQ(Position(), 3);
  ASSERT_TRUE(Apply({{"c", "3", {}}}, 5));
  Reopen();
  CollectionState state = Adopt(Plan(MergeMode::kReplace, "f2"));
  EXPECT_FALSE(state.changed);
  EXPECT_EQ(state.positions, Positions{Offset{5}});
  EXPECT_EQ(Json("a"), "10");
}

TEST_P(DocumentStoreContract, BegunAgainAShadowIsEmpty) {
  Adopt(Plan(MergeMode::kReplace));
  ASSERT_TRUE(store_->BeginShadow("things"));
  ASSERT_TRUE(Apply({{"a", "1", {}}}, 1, "things@shadow"));
  ASSERT_TRUE(store_->BeginShadow("things"));
  ASSERT_TRUE(store_->FinishShadow("things"));
  EXPECT_EQ(Json("a"), "error: not_found");
  EXPECT_EQ(Position(), 0);
}

TEST_P(DocumentStoreContract, ReplaceMakesTheWholeCollection) {
  CollectionPlan plan = Plan(MergeMode::kReplace);
  plan.stream = "";
  Adopt(plan);
  ASSERT_TRUE(store_->Replace("things", Views({{"a", "1", {}}, {"b", "2", {}}})));
  ASSERT_TRUE(store_->Replace("things", Views({{"b", "3", {"red"}}})));
  EXPECT_EQ(Json("a"), "error: not_found");
  EXPECT_EQ(Json("b"), "3");
  EXPECT_EQ(store_->Find("things", {"colour", "red", 10, ""})->documents.size(), 1U);
  Reopen();
  Adopt(plan);
  EXPECT_EQ(Json("b"), "3");
}

// Random documents over few names and few depths, so that changes meet.
class RandomDocuments {
 public:
  explicit RandomDocuments(uint32_t seed) : random_(seed) {}

  size_t Below(size_t end) { return random_() % end; }

  std::string Object(int depth) {
    // Steps through the names, so that none comes twice.
    constexpr size_t kNames = 12;
    constexpr size_t kStep = 5;
    size_t name = Below(kNames);
    std::string text = "{";
    for (size_t i = Below(4); i > 0; --i, name += kStep) {
      if (text.size() > 1) text += ", ";
      text += "\"n" + std::to_string(name % kNames) + "\": " + Value(depth);
    }
    return text + "}";
  }

  std::string Value(int depth) {
    switch (Below(depth > 0 ? 7 : 4)) {
      case 0:
        return "null";
      case 1:
        return std::to_string(Below(1000)) + ".50";
      case 2:
        return R"("a \"b\" \\ {")";
      case 3:
        return "[1, {\"n1\": null}]";
      default:
        return Object(depth - 1);
    }
  }

 private:
  std::mt19937 random_;
};

TEST_P(DocumentStoreContract, AnySplitOfTheChangesGivesTheSameAsOnePass) {
  constexpr uint32_t kRounds = 4;
  constexpr size_t kChanges = 300;
  for (MergeMode merge : {MergeMode::kReplace, MergeMode::kAttributes, MergeMode::kDeep, MergeMode::kPatch}) {
    for (uint32_t round = 0; round < kRounds; ++round) {
      SetUp();
      Adopt(Plan(merge));
      RandomDocuments random(round * 4 + static_cast<uint32_t>(merge));
      std::map<std::string, JsonValue> expected;
      size_t applied = 0;
      while (applied < kChanges) {
        std::vector<Change> batch;
        for (size_t left = 1 + random.Below(round % 2 == 0 ? 40 : 4); left > 0; --left) {
          batch.push_back({"k" + std::to_string(random.Below(7)), random.Object(3), {}});
          JsonValue change = JsonValue::Parse(batch.back().document);
          auto known = expected.find(batch.back().key);
          // The first object of a patch is merged too: into an empty one.
          JsonValue merged = Merged(merge, known == expected.end() ? nullptr : &known->second, change);
          expected.insert_or_assign(batch.back().key, std::move(merged));
        }
        applied += batch.size();
        ASSERT_TRUE(Apply(batch, static_cast<int64_t>(applied)));
        if (random.Below(10) == 0) {
          Reopen();
          Adopt(Plan(merge));
        }
      }
      for (const auto& [key, value] : expected)
        ASSERT_EQ(Json(key), value.Text()) << "merge " << static_cast<int>(merge) << " round " << round;
    }
  }
}

}  // namespace tailrace::testing
