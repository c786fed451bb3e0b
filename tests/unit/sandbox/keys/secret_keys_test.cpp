#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <t3api/sandbox/keys/memory_database.hpp>
#include <t3api/sandbox/keys/rotation.hpp>
#include <t3api/sandbox/keys/secret_keys.hpp>

using namespace t3api::sandbox;
using namespace std::chrono_literals;
using t3api::secret;

namespace {

const key_owner amy{"ca.metrc.com", "amy"};
const key_owner bob{"ca.metrc.com", "bob"};
const std::string login_hash(32, 'l');
const t3api::wall_time noon = std::chrono::sys_days(std::chrono::year(2024) / 5 / 17) + 12h;

stored_credentials credentials_of(const key_owner& owner) {
  return {
      .hostname = owner.hostname, .username = owner.username, .password = "a password", .email = "e@x.com"};
}

/// A ring that changes under the hands of who uses it.
class replaced_ring final : public key_ring_source {
 public:
  explicit replaced_ring(key_ring ring) : ring_(std::make_shared<key_ring>(std::move(ring))) {}

  std::shared_ptr<const key_ring> ring() const override { return ring_; }
  std::shared_ptr<const key_ring> fresh_ring() override { return ring_; }

  void add(const std::string& id) {
    auto renewed = std::make_shared<key_ring>(*ring_);
    renewed->keys.push_back({id, t3api::detail::random_bytes(32)});
    ring_ = std::move(renewed);
  }
  void prune() {
    auto renewed = std::make_shared<key_ring>(*ring_);
    renewed->keys.erase(renewed->keys.begin(), renewed->keys.end() - 1);
    ring_ = std::move(renewed);
  }

 private:
  std::shared_ptr<const key_ring> ring_;
};

/// A database that lets something happen just before a record comes or after one was found.
class interrupted_database final : public key_database {
 public:
  std::function<void()> before_add{}, after_find{};
  memory_key_database records;

  void add(const key_record& record) override {
    run(before_add);
    records.add(record);
  }
  std::optional<key_record> find(std::string_view key_hash) override {
    auto found = records.find(key_hash);
    run(after_find);
    return found;
  }
  std::vector<key_record> of(const key_owner& owner) override { return records.of(owner); }
  bool erase(std::string_view id, const key_owner& owner) override { return records.erase(id, owner); }
  void set_last_used(const key_record& r, t3api::wall_time when) override { records.set_last_used(r, when); }
  void disable(std::string_view name, t3api::wall_time until) override { records.disable(name, until); }
  std::vector<key_record> not_under(std::string_view ring_id, std::string_view after,
                                    std::size_t most) override {
    return records.not_under(ring_id, after, most);
  }
  bool replace_credentials(std::string_view id, const sealed_credentials& old,
                           const sealed_credentials& renewed) override {
    return records.replace_credentials(id, old, renewed);
  }

 private:
  static void run(std::function<void()>& once) {
    if (once) std::exchange(once, {})();
  }
};

struct kept_keys {
  std::shared_ptr<interrupted_database> database = std::make_shared<interrupted_database>();
  std::shared_ptr<replaced_ring> ring = std::make_shared<replaced_ring>(make_key_ring());
  secret_keys keys{database, ring};

  std::string make(const key_owner& owner = amy, t3api::wall_time now = noon) {
    return std::string(keys.make(credentials_of(owner), login_hash, now).reveal());
  }
  std::string id_of(const std::string& key) const { return keys.find(key)->id; }
  void rotate_and_prune(const std::string& id) {
    ring->add(id);
    const auto report = rotate(*database, ring);
    REQUIRE(report.finished);
    REQUIRE(report.failed.empty());
    ring->prune();
  }
};

}  // namespace

TEST_CASE("a secret key is a version 4 UUID and leads to its credentials") {
  kept_keys f;
  const auto one = f.make(amy), other = f.make(bob);
  REQUIRE(one.size() == 36);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) CHECK(one[dash] == '-');
  CHECK(one[14] == '4');
  CHECK(std::string_view("89ab").find(one[19]) != std::string_view::npos);
  CHECK(one.find_first_not_of("0123456789abcdef-") == one.npos);
  CHECK(one != other);

  const auto found = f.keys.find(one);
  REQUIRE(found);
  CHECK(found->owner == amy);
  CHECK(found->login == login_hash);
  CHECK(found->created_at == noon);
  CHECK_FALSE(found->last_used_at);
  CHECK(found->is_enabled);
  CHECK(found->id != one);
  const auto opened = *f.keys.credentials(*found);
  CHECK(opened.username == "amy");
  CHECK(opened.password.reveal() == "a password");
  CHECK(opened.email == "e@x.com");
  CHECK(opened.otp_seed.empty());
  CHECK(f.keys.credentials(*f.keys.find(other))->username == "bob");
}

TEST_CASE("a key may have blanks around it and upper-case letters, as people paste them") {
  kept_keys f;
  const auto key = f.make();
  std::string loud = "  ";
  for (const char c : key) loud += static_cast<char>(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);
  CHECK(f.keys.find(loud + "\t"));
}

TEST_CASE("what is kept of a key is a keyed hash, and neither key nor password") {
  kept_keys f;
  const auto key = f.make();
  const auto record = f.database->records.of(amy).at(0);
  const auto hash_key = f.ring->ring()->derived("hashes of secret keys");
  CHECK(record.key_hash == t3api::detail::hmac_sha256(hash_key.reveal(), key));
  CHECK(record.key_hash != t3api::detail::hmac_sha256("", key));
  for (const auto& text : {record.id, record.key_hash, record.login, record.credentials.bytes}) {
    CHECK(text.find(key.substr(0, 8)) == text.npos);
    CHECK(text.find("a password") == text.npos);
  }
}

TEST_CASE("what is no key leads nowhere") {
  kept_keys f;
  const auto key = f.make();
  for (const auto& wrong : {std::string(), key.substr(1), key + "0", f.id_of(key), t3api::detail::make_uuid(),
                            std::string(100'000, 'a'), std::string("\0", 1), f.keys.find(key)->key_hash}) {
    CHECK_FALSE(f.keys.find(wrong));
  }
}

TEST_CASE("each user sees the own keys, the oldest first") {
  kept_keys f;
  const auto first = f.make(amy), other = f.make(bob), second = f.make(amy, noon + 1s);
  const auto seen = f.keys.of(amy);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].id == f.id_of(first));
  CHECK(seen[1].id == f.id_of(second));
  CHECK(seen[1].created_at == noon + 1s);
  CHECK(f.keys.of(bob).size() == 1);
  CHECK(f.keys.of({"co.metrc.com", "amy"}).empty());
  CHECK(f.keys.of({}).empty());
}

TEST_CASE("its owner alone erases a key, once, and others stay") {
  kept_keys f;
  const auto gone = f.make(), kept = f.make();
  const auto id = f.id_of(gone);
  CHECK_FALSE(f.keys.erase(id, bob));
  CHECK_FALSE(f.keys.erase(id, {"co.metrc.com", "amy"}));
  CHECK(f.keys.find(gone));
  CHECK(f.keys.erase(id, amy));
  CHECK_FALSE(f.keys.find(gone));
  CHECK(f.keys.find(kept));
  CHECK_FALSE(f.keys.erase(id, amy));
  CHECK_FALSE(f.keys.erase("", amy));
  CHECK_FALSE(f.keys.erase(kept, amy));  // The key is not the id.
}

TEST_CASE("a key remembers its last use, also when calls end in another order than they came") {
  kept_keys f;
  const auto key = *f.keys.find(f.make());
  const auto last = [&] { return f.keys.of(amy).at(0).last_used_at; };
  f.keys.used(key, noon + 2s);
  f.keys.used(key, noon + 1s);
  CHECK(last() == noon + 2s);
}

TEST_CASE("refused credentials disable all keys made from them until then, and no others") {
  kept_keys f;
  const auto one = f.make(), same = f.make(), later = f.make(amy, noon + 2s);
  const std::string another(f.keys.make(credentials_of(amy), std::string(32, 'm'), noon).reveal());
  f.keys.disable(*f.keys.find(one), noon + 1s);
  CHECK_FALSE(f.keys.find(one)->is_enabled);
  CHECK_FALSE(f.keys.find(same)->is_enabled);
  CHECK(f.keys.find(later)->is_enabled);
  CHECK(f.keys.find(another)->is_enabled);
}

TEST_CASE("services that share database and ring share keys; with another root no key is known") {
  kept_keys f;
  const secret_keys second(f.database, f.ring);
  const auto key = f.make();
  REQUIRE(second.find(key));
  CHECK(second.credentials(*second.find(key))->password.reveal() == "a password");
  auto other = *f.ring->ring();
  other.root = secret(t3api::detail::random_bytes(32));
  CHECK_FALSE(secret_keys(f.database, std::make_shared<fixed_key_ring>(other)).find(key));
  f.keys.erase(f.id_of(key), amy);
  CHECK_FALSE(second.find(key));
}

TEST_CASE("a record with the hash or login of another is refused when it is used, not only at a login") {
  kept_keys f;
  const auto mine = *f.keys.find(f.make(bob));
  const auto theirs = *f.keys.find(f.make(amy));
  secret key(t3api::detail::make_uuid());
  const auto hash_key = f.ring->ring()->derived("hashes of secret keys");

  auto moved = theirs;
  moved.id = t3api::detail::make_uuid();
  moved.key_hash = t3api::detail::hmac_sha256(hash_key.reveal(), key.reveal());
  f.database->add(moved);
  CHECK_THROWS_AS(f.keys.find(key.reveal()), vault_error);
  REQUIRE(f.database->erase(moved.id, amy));

  moved = mine;
  moved.id = t3api::detail::make_uuid();
  moved.key_hash = t3api::detail::hmac_sha256(hash_key.reveal(), key.reveal());
  moved.login = std::string(32, 'x');
  f.database->add(moved);
  CHECK_THROWS_AS(f.keys.find(key.reveal()), vault_error);
}

TEST_CASE("a key that is on its way into the database while a rotation ends is not lost with the old key") {
  kept_keys f;
  f.make();
  f.database->before_add = [&] { f.rotate_and_prune("k2"); };
  const auto key = f.make();
  const auto found = f.keys.find(key);
  REQUIRE(found);
  CHECK(found->credentials.ring_id == "k2");
  CHECK(f.keys.credentials(*found)->password.reveal() == "a password");
}

TEST_CASE("a record that was read before a rotation ended opens after it") {
  kept_keys f;
  const auto key = f.make();
  f.database->after_find = [&] { f.rotate_and_prune("k2"); };
  REQUIRE(f.keys.find(key));
  const auto old = *f.keys.find(key);
  f.rotate_and_prune("k3");
  CHECK(f.keys.credentials(old)->password.reveal() == "a password");
}

TEST_CASE("a record that was erased while its old key went is unknown, and opens no more") {
  kept_keys f;
  const auto key = f.make();
  const auto old = *f.keys.find(key);
  f.database->after_find = [&] {
    f.keys.erase(old.id, amy);
    f.rotate_and_prune("k2");
  };
  CHECK_FALSE(f.keys.find(key));
  CHECK_FALSE(f.keys.credentials(old));
}

TEST_CASE("threads may make, find, list and erase keys at once, and no find after an erase succeeds") {
  kept_keys f;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, owner = t % 2 == 0 ? amy : bob] {
      for (int i = 0; i < 50; ++i) {
        const auto key = f.make(owner);
        const auto found = f.keys.find(key);
        if (!found || f.keys.of(owner).empty()) ++wrong;
        f.keys.used(*found, noon + std::chrono::seconds(i));
        if (!f.keys.erase(found->id, owner) || f.keys.find(key)) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(f.keys.of(amy).empty());
  CHECK(f.keys.of(bob).empty());
}
