#include <cstddef>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include <t3api/sandbox/keys/memory_database.hpp>
#include <t3api/sandbox/keys/secret_keys.hpp>
#include <t3api/sandbox/keys/vault.hpp>

using namespace t3api::sandbox;
using t3api::secret;

namespace {

std::string from_hex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

/// The values below "## Vectors" in the document; a value that begins on the next line is indented.
class documented {
 public:
  documented() {
    std::ifstream file(T3API_SOURCE_DIR "/docs/credentials-at-rest.md");
    std::string line, name;
    while (std::getline(file, line) && line != "## Vectors") continue;
    while (std::getline(file, line) && line != "```text") continue;
    while (std::getline(file, line) && line != "```") {
      if (line.starts_with("  ")) {
        values_[name] += line.substr(2);
        continue;
      }
      const auto equals = line.find(" =");
      REQUIRE(equals != line.npos);
      name = line.substr(0, equals);
      values_[name] = equals + 3 < line.size() ? line.substr(equals + 3) : "";
    }
    REQUIRE(values_.size() == 19);
  }

  const std::string& text(const std::string& name) const { return values_.at(name); }
  std::string bytes(const std::string& name) const { return from_hex(values_.at(name)); }

  key_ring ring() const {
    return {.root = bytes("root"), .keys = {{"k1", bytes("key k1")}, {"k2", bytes("key k2")}}};
  }
  key_record record(const std::string& ring_id = "k1") const {
    return {.id = text("id"),
            .key_hash = bytes("key hash"),
            .owner = {text("hostname"), text("username")},
            .login = bytes("login"),
            .credentials = {ring_id, bytes("bytes under " + ring_id)}};
  }

 private:
  std::map<std::string, std::string> values_;
};

std::shared_ptr<key_ring_source> fixed(key_ring ring) {
  return std::make_shared<fixed_key_ring>(std::move(ring));
}

/// A ring that knows its newest keys only when it is asked to look again.
class late_ring final : public key_ring_source {
 public:
  late_ring(key_ring old, key_ring renewed)
      : ring_(std::make_shared<key_ring>(std::move(old))),
        renewed_(std::make_shared<key_ring>(std::move(renewed))) {}

  std::shared_ptr<const key_ring> ring() const override { return ring_; }
  std::shared_ptr<const key_ring> fresh_ring() override { return ring_ = renewed_; }

 private:
  std::shared_ptr<const key_ring> ring_, renewed_;
};

key_record some_record() {
  return {.id = "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
          .key_hash = std::string(32, 'h'),
          .owner = {"ca.metrc.com", "ann"},
          .login = std::string(32, 'l')};
}

stored_credentials some_credentials() {
  return {.hostname = "ca.metrc.com",
          .username = "ann",
          .password = "the password itself",
          .email = "ann@example.com",
          .otp_seed = "JBSWY3DPEHPK3PXP"};
}

key_record sealed(const vault& in) {
  auto record = some_record();
  record.credentials = in.seal(some_credentials(), record);
  return record;
}

std::string vault_refusal(const vault& in, const key_record& record) {
  try {
    in.open(record);
  } catch (const vault_error& wrong) {
    return wrong.what();
  }
  return {};
}

/// Whether the look at each use, which leaves the credentials sealed, refuses a record.
bool check_refuses(const vault& in, const key_record& record) {
  try {
    in.check_record(record);
  } catch (const vault_error&) {
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the documented vectors open, and are put together as documented") {
  const documented given;
  const vault in(fixed(given.ring()));
  for (const char* id : {"k1", "k2"}) {
    const auto record = given.record(id);
    const auto opened = in.open(record);
    CHECK(opened.hostname == given.text("hostname"));
    CHECK(opened.username == given.text("username"));
    CHECK(opened.password.reveal() == given.bytes("password"));
    CHECK(opened.email == given.text("email"));
    CHECK(opened.otp_seed.reveal() == given.text("otp seed"));
  }
  const std::string bytes = given.bytes("bytes under k1");
  CHECK(t3api::detail::unseal(given.bytes("key k1"), bytes.substr(0, 61),
                              given.bytes("associated data key")) == given.bytes("data key"));
  CHECK(t3api::detail::unseal(given.bytes("data key"), bytes.substr(61),
                              given.bytes("associated credentials")) == given.bytes("plaintext"));
  CHECK(given.ring().derived("hashes of secret keys").reveal() == given.bytes("hash key"));
}

TEST_CASE("the documented secret key finds the documented record") {
  const documented given;
  const auto database = std::make_shared<memory_key_database>();
  database->add(given.record());
  const secret_keys keys(database, fixed(given.ring()));
  const auto found = keys.find(given.text("secret key"));
  REQUIRE(found);
  CHECK(keys.credentials(*found)->password.reveal() == given.bytes("password"));
}

TEST_CASE("the documented record moves from one key to the other with its payload") {
  const documented given;
  const vault in(fixed(given.ring()));
  CHECK_FALSE(in.rewrap(given.record("k2")));
  const auto moved = in.rewrap(given.record("k1"));
  REQUIRE(moved);
  CHECK(moved->ring_id == "k2");
  CHECK(moved->bytes.substr(61) == given.bytes("bytes under k2").substr(61));
  CHECK(moved->bytes.substr(0, 61) != given.bytes("bytes under k1").substr(0, 61));
  auto record = given.record();
  record.credentials = *moved;
  CHECK(in.open(record).password.reveal() == given.bytes("password"));
}

TEST_CASE("what is sealed opens, whatever is in it") {
  const vault in(fixed(make_key_ring()));
  const std::string all_bytes = [] {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
  }();
  for (const std::string& password : {std::string(), std::string("p"), all_bytes, std::string(244, 'x'),
                                      std::string(245, 'x'), std::string(100'000, '\0')}) {
    auto record = some_record();
    record.credentials = in.seal(
        {.hostname = "ca.metrc.com", .username = "ann", .password = password, .email = {}, .otp_seed = {}},
        record);
    CHECK(record.credentials.bytes.size() % 256 == (61 + 29) % 256);
    const auto opened = in.open(record);
    CHECK(opened.hostname == "ca.metrc.com");
    CHECK(opened.username == "ann");
    CHECK(opened.password.reveal() == password);
    CHECK(opened.email.empty());
    CHECK(opened.otp_seed.empty());
  }
  CHECK_THROWS_AS(in.seal({.password = std::string((1U << 20U) + 1, 'x')}, some_record()),
                  std::invalid_argument);
}

TEST_CASE("the sizes of short and long passwords are the same") {
  const vault in(fixed(make_key_ring()));
  const auto size = [&](const char* password) {
    return in.seal({.password = password}, some_record()).bytes.size();
  };
  CHECK(size("") == size("a password that is rather long, for one that somebody has to type in every day"));
}

TEST_CASE("no byte can be changed or left out, and none added") {
  const vault in(fixed(make_key_ring()));
  const auto record = sealed(in);
  REQUIRE(vault_refusal(in, record).empty());
  int accepted = 0;
  auto other = record;
  std::string& bytes = other.credentials.bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(bytes[i] ^ (1 << i % 8));
    if (vault_refusal(in, other).empty()) ++accepted;
    bytes = record.credentials.bytes.substr(0, i);
    if (vault_refusal(in, other).empty()) ++accepted;
    bytes = record.credentials.bytes;
  }
  bytes += '\0';
  if (vault_refusal(in, other).empty()) ++accepted;
  CHECK(accepted == 0);
}

TEST_CASE("sealed credentials open for their record alone, as a whole, under their key") {
  auto ring = make_key_ring();
  ring.keys.push_back({"k2", t3api::detail::random_bytes(32)});
  const vault in(fixed(ring));
  const auto record = sealed(in), second = sealed(in);
  const auto refused = [&](auto change) {
    auto other = record;
    change(other);
    return vault_refusal(in, other).find("was changed or moved at rest") != std::string::npos &&
           check_refuses(in, other);
  };
  CHECK_FALSE(refused([](key_record&) {}));
  CHECK(refused([](key_record& r) { r.id.back() = '9'; }));
  CHECK(refused([](key_record& r) { r.key_hash.back() = 'x'; }));
  CHECK(refused([](key_record& r) { r.login.back() = 'x'; }));
  CHECK(refused([](key_record& r) { r.owner.hostname = "co.metrc.com"; }));
  CHECK(refused([](key_record& r) { r.owner.username = "bob"; }));
  CHECK(refused([](key_record& r) { r.credentials.ring_id = "k1"; }));
  CHECK(refused([](key_record& r) {  // The same bytes one after the other, cut at another place.
    r.owner.hostname += r.owner.username.front();
    r.owner.username.erase(0, 1);
  }));
  auto mixed = record;
  mixed.credentials.bytes.replace(0, 61, second.credentials.bytes, 0, 61);
  CHECK_FALSE(vault_refusal(in, mixed).empty());
}

TEST_CASE("a key with the same id but other bytes opens nothing") {
  const auto ring = make_key_ring();
  const auto record = sealed(vault(fixed(ring)));
  auto other = make_key_ring();
  CHECK_FALSE(vault_refusal(vault(fixed(other)), record).empty());
  other.keys = ring.keys;
  CHECK(vault_refusal(vault(fixed(other)), record).empty());  // The root takes no part in sealing, ...
  const auto database = std::make_shared<memory_key_database>();
  const secret key = secret_keys(database, fixed(ring)).make(some_credentials(), std::string(32, 'l'), {});
  CHECK(secret_keys(database, fixed(ring)).find(key.reveal()));
  CHECK_FALSE(secret_keys(database, fixed(other)).find(key.reveal()));  // ... but without it no key is known.
}

TEST_CASE("a key that the ring has gained meanwhile is found; one that it does not have is named") {
  const auto old = make_key_ring();
  auto renewed = old;
  renewed.keys.push_back({"k2", t3api::detail::random_bytes(32)});
  const auto record = sealed(vault(fixed(renewed)));
  CHECK(record.credentials.ring_id == "k2");
  CHECK(vault_refusal(vault(std::make_shared<late_ring>(old, renewed)), record).empty());
  CHECK(vault_refusal(vault(fixed(old)), record) ==
        "the key ring has no key 'k2', under which the record of the secret key is kept: add it again");
}

TEST_CASE("new records are kept under the newest key, also when it has just come") {
  const auto old = make_key_ring();
  auto renewed = old;
  renewed.keys.push_back({"k2", t3api::detail::random_bytes(32)});
  CHECK(sealed(vault(std::make_shared<late_ring>(old, renewed))).credentials.ring_id == "k2");
}

TEST_CASE("a stale ring never moves a record back to an older key") {
  const auto old = make_key_ring();
  auto renewed = old;
  renewed.keys.push_back({"k2", t3api::detail::random_bytes(32)});
  const auto record = sealed(vault(fixed(renewed)));
  CHECK_FALSE(vault(std::make_shared<late_ring>(old, renewed)).rewrap(record));
}

TEST_CASE("the same credentials never look the same, and nothing of them shows") {
  const vault in(fixed(make_key_ring()));
  const std::string one = sealed(in).credentials.bytes, other = sealed(in).credentials.bytes;
  REQUIRE(one.size() == other.size());
  // By chance it would fail once in 10^9 runs.
  for (std::size_t i = 0; i + 6 <= one.size(); ++i) CHECK(other.find(one.substr(i, 6)) == other.npos);
  for (const char* word : {"password", "itself", "example", "JBSWY3DP", "metrc"}) {
    CHECK(one.find(word) == one.npos);
  }
}
