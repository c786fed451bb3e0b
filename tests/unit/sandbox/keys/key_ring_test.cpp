#include <set>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <t3api/sandbox/keys/key_ring.hpp>

using namespace t3api::sandbox;
using t3api::secret;

namespace {

std::string ring_refusal(key_ring ring) {
  try {
    const fixed_key_ring made(std::move(ring));
  } catch (const key_ring_error& wrong) {
    return wrong.what();
  }
  return {};
}

template <class Change>
std::string refusal_after(Change change) {
  auto ring = make_key_ring();
  ring.keys.push_back({"k2", t3api::detail::random_bytes(32)});
  change(ring);
  return ring_refusal(std::move(ring));
}

}  // namespace

TEST_CASE("a new ring has a root and one key, all random") {
  const auto one = make_key_ring(), other = make_key_ring();
  CHECK(ring_refusal(one).empty());
  CHECK(one.current().id == "k1");
  std::set<std::string> seen;
  for (const auto& key : {one.root, one.current().key, other.root, other.current().key}) {
    CHECK(key.size() == 32);
    CHECK(seen.insert(std::string(key.reveal())).second);
  }
}

TEST_CASE("the last key is the current one, and the others are found by their ids") {
  auto ring = make_key_ring();
  ring.keys.push_back({"k2", t3api::detail::random_bytes(32)});
  CHECK(ring.current().id == "k2");
  CHECK(ring.find("k1") == &ring.keys[0].key);
  CHECK(ring.find("k2") == &ring.keys[1].key);
  CHECK(ring.find("k") == nullptr);
  CHECK(ring.find("") == nullptr);
}

TEST_CASE("each purpose has a key of its own, the same for the same root") {
  const auto ring = make_key_ring();
  const auto one = ring.derived("one");
  CHECK(one.size() == 32);
  CHECK(one.reveal() == ring.derived("one").reveal());
  CHECK(one.reveal() != ring.derived("two").reveal());
  CHECK(one.reveal() != make_key_ring().derived("one").reveal());
  CHECK(one.reveal() != ring.root.reveal());
}

TEST_CASE("a ring with which no service could work is refused, and no key is in the message") {
  CHECK(refusal_after([](key_ring&) {}).empty());
  CHECK(refusal_after([](key_ring& r) { r.root = {}; }) == "root must be 32 bytes");
  CHECK(refusal_after([](key_ring& r) { r.root = std::string(33, 'x'); }) == "root must be 32 bytes");
  CHECK(refusal_after([](key_ring& r) { r.keys.clear(); }) ==
        "keys is empty: a key ring has at least one key");
  CHECK(refusal_after([](key_ring& r) { r.keys[1].key = std::string(31, 'x'); }) ==
        "keys[1].key must be 32 bytes");
  CHECK(refusal_after([](key_ring& r) { r.keys[1].id = "k1"; }) ==
        "keys[1] has the id 'k1' of a key before it: leave one out");
  CHECK(refusal_after([](key_ring& r) { r.keys[1].key = r.keys[0].key; }) ==
        "keys[1].key is the same as that of keys[0]: each must be random");
  CHECK(refusal_after([](key_ring& r) { r.keys[1].key = r.root; }) ==
        "keys[1].key is the same as root: each must be random");
  for (const auto& id : {std::string(), std::string(33, 'k'), std::string("k 1"), std::string("k\n"),
                         std::string("k\0", 2), std::string("\xC3\xBC"), std::string("k/1")}) {
    CHECK(refusal_after([&](key_ring& r) { r.keys[1].id = id; }) ==
          "keys[1].id must be 1 to 32 letters, digits, '-' or '_'");
  }
  CHECK(refusal_after([](key_ring& r) { r.keys[1].id = "Key_2-" + std::string(26, '9'); }).empty());
}
