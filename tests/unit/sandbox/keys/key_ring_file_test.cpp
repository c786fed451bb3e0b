#include <sys/stat.h>

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <t3api/sandbox/keys/key_ring_file.hpp>
#include <tests/support/files.hpp>
#include <tests/support/temporary_folder.hpp>

using namespace t3api::sandbox;
using t3api::test::content_of;
using t3api::test::mode_of;

namespace {

template <class Step>
std::string refusal_of(const Step& step) {
  try {
    step();
  } catch (const key_ring_error& wrong) {
    return wrong.what();
  }
  return {};
}

std::string refusal_of_text(const std::string& text) {
  return refusal_of([&] { parse_key_ring(text); });
}

/// Whether an id has this number and then random digits: `k2-9f02c1`.
bool is_numbered(const std::string& id, const std::string& number) {
  return id.starts_with(number + "-") && id.size() == number.size() + 7 && key_ring::is_id(id);
}

std::string key(char letter) { return t3api::detail::base64url_encode(std::string(32, letter)); }

std::string text_with(const std::string& root, const std::string& keys) {
  return R"({"format":"t3api-sandbox-keys-1","root":)" + root + R"(,"keys":)" + keys + "}";
}
std::string quoted(const std::string& text) { return '"' + text + '"'; }
std::string entry(const std::string& id, const std::string& bytes) {
  return R"({"id":")" + id + R"(","key":")" + bytes + R"("})";
}

bool same(const key_ring& a, const key_ring& b) {
  bool equal = a.root.reveal() == b.root.reveal() && a.keys.size() == b.keys.size();
  for (std::size_t i = 0; equal && i < a.keys.size(); ++i) {
    equal = a.keys[i].id == b.keys[i].id && a.keys[i].key.reveal() == b.keys[i].key.reveal();
  }
  return equal;
}

struct ring_file {
  t3api::test::temporary_folder folder;
  std::string path = folder.path() + "/ring.json";
  const std::string first_id = write_new_key_ring(path);

  std::shared_ptr<file_key_ring> open() {
    return file_key_ring::open(path, [this](const std::string& text) { warnings.push_back(text); });
  }
  key_ring content() const { return parse_key_ring(content_of(path)); }
  /// As an editor does that writes a new file.
  void put(const std::string& text) const {
    std::filesystem::remove(path);
    t3api::detail::key_file::create(path, text);
  }

  std::vector<std::string> warnings;
};

}  // namespace

TEST_CASE("a ring is read from its text, and its text from a ring") {
  const auto ring = parse_key_ring(
      text_with(quoted(key('r')), "[" + entry("k1", key('a')) + "," + entry("new", key('b')) + "]"));
  CHECK(ring.root.reveal() == std::string(32, 'r'));
  REQUIRE(ring.keys.size() == 2);
  CHECK(ring.keys[0].id == "k1");
  CHECK(ring.keys[0].key.reveal() == std::string(32, 'a'));
  CHECK(ring.current().id == "new");
  CHECK(same(parse_key_ring(to_text(ring)), ring));
  CHECK(same(parse_key_ring(" \n" + to_text(make_key_ring()) + "\t"), ring) == false);
}

TEST_CASE("each wrong thing has its own sentence, without a key") {
  const std::string good_keys = "[" + entry("k1", key('a')) + "]", root = quoted(key('r'));
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "the text is not valid JSON in UTF-8"},
      {"[]", "the text is not a JSON object"},
      {"{}", "it has no format, so it is no key ring: make one with \"t3api-sandbox keygen\""},
      {R"({"format":"t3api-sandbox-keys-2"})", "format must be 't3api-sandbox-keys-1'"},
      {R"({"format":1})", "format must be a text, in quotes"},
      {R"({"format":"t3api-sandbox-keys-1"})", "root is missing: give it as a text"},
      {R"({"format":"t3api-sandbox-keys-1","rot":"x"})",
       "rot is not known: the members here are format, root, keys"},
      {R"({"format":"t3api-sandbox-keys-1","format":"t3api-sandbox-keys-1"})",
       "the member 'format' is there twice in one object: leave one out"},
      {text_with("7", good_keys), "root must be a text, in quotes"},
      {text_with(quoted("a+b/"), good_keys),
       "root is not base64url: give 32 random bytes as letters, digits, '-' and '_'"},
      {text_with(quoted(key('r') + "AAAA"), good_keys),
       "root has 35 bytes: give 32 random bytes as base64url"},
      {text_with(root, "{}"), "keys must be a list, in brackets"},
      {text_with(root, "[]"), "keys is empty: a key ring has at least one key"},
      {text_with(root, "[7]"), "keys[0] must be a JSON object, in braces"},
      {text_with(root, R"([{"id":"k1"}])"), "keys[0].key is missing: give it as a text"},
      {text_with(root, "[" + entry("k1", "AAAA") + "]"),
       "keys[0].key has 3 bytes: give 32 random bytes as base64url"},
      {text_with(root, "[" + entry("k1", "!") + "]"),
       "keys[0].key is not base64url: give 32 random bytes as letters, digits, '-' and '_'"},
      {text_with(root, "[" + entry("k 1", key('a')) + "]"),
       "keys[0].id must be 1 to 32 letters, digits, '-' or '_'"},
      {text_with(root, "[" + entry("k1", key('a')) + "," + entry("k1", key('b')) + "]"),
       "keys[1] has the id 'k1' of a key before it: leave one out"},
      {text_with(root, R"([{"id":"k1","key":")" + key('a') + R"(","current":true}])"),
       "keys[0].current is not known: the members here are id, key"},
  };
  for (const auto& [text, message] : cases) {
    CHECK(refusal_of_text(text) == message);
    CHECK(message.find(key('a')) == message.npos);
  }
  CHECK(refusal_of_text(R"({"format":"t3api-sandbox-keys-1","root":")" + key('r') + R"("})") ==
        "keys is empty: a key ring has at least one key");
}

TEST_CASE("a new ring file is its owner's alone and is never overwritten") {
  const ring_file file;
  CHECK(mode_of(file.path) == 0600);
  CHECK(file.content().current().id == file.first_id);
  CHECK(is_numbered(file.first_id, "k1"));
  const auto before = content_of(file.path);
  CHECK(refusal_of([&] { write_new_key_ring(file.path); }) ==
        "the key ring file '" + file.path + "' cannot be made: File exists");
  CHECK(content_of(file.path) == before);
  const ring_file other;
  CHECK_FALSE(same(file.content(), other.content()));
  CHECK(file.first_id != other.first_id);
}

TEST_CASE("added keys become the current one, get ids of their own, and old ones go by pruning") {
  const ring_file file;
  const auto first = file.content();
  CHECK(is_numbered(add_key(file.path), "k2"));
  CHECK(is_numbered(add_key(file.path), "k3"));
  const auto three = file.content();
  CHECK(three.root.reveal() == first.root.reveal());
  CHECK(three.find(file.first_id)->reveal() == first.current().key.reveal());
  CHECK(is_numbered(three.current().id, "k3"));
  CHECK(mode_of(file.path) == 0600);
  CHECK(prune_keys(file.path) == 2);
  const auto one = file.content();
  CHECK(one.root.reveal() == first.root.reveal());
  REQUIRE(one.keys.size() == 1);
  CHECK(one.current().key.reveal() == three.current().key.reveal());
  CHECK(prune_keys(file.path) == 0);
  CHECK(is_numbered(add_key(file.path), "k4"));  // An id does not come back.
  CHECK(mode_of(file.path) == 0600);
}

TEST_CASE("ids that people chose do not stand in the way of new ones") {
  const ring_file file;
  const auto ring_of = [](const std::string& id) {
    return text_with(quoted(key('r')), "[" + entry("prod", key('c')) + "," + entry(id, key('a')) + "]");
  };
  file.put(ring_of("k18446744073709551615"));
  CHECK(is_numbered(add_key(file.path), "k0"));
  file.put(ring_of("k7"));  // As rings were made once.
  CHECK(is_numbered(add_key(file.path), "k8"));
}

TEST_CASE("pruning can be forbidden, and then the file stays") {
  const ring_file file;
  const auto added = add_key(file.path);
  const auto before = content_of(file.path);
  CHECK(refusal_of([&] {
          prune_keys(file.path, [](const key_ring& ring) {
            throw std::runtime_error("something is not under " + ring.current().id);
          });
        }) == "the key ring file '" + file.path + "' cannot be changed: something is not under " + added);
  CHECK(content_of(file.path) == before);
}

TEST_CASE("a file that is wrong or open to others is neither used nor changed") {
  const ring_file file;
  ::chmod(file.path.c_str(), 0640);
  const std::string shared =
      "others than its owner may use it (mode 0640): run chmod 600 on it, or name a new file";
  const std::string name = "the key ring file '" + file.path + "' ";
  CHECK(refusal_of([&] { file_key_ring::open(file.path); }) == name + "cannot be used: " + shared);
  CHECK(refusal_of([&] { add_key(file.path); }) == name + "cannot be changed: " + shared);
  CHECK(refusal_of([&] { prune_keys(file.path); }) == name + "cannot be changed: " + shared);
  ::chmod(file.path.c_str(), 0600);
  file.put("{}");
  const std::string no_ring =
      "it has no format, so it is no key ring: make one with \"t3api-sandbox keygen\"";
  CHECK(refusal_of([&] { file_key_ring::open(file.path); }) == name + "is wrong: " + no_ring);
  CHECK(refusal_of([&] { add_key(file.path); }) == name + "is wrong: " + no_ring);
  CHECK(content_of(file.path) == "{}");
  file.put(std::string(70'000, ' '));
  CHECK(refusal_of([&] { file_key_ring::open(file.path); }) ==
        name + "cannot be used: it is larger than 65536 bytes");
  std::filesystem::remove(file.path);
  CHECK(refusal_of([&] { file_key_ring::open(file.path); }) ==
        name + "cannot be used: No such file or directory");
}

TEST_CASE("a service sees new keys when it asks for a fresh ring, and pruned ones go") {
  ring_file file;
  const auto ring = file.open();
  const auto first = ring->ring();
  CHECK(first->current().id == file.first_id);
  CHECK(ring->fresh_ring() == first);  // Not even read again.
  const auto added = add_key(file.path);
  CHECK(ring->ring() == first);
  CHECK(ring->fresh_ring()->current().id == added);
  CHECK(ring->ring()->current().id == added);
  CHECK(ring->ring()->find(file.first_id) != nullptr);
  prune_keys(file.path);
  CHECK(ring->fresh_ring()->find(file.first_id) == nullptr);
  CHECK(first->current().id == file.first_id);
  CHECK(file.warnings.empty());
}

TEST_CASE("a changed file that cannot be used leaves the last good ring, and is told of once") {
  ring_file file;
  const auto ring = file.open();
  const auto good = content_of(file.path);
  const auto old = ring->ring();
  const auto refused = [&](const std::string& why) {
    file.warnings.clear();
    for (int i = 0; i < 3; ++i) CHECK(ring->fresh_ring() == old);
    REQUIRE(file.warnings.size() == 1);
    CHECK(file.warnings[0] ==
          "the key ring file '" + file.path + "' " + why + "; the keys that were read last stay in use");
  };
  file.put(good.substr(0, good.size() / 2));
  refused("is wrong: the text is not valid JSON in UTF-8");
  ::chmod(file.path.c_str(), 0604);
  refused(
      "cannot be used: others than its owner may use it (mode 0604): run chmod 600 on it, or name a new "
      "file");
  file.put(to_text(make_key_ring()));
  refused("has another root, with which no secret key would be known: put the old root back");
  auto swapped = *old;
  swapped.keys[0].key = t3api::detail::random_bytes(32);
  file.put(to_text(swapped));
  refused("has another key under the id '" + file.first_id +
          "': put the old one back and add the new one under an id of its own");
  std::filesystem::remove(file.path);
  refused("cannot be used: No such file or directory");

  file.warnings.clear();
  file.put(good);
  CHECK(same(*ring->fresh_ring(), *old));
  const auto added = add_key(file.path);
  CHECK(ring->fresh_ring()->current().id == added);
  CHECK(file.warnings.empty());
  std::filesystem::remove(file.path);
  ring->fresh_ring();
  CHECK(file.warnings.size() == 1);  // It was good in between, so it is told of again.
}

TEST_CASE("a file that is edited in place is seen too") {
  ring_file file;
  const auto ring = file.open();
  auto longer = *ring->ring();
  longer.keys.push_back({"k2", t3api::detail::random_bytes(32)});
  std::ofstream(file.path, std::ios::binary | std::ios::trunc) << to_text(longer);
  CHECK(ring->fresh_ring()->current().id == "k2");
}

TEST_CASE("keys that are added at once are all there, and readers always have a ring") {
  ring_file file;
  const auto ring = file.open();
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; ++t) {
    readers.emplace_back([&] {
      while (!done) {
        if (ring->fresh_ring()->find(file.first_id) == nullptr || !ring->ring()) ++wrong;
      }
    });
  }
  std::vector<std::thread> writers;
  for (int t = 0; t < 3; ++t) {
    writers.emplace_back([&] {
      for (int i = 0; i < 5; ++i) add_key(file.path);
    });
  }
  for (auto& writer : writers) writer.join();
  done = true;
  for (auto& reader : readers) reader.join();
  CHECK(wrong == 0);
  CHECK(file.warnings.empty());
  CHECK(ring->fresh_ring()->keys.size() == 16);
  CHECK(is_numbered(ring->ring()->current().id, "k16"));
}
