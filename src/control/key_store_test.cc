#include "control/key_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "auth/api_key.h"
#include "control/key_book.h"
#include "control/seal_key.h"

namespace tailrace::control {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDayMs = 24 * kHourMs;

class KeyStoreTest : public ::testing::Test {
 protected:
  KeyStoreTest() {
    folder_ = std::filesystem::path(::testing::TempDir()) / ("keys_" + std::to_string(::getpid()) + "_" +
                                                             ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    path_ = (folder_ / "control.sqlite").string();
    store_ = Open();
  }
  ~KeyStoreTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<KeyStore> Open() {
    auto store = KeyStore::Open(path_, clock_);
    EXPECT_TRUE(store.has_value());
    return std::move(*store);
  }
  IssuedKey Add(auth::Grant grant = Reader(), std::optional<int64_t> expires_ms = std::nullopt) {
    auto issued = store_->Add({.name = "a name", .grant = std::move(grant), .expires_ms = expires_ms});
    EXPECT_TRUE(issued.has_value());
    return *issued;
  }
  std::unique_ptr<KeyBook> Book() {
    auto book = KeyBook::Open(path_, clock_);
    EXPECT_TRUE(book.has_value());
    return std::move(*book);
  }
  std::string FileText() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  static auth::Grant FullGrantButLimited() { return {{auth::Role::kRead, auth::Role::kIngest}, std::set<auth::Thing>{{auth::ThingKind::kTable, "t"}}}; }
  static auth::Grant Reader() { return {{auth::Role::kRead}, std::nullopt}; }
  static auth::Grant SalesIngest() { return {{auth::Role::kIngest}, std::set<auth::Thing>{{auth::ThingKind::kStream, "sales"}}}; }

  ManualClock clock_{WallTime{1'700'000'000'000'000}};
  std::filesystem::path folder_;
  std::string path_;
  std::unique_ptr<KeyStore> store_;
};

TEST_F(KeyStoreTest, AKeyOpensWhatItWasMadeFor) {
  const IssuedKey issued = Add(SalesIngest());
  const auto caller = Book()->Identify(issued.text);
  ASSERT_TRUE(caller.has_value());
  EXPECT_TRUE((*caller)->grant.Holds(auth::Role::kIngest));
  EXPECT_FALSE((*caller)->grant.Holds(auth::Role::kRead));
  EXPECT_TRUE((*caller)->grant.Covers(auth::ThingKind::kStream, "sales"));
  EXPECT_FALSE((*caller)->grant.Covers(auth::ThingKind::kStream, "returns"));
  EXPECT_FALSE((*caller)->grant.Covers(auth::ThingKind::kTable, "sales"));
}

TEST_F(KeyStoreTest, TheTextOfAKeyIsNotInItsFiles) {
  const IssuedKey issued = Add();
  const std::string secret = issued.text.substr(auth::kApiKeyPrefix.size() + auth::kApiKeyIdBytes + 1);
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    EXPECT_EQ(bytes.find(secret), std::string::npos) << entry.path();
  }
}

TEST_F(KeyStoreTest, TheFilesAreTheirOwnersAlone) {
  Add();
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    struct stat info {};
    ASSERT_EQ(stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U) << entry.path();
  }
}

TEST_F(KeyStoreTest, AKeyEndsWhenItExpires) {
  const IssuedKey issued = Add(Reader(), clock_.Now().millis() + kDayMs);
  const auto book = Book();
  clock_.Advance(std::chrono::milliseconds(kDayMs - 1));
  EXPECT_TRUE(book->Identify(issued.text).has_value());
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_FALSE(book->Identify(issued.text).has_value());
  EXPECT_TRUE(book->HasKeys());
  EXPECT_FALSE(book->HasValidKey());
}

TEST_F(KeyStoreTest, ARunningServerSeesChangesOfAnotherConnection) {
  const auto book = Book();
  EXPECT_FALSE(book->HasKeys());
  const IssuedKey issued = Add();
  ASSERT_TRUE(book->Refresh().has_value());
  EXPECT_TRUE(book->Identify(issued.text).has_value());
  ASSERT_TRUE(store_->Revoke(issued.record.id).has_value());
  ASSERT_TRUE(book->Refresh().has_value());
  EXPECT_FALSE(book->Identify(issued.text).has_value());
}

TEST_F(KeyStoreTest, TheOldKeyOfARotationEndsAfterTheOverlap) {
  const IssuedKey old = Add(SalesIngest(), clock_.Now().millis() + 90 * kDayMs);
  clock_.Advance(std::chrono::milliseconds(10 * kDayMs));
  const auto issued = store_->Rotate(old.record.id, kDayMs);
  ASSERT_TRUE(issued.has_value());
  const auto book = Book();
  EXPECT_TRUE(book->Identify(old.text).has_value());
  EXPECT_TRUE(book->Identify(issued->text).has_value());
  clock_.Advance(std::chrono::milliseconds(kDayMs));
  EXPECT_FALSE(book->Identify(old.text).has_value());
  const auto caller = book->Identify(issued->text);
  ASSERT_TRUE(caller.has_value());
  EXPECT_EQ((*caller)->grant.things, SalesIngest().things);
  EXPECT_EQ(issued->record.expires_ms, issued->record.created_ms + 90 * kDayMs);
}

TEST_F(KeyStoreTest, ARotationNeverLengthensTheLifeOfTheOldKey) {
  const IssuedKey old = Add(Reader(), clock_.Now().millis() + kHourMs);
  ASSERT_TRUE(store_->Rotate(old.record.id, kDayMs).has_value());
  clock_.Advance(std::chrono::milliseconds(kHourMs));
  EXPECT_FALSE(Book()->Identify(old.text).has_value());
}

TEST_F(KeyStoreTest, WhatIsOverIsNotRotated) {
  const IssuedKey revoked = Add();
  ASSERT_TRUE(store_->Revoke(revoked.record.id).has_value());
  EXPECT_EQ(store_->Rotate(revoked.record.id, kDayMs).error().code(), ErrorCode::kConflict);
  const IssuedKey twice = Add();
  ASSERT_TRUE(store_->Rotate(twice.record.id, kDayMs).has_value());
  EXPECT_EQ(store_->Rotate(twice.record.id, kDayMs).error().code(), ErrorCode::kConflict);
}

TEST_F(KeyStoreTest, GrantsThatCannotBeAreRefused) {
  EXPECT_FALSE(store_->Add({.name = "", .grant = {}, .expires_ms = std::nullopt}).has_value());
  EXPECT_FALSE(store_->Add({.name = "", .grant = {{auth::Role::kRead}, std::set<auth::Thing>()}, .expires_ms = std::nullopt}).has_value());
  EXPECT_FALSE(store_
                   ->Add({.name = "",
                          .grant = {{auth::Role::kAdmin}, std::set<auth::Thing>{{auth::ThingKind::kStream, "sales"}}},
                          .expires_ms = std::nullopt})
                   .has_value());
  EXPECT_FALSE(store_->Add({.name = "a\nb", .grant = Reader(), .expires_ms = std::nullopt}).has_value());
}

TEST_F(KeyStoreTest, ARowThatWasChangedByOthersOpensNothing) {
  const IssuedKey issued = Add(SalesIngest());
  for (const char* change : {"roles = 'admin', things = '*'", "things = '*'", "expires_ms = 1", "name = 'other'", "roles = 'root'"}) {
    auto connection = sqlite::Connection::Open({.path = path_});
    ASSERT_TRUE(connection.has_value());
    ASSERT_TRUE((*connection)->Execute("CREATE TABLE IF NOT EXISTS was AS SELECT * FROM keys").has_value());
    ASSERT_TRUE((*connection)->Execute(std::string("UPDATE keys SET ") + change).has_value());
    EXPECT_FALSE(Book()->Identify(issued.text).has_value()) << change;
    ASSERT_TRUE((*connection)->Execute("DELETE FROM keys; INSERT INTO keys SELECT * FROM was").has_value());
    EXPECT_TRUE(Book()->Identify(issued.text).has_value()) << change;
  }
}

TEST_F(KeyStoreTest, TheSecretOfAnAccessKeyIsKeptSealedAndSignsForWhatItWasMadeFor) {
  const auto issued = store_->Add({.name = "", .grant = SalesIngest(), .expires_ms = std::nullopt, .aws = true});
  ASSERT_TRUE(issued.has_value());
  EXPECT_EQ(issued->record.id.size(), auth::kAccessKeyIdBytes);
  EXPECT_EQ(issued->text.size(), 40U);
  const auto signer = Book()->FindSigner(issued->record.id);
  ASSERT_TRUE(signer.has_value());
  EXPECT_EQ(signer->secret, issued->text);
  EXPECT_EQ(signer->caller->grant, SalesIngest());
  store_.reset();
  EXPECT_EQ(FileText().find(issued->text), std::string::npos);
  struct stat file {};
  ASSERT_EQ(stat(SealKeyPath(path_).c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
}

TEST_F(KeyStoreTest, AnAccessKeyIsNoKeyAndAKeyIsNoAccessKey) {
  const auto access = store_->Add({.name = "", .grant = Reader(), .expires_ms = std::nullopt, .aws = true});
  const IssuedKey key = Add();
  ASSERT_TRUE(access.has_value());
  const auto book = Book();
  EXPECT_FALSE(book->Identify(access->record.id).has_value());
  EXPECT_FALSE(book->Identify(access->text).has_value());
  EXPECT_FALSE(book->FindSigner(key.record.id).has_value());
  EXPECT_FALSE(book->FindSigner("").has_value());
}

TEST_F(KeyStoreTest, AnAccessKeyEndsWithItsTimeItsRevocationItsKeyFileAndWithADamagedRow) {
  const auto ends = store_->Add({.name = "", .grant = Reader(), .expires_ms = clock_.Now().millis() + kHourMs, .aws = true});
  const auto revoked = store_->Add({.name = "", .grant = Reader(), .expires_ms = std::nullopt, .aws = true});
  const auto stays = store_->Add({.name = "", .grant = Reader(), .expires_ms = std::nullopt, .aws = true});
  ASSERT_TRUE(ends && revoked && stays);
  EXPECT_TRUE(Book()->FindSigner(ends->record.id).has_value());
  clock_.Advance(std::chrono::hours(1));
  EXPECT_FALSE(Book()->FindSigner(ends->record.id).has_value());
  ASSERT_TRUE(store_->Revoke(revoked->record.id).has_value());
  EXPECT_FALSE(Book()->FindSigner(revoked->record.id).has_value());
  std::filesystem::rename(SealKeyPath(path_), SealKeyPath(path_) + ".away");
  EXPECT_FALSE(Book()->FindSigner(stays->record.id).has_value());
  EXPECT_TRUE(Book()->HasKeys());
  std::filesystem::rename(SealKeyPath(path_) + ".away", SealKeyPath(path_));
  EXPECT_TRUE(Book()->FindSigner(stays->record.id).has_value());
  auto connection = sqlite::Connection::Open({.path = path_});
  ASSERT_TRUE(connection.has_value());
  ASSERT_TRUE((*connection)->Execute("UPDATE keys SET hash = (SELECT hash FROM keys WHERE revoked_ms > 0)").has_value());
  EXPECT_FALSE(Book()->FindSigner(stays->record.id).has_value());
}

TEST_F(KeyStoreTest, ARotatedAccessKeyIsAnAccessKeyAgain) {
  const auto old = store_->Add({.name = "", .grant = Reader(), .expires_ms = std::nullopt, .aws = true});
  ASSERT_TRUE(old.has_value());
  const auto fresh = store_->Rotate(old->record.id, kHourMs);
  ASSERT_TRUE(fresh.has_value());
  const auto book = Book();
  EXPECT_EQ(book->FindSigner(old->record.id).value().secret, old->text);
  EXPECT_EQ(book->FindSigner(fresh->record.id).value().secret, fresh->text);
}

TEST_F(KeyStoreTest, KeysThatVanishedAreMissed) {
  const IssuedKey issued = Add();
  store_.reset();
  auto connection = sqlite::Connection::Open({.path = path_});
  ASSERT_TRUE(connection.has_value());
  ASSERT_TRUE((*connection)->Execute("CREATE TABLE was AS SELECT * FROM keys").has_value());
  for (const char* change : {"DELETE FROM keys", "DROP TABLE keys"}) {
    ASSERT_TRUE((*connection)->Execute(change).has_value());
    const auto book = KeyBook::Open(path_, clock_);
    ASSERT_FALSE(book.has_value()) << change;
    EXPECT_EQ(book.error().code(), ErrorCode::kCorruption) << change;
  }
  ASSERT_TRUE((*connection)->Execute("INSERT INTO keys SELECT * FROM was; PRAGMA user_version=0").has_value());
  EXPECT_TRUE(Book()->Identify(issued.text).has_value()) << "as a file of an older program, which does not count";
}

// Of each byte that is not empty one bit, of SQLite's own header all.
TEST_F(KeyStoreTest, NoBitThatTurnsOverOpensADoor) {
  const IssuedKey reader = Add(), revoked = Add(FullGrantButLimited());
  ASSERT_TRUE(store_->Revoke(revoked.record.id).has_value());
  store_.reset();
  const std::string sound = FileText();
  constexpr size_t kHeaderBytes = 120;
  size_t tried = 0;
  for (size_t bit = 0; bit < 8 * sound.size(); ++bit) {
    const size_t byte = bit / 8;
    if (byte >= kHeaderBytes && (sound[byte] == 0 || bit % 8 != byte % 8)) continue;
    std::string damaged = sound;
    damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << bit % 8));
    std::filesystem::remove(path_ + "-wal");
    std::filesystem::remove(path_ + "-shm");
    std::ofstream(path_, std::ios::binary).write(damaged.data(), static_cast<std::streamsize>(damaged.size()));
    ++tried;
    const auto book = KeyBook::Open(path_, clock_);
    if (!book) continue;  // found
    EXPECT_TRUE((*book)->HasKeys()) << "byte " << byte;
    EXPECT_FALSE((*book)->Identify(revoked.text).has_value()) << "byte " << byte;
    const auto caller = (*book)->Identify(reader.text);
    EXPECT_TRUE(!caller || (*caller)->grant == Reader()) << "byte " << byte;
  }
  EXPECT_GT(tried, 1000U);
}

TEST_F(KeyStoreTest, AKeyWithTheRightIdAndAnotherSecretIsRefused) {
  const IssuedKey issued = Add();
  const std::string forged = auth::ApiKeyText(issued.record.id, std::string(auth::kApiKeySecretBytes, 'a'));
  ASSERT_TRUE(auth::ApiKeyId(forged).has_value());
  EXPECT_FALSE(Book()->Identify(forged).has_value());
  EXPECT_TRUE(Book()->Identify(issued.text).has_value());
}

}  // namespace
}  // namespace tailrace::control
