#include <doctest/doctest.h>

#include <string>

#include <t3api/core/request.hpp>

using t3api::normalise;
using t3api::query_params;
using t3api::request;
using t3api::request_target;

namespace {

std::string request_refusal(request message) {
  const auto fault = normalise(message);
  if (!fault) return "accepted";
  CHECK(fault->category == t3api::error_category::argument);
  return fault->message;
}

std::string path_refusal(std::string path) { return request_refusal({.path = std::move(path)}); }

}  // namespace

TEST_CASE("every method has its name and knows whether it may be repeated") {
  using t3api::method;
  CHECK(to_string(method::get) == "GET");
  CHECK(to_string(method::head) == "HEAD");
  CHECK(to_string(method::post) == "POST");
  CHECK(to_string(method::put) == "PUT");
  CHECK(to_string(method::patch) == "PATCH");
  CHECK(to_string(method::delete_) == "DELETE");
  for (const auto repeatable : {method::get, method::head, method::put, method::delete_})
    CHECK(is_idempotent(repeatable));
  CHECK_FALSE(is_idempotent(method::post));
  CHECK_FALSE(is_idempotent(method::patch));
}

TEST_CASE("an ordinary path is left as it is") {
  for (const char* path :
       {"/", "/v2/licenses", "/v2/a b", "/v2/%2F", "/v2/x:y@z", "/v2//x", "/v2/../x", "/v2/\xC3\xA9"}) {
    CAPTURE(path);
    request message{.path = path};
    CHECK_FALSE(normalise(message));
    CHECK(message.path == path);
    CHECK(message.query.empty());
  }
}

TEST_CASE("each way to get a path wrong has its own sentence") {
  CHECK(path_refusal("") == "the path '' does not start with a slash: write it like /v2/licenses");
  CHECK(path_refusal("v2/x") == "the path 'v2/x' does not start with a slash: write it like /v2/licenses");
  CHECK(path_refusal("?a=b") == "the path '' does not start with a slash: write it like /v2/licenses");
  CHECK(path_refusal("//evil.example/x") ==
        "the path '//evil.example/x' could be read as another host: start it with one slash and use no "
        "backslash");
  CHECK(path_refusal("/\\evil.example") ==
        "the path '/\\evil.example' could be read as another host: start it with one slash and use no "
        "backslash");
  CHECK(path_refusal("/x#y") == "the path '/x#y' holds a fragment (#): leave it out");
  CHECK(path_refusal("/x?a=1#y") == "the path '/x' holds a fragment (#): leave it out");
}

TEST_CASE("a path with a host in it is refused without showing the user or password in it") {
  for (const char* path : {"https://api.example.com/v2", "http://jane:hunter2@evil.example/", "x://"}) {
    CAPTURE(path);
    CHECK(path_refusal(path) ==
          "the path holds a host: the host is a setting of the client, give the path alone");
  }
}

TEST_CASE("control characters in a path are refused and not repeated") {
  for (const std::string& bad :
       {std::string("\r"), std::string("\n"), std::string(1, '\0'), std::string("\x7F"), std::string("\t"),
        std::string("\r\nX-Evil: 1"), std::string("\x1B[31m")}) {
    for (const std::string& path : {"/x" + bad, "/x" + bad + "y", "/x?a=" + bad, bad + "/x"}) {
      const auto message = path_refusal(path);
      CAPTURE(message);
      CHECK(message.find("holds a control character (a line break, perhaps): remove it") != message.npos);
      CHECK_FALSE(t3api::detail::has_control(message));
    }
  }
}

TEST_CASE("control characters in a query parameter are refused without showing its value") {
  for (const std::string& bad :
       {std::string("\r"), std::string("\n"), std::string(1, '\0'), std::string("\x7F")}) {
    CHECK(request_refusal({.path = "/x", .query = {{"name", "hunter2" + bad}}}) ==
          "the query parameter 'name' holds a control character (a line break, perhaps): remove it");
    CHECK(request_refusal({.path = "/x", .query = {{"na" + bad + "me", "hunter2"}}}) ==
          "the query parameter 'na me' holds a control character (a line break, perhaps): remove it");
  }
  CHECK(path_refusal("/x?a=%0D%0Ab") ==
        "the query parameter 'a' holds a control character (a line break, perhaps): remove it");
  CHECK(path_refusal("/x?%00=b") ==
        "the query parameter ' ' holds a control character (a line break, perhaps): remove it");
}

TEST_CASE(
    "headers that were added unchecked are checked before they are sent, and their value is not shown") {
  request message{.path = "/x"};
  message.headers.add_received("X-Copied", "hunter2\r\nX-Evil: 1");
  CHECK(request_refusal(message) ==
        "the header 'X-Copied' holds a control character (a line break, perhaps): remove it");
  request named{.path = "/x"};
  named.headers.add_received("X-A: 1\r\nX-B", "hunter2");
  CHECK(request_refusal(named) ==
        "the header 'X-A: 1  X-B' holds a control character (a line break, perhaps): remove it");
}

TEST_CASE("a query in the path is decoded and stands in front of the other parameters") {
  request message{.path = "/x?a=1&b=%26+%3D&&c&d=&=e&a=f=g", .query = {{"a", "2"}}};
  CHECK_FALSE(normalise(message));
  CHECK(message.path == "/x");
  CHECK(message.query ==
        query_params{{"a", "1"}, {"b", "& ="}, {"c", ""}, {"d", ""}, {"", "e"}, {"a", "f=g"}, {"a", "2"}});
}

TEST_CASE("a path that ends in a question mark has no query") {
  request message{.path = "/x?"};
  CHECK_FALSE(normalise(message));
  CHECK(message.path == "/x");
  CHECK(message.query.empty());
}

TEST_CASE("what is normalised stays as it is when it is normalised again") {
  request message{.path = "/x?a=%25&b"};
  CHECK_FALSE(normalise(message));
  const auto query = message.query;
  CHECK_FALSE(normalise(message));
  CHECK(message.query == query);
}

TEST_CASE("the request target keeps the order of repeated parameters and encodes what must be") {
  CHECK(request_target({.path = "/v2/x"}) == "/v2/x");
  CHECK(request_target({.path = "/x", .query = {{"f", "b"}, {"f", "a"}, {"", ""}}}) == "/x?f=b&f=a&=");
  CHECK(request_target({.path = "/x", .query = {{"filter", "name__eq:A&B=C+D #%/?"}}}) ==
        "/x?filter=name__eq%3AA%26B%3DC%2BD%20%23%25%2F%3F");
  CHECK(request_target({.path = "/a b/\xC3\xA9/\"<>^`{|}"}) == "/a%20b/%C3%A9/%22%3C%3E%5E%60%7B%7C%7D");
  CHECK(request_target({.path = "/:@!$&'()*+,;=-._~/%2F"}) == "/:@!$&'()*+,;=-._~/%2F");
  CHECK(request_target({.path = "/x", .query = {{"a", "\xFF\x01"}}}) == "/x?a=%FF%01");
}

TEST_CASE("the base path stands in front, encoded like the path") {
  CHECK(request_target({.path = "/v2/x", .query = {{"a", "1"}}}, "/base") == "/base/v2/x?a=1");
  CHECK(request_target({.path = "/v2/x"}, "/b\xC3\xA9\"") == "/b%C3%A9%22/v2/x");
}

TEST_CASE("no request target holds a byte that could end the request line") {
  for (int code = 0; code < 256; ++code) {
    const std::string odd(1, static_cast<char>(static_cast<unsigned char>(code)));
    const auto target = request_target({.path = "/" + odd, .query = {{odd, odd}}}, "/" + odd);
    CAPTURE(code);
    for (const char c : target)
      CHECK((static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7F));
  }
}

TEST_CASE("a query is decoded pair by pair, in order") {
  CHECK(t3api::decode_query("b=1&a=x%26y&b=2+3&c&=d&&") ==
        t3api::query_params{{"b", "1"}, {"a", "x&y"}, {"b", "2 3"}, {"c", ""}, {"", "d"}});
  CHECK(t3api::decode_query("").empty());
}
