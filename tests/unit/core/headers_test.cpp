#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <t3api/core/headers.hpp>

using t3api::headers;

namespace {

std::string header_refusal(const std::string& name, const std::string& value) {
  std::vector<std::string> messages;
  headers fields{{"Kept", "yes"}};
  const auto note = [&](auto&& action) {
    try {
      action();
      messages.push_back("accepted");
    } catch (const std::invalid_argument& refusal) {
      messages.push_back(refusal.what());
    }
  };
  note([&] { fields.add(name, value); });
  note([&] { fields.set(name, value); });
  note([&] { headers{{name, value}}; });
  CHECK(fields.size() == 1);
  CHECK(messages[0] == messages[1]);
  CHECK(messages[0] == messages[2]);
  return messages[0];
}

}  // namespace

TEST_CASE("header names are compared without case, and their order and repetitions are kept") {
  headers fields{{"Accept", "a"}, {"X-Tag", "1"}, {"x-tag", "2"}};
  CHECK(fields.get("ACCEPT") == "a");
  CHECK(fields.get("X-TAG") == "1");
  CHECK(fields.contains("accept"));
  CHECK_FALSE(fields.contains("Accep"));
  CHECK_FALSE(fields.get("X-None"));
  CHECK(fields.size() == 3);
  CHECK(fields.begin()[2].second == "2");
}

TEST_CASE("set replaces every field of that name, erase takes them away") {
  headers fields{{"X-Tag", "1"}, {"x-tag", "2"}, {"Other", "o"}};
  fields.set("X-TAG", "3");
  CHECK(fields.size() == 2);
  CHECK(fields.get("x-tag") == "3");
  fields.erase("x-TAG");
  fields.erase("absent");
  CHECK(fields.size() == 1);
  CHECK_FALSE(fields.empty());
  fields.erase("other");
  CHECK(fields.empty());
}

TEST_CASE("a field can be replaced by a value that views into it") {
  headers fields{{"X-Tag", "a value too long for any small buffer"}};
  fields.set("X-Tag", std::string(*fields.get("X-Tag")));
  CHECK(fields.get("X-Tag") == "a value too long for any small buffer");
}

TEST_CASE("a value with a control byte is refused and never shown") {
  for (const std::string& bad :
       {std::string("\r"), std::string("\n"), std::string(1, '\0'), std::string("\x7F"), std::string("\t"),
        std::string("\x1B"), std::string("\r\nX-Evil: 1")}) {
    for (const std::string& value : {"hunter2" + bad, bad + "hunter2", "hun" + bad + "ter2"}) {
      CHECK(header_refusal("X-Key", value) ==
            "the value of header 'X-Key' holds a control character (a line break, perhaps): remove it");
    }
  }
}

TEST_CASE("a name that is no token is refused, and the value beside it is never shown") {
  for (const std::string& name :
       {std::string(), std::string(" "), std::string("X Key"), std::string("X-Key:"),
        std::string("X-Key\r\n"), std::string("X\0Y", 3), std::string("X(Y)"), std::string("X\x7F"),
        std::string("\xC3\xA9"), std::string("a,b"), std::string("\"q\""), std::string("a/b"),
        std::string("[x]"), std::string("a=b"), std::string("a@b")}) {
    CAPTURE(name);
    const auto message = header_refusal(name, "hunter2");
    CHECK(message.find("' is not one: use letters, digits and hyphens only") != message.npos);
    CHECK(message.find("hunter2") == message.npos);
    CHECK_FALSE(t3api::detail::has_control(message));
  }
}

TEST_CASE("every character of a token makes a name, and any other byte a value") {
  headers fields;
  fields.add("!#$%&'*+-.^_`|~09azAZ", "");
  std::string value;
  for (int code = 0x20; code < 256; ++code) {
    if (code != 0x7F) value += static_cast<char>(static_cast<unsigned char>(code));
  }
  fields.add("X", value);
  CHECK(fields.get("X") == value);
}

TEST_CASE("received fields are taken as they came") {
  headers fields;
  fields.add_received("Odd name", "a\tb");
  CHECK(fields.get("odd NAME") == "a\tb");
}
