#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <t3api/sandbox/keys/memory_database.hpp>
#include <t3api/sandbox/keys/rotation.hpp>
#include <t3api/sandbox/keys/secret_keys.hpp>

using namespace t3api::sandbox;
using t3api::secret;

namespace {

const key_owner ann{"ca.metrc.com", "ann"};
const std::string login(32, 'l');

class moving_ring final : public key_ring_source {
 public:
  explicit moving_ring(key_ring ring = make_key_ring())
      : ring_(std::make_shared<key_ring>(std::move(ring))) {}

  std::shared_ptr<const key_ring> ring() const override {
    const std::scoped_lock lock(mutex_);
    return ring_;
  }
  std::shared_ptr<const key_ring> fresh_ring() override { return ring(); }

  void add(const std::string& id) {
    auto renewed = std::make_shared<key_ring>(*ring());
    renewed->keys.push_back({id, t3api::detail::random_bytes(32)});
    set(std::move(renewed));
  }
  void prune() {
    auto renewed = std::make_shared<key_ring>(*ring());
    renewed->keys.erase(renewed->keys.begin(), renewed->keys.end() - 1);
    set(std::move(renewed));
  }

 private:
  void set(std::shared_ptr<const key_ring> ring) {
    const std::scoped_lock lock(mutex_);
    ring_ = std::move(ring);
  }

  mutable std::mutex mutex_;
  std::shared_ptr<const key_ring> ring_;
};

/// A view of a database, as another process has one, which may fail or be interrupted at any of its calls.
class disturbed_database final : public key_database {
 public:
  explicit disturbed_database(std::shared_ptr<memory_key_database> records) : records_(std::move(records)) {}

  int fail_at = -1;         ///< The number of the call that fails; negative for none.
  bool done_first = false;  ///< Whether it does its work before it fails.
  std::function<void(const std::string& what)> before{};

  void add(const key_record& record) override { records_->add(record); }
  std::optional<key_record> find(std::string_view key_hash) override {
    return step("find", [&] { return records_->find(key_hash); });
  }
  std::vector<key_record> of(const key_owner& owner) override { return records_->of(owner); }
  bool erase(std::string_view id, const key_owner& owner) override { return records_->erase(id, owner); }
  void set_last_used(const key_record&, t3api::wall_time) override {}
  void disable(std::string_view, t3api::wall_time) override {}
  std::vector<key_record> not_under(std::string_view ring_id, std::string_view after,
                                    std::size_t most) override {
    return step("not_under", [&] { return records_->not_under(ring_id, after, most); });
  }
  bool replace_credentials(std::string_view id, const sealed_credentials& old,
                           const sealed_credentials& renewed) override {
    return step("replace", [&] { return records_->replace_credentials(id, old, renewed); });
  }

 private:
  template <class Work>
  std::invoke_result_t<const Work&> step(const char* what, const Work& work) {
    const bool fails = fail_at >= 0 && fail_at-- == 0;
    if (before) before(what);
    if (fails && !done_first) throw database_error("the disk is on fire");
    auto outcome = work();
    if (fails) throw database_error("the disk is on fire");
    return outcome;
  }

  const std::shared_ptr<memory_key_database> records_;
};

struct fixture {
  std::shared_ptr<memory_key_database> records = std::make_shared<memory_key_database>();
  std::shared_ptr<moving_ring> ring = std::make_shared<moving_ring>();
  secret_keys keys{records, ring};

  secret make() {
    return keys.make({.hostname = ann.hostname, .username = ann.username, .password = "a password"}, login,
                     {});
  }
  std::vector<secret> make(int count) {
    std::vector<secret> made;
    for (int i = 0; i < count; ++i) made.push_back(make());
    return made;
  }
  bool works(const secret& key) const {
    const auto found = keys.find(key.reveal());
    return found && keys.credentials(*found)->password.reveal() == "a password";
  }
  int broken(const std::vector<secret>& all) const {
    return static_cast<int>(
        std::count_if(all.begin(), all.end(), [&](const secret& k) { return !works(k); }));
  }
  std::size_t left() const { return records->not_under(ring->ring()->current().id, "", 10'000).size(); }
};

}  // namespace

TEST_CASE("all records come under the current key, and open when the old one is gone") {
  fixture f;
  const auto keys = f.make(25);
  const auto before = f.records->of(ann);
  f.ring->add("k2");
  for (const std::size_t batch : {10U, 0U}) {
    std::size_t told = 0;
    const auto report =
        rotate(*f.records, f.ring, {.batch = batch, .stop = {}, .progress = [&](const auto& r) {
                                      CHECK(r.rewrapped > told);
                                      CHECK_FALSE(r.finished);
                                      told = r.rewrapped;
                                    }});
    CHECK(report.finished);
    CHECK(report.rewrapped == 25);
    CHECK(told == 25);
    CHECK(report.skipped == 0);
    CHECK(report.failed.empty());
    CHECK(f.left() == 0);
    f.ring->prune();
    CHECK(f.broken(keys) == 0);
    f.ring->add("k3");
  }
  const auto after = f.records->of(ann);
  for (std::size_t i = 0; i < after.size(); ++i) {
    CHECK(after[i].credentials.ring_id == "k3");
    CHECK(after[i].credentials.bytes.substr(61) == before[i].credentials.bytes.substr(61));
    CHECK(after[i].credentials.bytes.substr(0, 61) != before[i].credentials.bytes.substr(0, 61));
  }
}

TEST_CASE("with nothing to do nothing is done") {
  fixture f;
  CHECK(rotate(*f.records, f.ring).finished);
  f.make(3);
  const auto report = rotate(*f.records, f.ring);
  CHECK(report.finished);
  CHECK(report.rewrapped == 0);
}

TEST_CASE("a rotation that is cut at any call, before or after its work, is finished by the next") {
  constexpr int records = 5;
  int cuts = 0;
  for (const bool done_first : {false, true}) {
    for (int call = 0;; ++call) {
      fixture f;
      const auto keys = f.make(records);
      f.ring->add("k2");
      disturbed_database database(f.records);
      database.fail_at = call;
      database.done_first = done_first;
      bool cut = false;
      std::size_t told = 0;
      try {
        rotate(database, f.ring,
               {.batch = 2, .stop = {}, .progress = [&](const rotation_report& r) { told = r.rewrapped; }});
      } catch (const database_error&) {
        cut = true;
      }
      CHECK(f.broken(keys) == 0);
      if (!cut) break;
      ++cuts;
      const std::size_t left = f.left();
      CHECK(left + told <= records);
      const auto report = rotate(*f.records, f.ring);
      CHECK(report.finished);
      CHECK(report.rewrapped == left);
      CHECK(f.left() == 0);
      f.ring->prune();
      CHECK(f.broken(keys) == 0);
    }
  }
  // Each replacement, three batches and the empty one, the second look, and all at once at the end.
  CHECK(cuts == 2 * (records + 5 + 2));
}

TEST_CASE("a stop is heeded between any two records, and what is done stays done") {
  for (std::size_t done = 0; done < 6; ++done) {
    fixture f;
    const auto keys = f.make(6);
    f.ring->add("k2");
    std::stop_source stop;
    disturbed_database database(f.records);
    std::size_t replaced = 0;
    if (done == 0) stop.request_stop();
    database.before = [&](const std::string& what) {
      if (what == "replace" && ++replaced == done) stop.request_stop();
    };
    const auto report = rotate(database, f.ring, {.batch = 4, .stop = stop.get_token(), .progress = {}});
    CHECK_FALSE(report.finished);
    CHECK(report.rewrapped == done);
    CHECK(f.left() == 6 - done);
    CHECK(f.broken(keys) == 0);
  }
}

TEST_CASE("records that cannot be opened are told, stay as they are, and hold up no others") {
  fixture f;
  auto keys = f.make(6);
  auto lost = f.records->of(ann).at(2), changed = f.records->of(ann).at(4);
  for (auto* record : {&lost, &changed}) f.records->erase(record->id, ann);
  lost.credentials.ring_id = "k0";
  changed.credentials.bytes[30] = static_cast<char>(changed.credentials.bytes[30] ^ 1);
  for (const auto* record : {&lost, &changed}) f.records->add(*record);
  f.ring->add("k2");
  auto report = rotate(*f.records, f.ring, {.batch = 1, .stop = {}, .progress = {}});
  CHECK(report.finished);
  CHECK(report.rewrapped == 4);
  CHECK(report.skipped == 0);
  REQUIRE(report.failed.size() == 2);
  if (report.failed[0].id != lost.id) std::swap(report.failed[0], report.failed[1]);
  CHECK(report.failed[0].id == lost.id);
  CHECK(report.failed[0].why.find("no key 'k0'") != std::string::npos);
  CHECK(report.failed[1].id == changed.id);
  CHECK(f.left() == 2);
  CHECK(f.records->find(lost.key_hash)->credentials.bytes == lost.credentials.bytes);
  CHECK(rotate(*f.records, f.ring).failed.size() == 2);
}

TEST_CASE("the ring of another database is found out, though its keys have the same ids") {
  fixture ours, theirs;
  const auto keys = ours.make(3);
  for (auto* one : {&ours, &theirs}) one->ring->add("k2");
  CHECK(check_ring(*ours.records, theirs.ring, 1).is_foreign());
  CHECK(rotate(*ours.records, ours.ring).finished);

  const auto foreign = rotate(*ours.records, theirs.ring);
  CHECK(foreign.rewrapped == 0);
  CHECK(foreign.failed.size() == 3);
  CHECK(check_ring(*ours.records, theirs.ring).is_foreign());
  CHECK_FALSE(check_ring(*theirs.records, ours.ring).is_foreign());  // Nothing tells.
  CHECK(check_ring(*ours.records, ours.ring).opened == 3);
  CHECK(check_ring(*ours.records, ours.ring, 2).opened == 2);
  CHECK(ours.broken(keys) == 0);
}

TEST_CASE("records that are erased or re-wrapped by another meanwhile are skipped, not put back or undone") {
  fixture f;
  const auto keys = f.make(2);
  const auto gone = f.keys.find(keys[0].reveal())->id;
  f.ring->add("k2");
  disturbed_database database(f.records);
  database.before = [&](const std::string& what) {
    if (what != "replace") return;
    f.records->erase(gone, ann);
    const auto ours = rotate(*f.records, f.ring);
    CHECK(ours.finished);
  };
  const auto report = rotate(database, f.ring);
  CHECK(report.finished);
  CHECK(report.rewrapped == 0);
  CHECK(report.skipped == 2);
  CHECK_FALSE(f.keys.find(keys[0].reveal()));
  CHECK(f.works(keys[1]));
}

TEST_CASE("records that go while their old key goes too are no failures") {
  fixture f;
  const auto keys = f.make(2);
  f.ring->add("k2");
  disturbed_database database(f.records);
  database.before = [&](const std::string& what) {
    if (what != "replace") return;
    rotate(*f.records, f.ring);  // Another one is done, and its owner prunes.
    if (f.ring->ring()->keys.size() > 1) f.ring->prune();
  };
  const auto report = rotate(database, f.ring);
  CHECK(report.finished);
  CHECK(report.failed.empty());
  CHECK(report.skipped == 2);
  CHECK(f.broken(keys) == 0);
}

TEST_CASE("what is kept under the old key while it runs is found too") {
  fixture f;
  auto keys = f.make(3);
  // A service that has not read the new ring.
  const auto old_ring = std::make_shared<fixed_key_ring>(*f.ring->ring());
  secret_keys late(f.records, old_ring);
  f.ring->add("k2");
  int more = 5;
  disturbed_database database(f.records);
  database.before = [&](const std::string& what) {
    if (what != "replace" || more-- <= 0) return;
    keys.push_back(
        late.make({.hostname = ann.hostname, .username = ann.username, .password = "a password"}, login, {}));
  };
  const auto report = rotate(database, f.ring);
  CHECK(report.finished);
  CHECK(report.rewrapped == 8);
  CHECK(f.left() == 0);
  f.ring->prune();
  CHECK(f.broken(keys) == 0);
}

TEST_CASE("a key that is added while it runs is the one under which all records are in the end") {
  fixture f;
  const auto keys = f.make(4);
  f.ring->add("k2");
  int replaced = 0;
  disturbed_database database(f.records);
  database.before = [&](const std::string& what) {
    if (what == "replace" && ++replaced == 2) f.ring->add("k3");
  };
  const auto report = rotate(database, f.ring);
  CHECK(report.finished);
  CHECK(f.left() == 0);
  f.ring->prune();
  CHECK(f.ring->ring()->current().id == "k3");
  CHECK(f.broken(keys) == 0);
}

TEST_CASE("no key ever fails while keys are made and rotations run side by side, over and over") {
  const char* scale = std::getenv("T3API_TEST_SCALE");
  const int rounds = 3 * (scale != nullptr ? std::max(1, std::atoi(scale)) : 1);
  fixture f;
  auto old_keys = f.make(30);
  std::atomic<bool> done = false;
  std::atomic<int> failed = 0, uses = 0, made = 0;
  std::mutex mutex;
  std::vector<secret> new_keys;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = static_cast<std::size_t>(t); !done; ++i) {
        try {
          if (!f.works(old_keys[i % old_keys.size()])) ++failed;
          if (i % 16 == 0 && made++ < 200) {  // Not without end: the more there are, the longer it takes.
            auto key = f.make();
            if (!f.works(key)) ++failed;
            const std::scoped_lock lock(mutex);
            new_keys.push_back(std::move(key));
          }
          ++uses;
        } catch (const std::exception&) {
          ++failed;
        }
      }
    });
  }
  for (int round = 0; round < rounds; ++round) {
    f.ring->add("r" + std::to_string(round));
    std::vector<std::thread> rotations;
    for (int t = 0; t < 2; ++t) {
      rotations.emplace_back([&] {
        if (!rotate(*f.records, f.ring, {.batch = 7, .stop = {}, .progress = {}}).finished) ++failed;
      });
    }
    for (auto& rotation : rotations) rotation.join();
    f.ring->prune();
    for (const int seen = uses; uses < seen + 20;) std::this_thread::yield();
  }
  done = true;
  for (auto& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(uses >= 20 * rounds);
  CHECK(f.left() == 0);
  CHECK(f.broken(old_keys) == 0);
  CHECK(f.broken(new_keys) == 0);
}
