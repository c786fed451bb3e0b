#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>

#include <t3api/core/secret.hpp>

using t3api::secret;

namespace {

template <class T>
concept streamable = requires(std::ostream& out, const T& value) {
  out << value;
};

}  // namespace

TEST_CASE("a secret gives back the text it was made of") {
  CHECK(secret("hunter2").reveal() == "hunter2");
  CHECK(secret(std::string_view("a\0b", 3)).size() == 3);
  const std::string text = "hunter2";
  CHECK(secret(text).reveal() == "hunter2");
  CHECK(text == "hunter2");
}

TEST_CASE("a secret of nothing is empty") {
  CHECK(secret().empty());
  CHECK(secret().reveal() == "");
  CHECK(secret("").empty());
  CHECK(secret(std::string()).empty());
  const char* not_set = nullptr;
  CHECK(secret(not_set).empty());
  CHECK_FALSE(secret(" ").empty());
}

TEST_CASE("copies share one buffer, and it outlives any one of them") {
  secret copy;
  {
    const secret original("hunter2");
    copy = original;
    CHECK(copy.reveal().data() == original.reveal().data());
  }
  CHECK(copy.reveal() == "hunter2");
  const secret moved = std::move(copy);
  CHECK(moved.reveal() == "hunter2");
}

TEST_CASE("the string that a secret is moved from is overwritten, short or long") {
  for (const std::size_t size : {std::size_t{7}, std::size_t{15}, std::size_t{100}}) {
    CAPTURE(size);
    std::string text(size, 's');
    const char* buffer = text.data();
    const secret taken(std::move(text));
    CHECK(taken.size() == size);
    CHECK(text.empty());           // NOLINT(bugprone-use-after-move): emptied on purpose
    CHECK(text.data() == buffer);  // NOLINT(bugprone-use-after-move)
    CHECK(std::count(buffer, buffer + size, 's') == 0);
  }
}

TEST_CASE("a secret never lives in a buffer of the secret itself") {
  const secret held("hunter2");
  const auto* object = reinterpret_cast<const char*>(&held);
  const auto* text = held.reveal().data();
  CHECK((text < object || text >= object + sizeof held));
}

TEST_CASE("a secret has no way into a stream or a string but reveal") {
  static_assert(!streamable<secret>);
  static_assert(!std::is_convertible_v<secret, std::string>);
  static_assert(!std::is_convertible_v<secret, std::string_view>);
  static_assert(!std::is_constructible_v<std::string, secret>);
  static_assert(streamable<std::string>);
}
