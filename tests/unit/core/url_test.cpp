#include <doctest/doctest.h>

#include <string>

#include <t3api/core/url.hpp>

using t3api::parse_url;
using t3api::url;

namespace {

std::string url_refusal(std::string_view text) {
  const auto parsed = parse_url(text);
  if (parsed) return "accepted as " + parsed->origin() + parsed->base_path;
  CHECK(parsed.error().category == t3api::error_category::argument);
  CHECK_FALSE(parsed.error().retryable);
  CHECK_FALSE(parsed.error().sent);
  return parsed.error().message;
}

bool loopback(std::string_view text) { return parse_url(text).value().is_loopback(); }

}  // namespace

TEST_CASE("a URL is read into scheme, host, port and base path") {
  struct row {
    const char* text;
    url wanted;
  };
  for (const auto& [text, wanted] : {
           row{"https://api.example.com", {true, "api.example.com", 443, ""}},
           row{"http://api.example.com", {false, "api.example.com", 80, ""}},
           row{"HTTPS://API.Example.COM", {true, "api.example.com", 443, ""}},
           row{"https://h:8443", {true, "h", 8443, ""}},
           row{"https://h:1/", {true, "h", 1, ""}},
           row{"https://h:65535", {true, "h", 65535, ""}},
           row{"https://h/prefix/", {true, "h", 443, "/prefix"}},
           row{"https://h/Pre/Fix///", {true, "h", 443, "/Pre/Fix"}},
           row{"https://h///", {true, "h", 443, ""}},
           row{"http://127.0.0.1:8080/x:1", {false, "127.0.0.1", 8080, "/x:1"}},
           row{"https://[::1]:8443/p", {true, "::1", 8443, "/p"}},
           row{"https://[2001:DB8::1]", {true, "2001:db8::1", 443, ""}},
           row{"https://[::ffff:127.0.0.1]", {true, "::ffff:127.0.0.1", 443, ""}},
           row{"https://under_score-d.example.", {true, "under_score-d.example.", 443, ""}},
           row{" \thttps://h\n", {true, "h", 443, ""}},
       }) {
    const auto shown = text;
    CAPTURE(shown);
    const auto parsed = parse_url(text);
    REQUIRE(parsed);
    CHECK(parsed->secure == wanted.secure);
    CHECK(parsed->host == wanted.host);
    CHECK(parsed->port == wanted.port);
    CHECK(parsed->base_path == wanted.base_path);
    CHECK(*parsed == wanted);
  }
}

TEST_CASE("each way to get a URL wrong has its own sentence") {
  struct row {
    const char* text;
    const char* sentence;
  };
  for (const auto& [text, sentence] : {
           row{"", "the host is empty: give the service's address, such as https://api.trackandtrace.tools"},
           row{" \r\n\t ",
               "the host is empty: give the service's address, such as https://api.trackandtrace.tools"},
           row{"https://a b",
               "the host holds a space or a control character: give it as https://host[:port]"},
           row{"https://a\r\nX: y",
               "the host holds a space or a control character: give it as https://host[:port]"},
           row{"https://a\x7F",
               "the host holds a space or a control character: give it as https://host[:port]"},
           row{"https://u@h",
               "the host must not hold a user or password: credentials belong in an auth method"},
           row{"h", "the host 'h' has no scheme: write https:// in front of it"},
           row{"h:443", "the host 'h:443' has no scheme: write https:// in front of it"},
           row{"https:/h", "the host 'https:/h' has no scheme: write https:// in front of it"},
           row{"//h", "the host '//h' has no scheme: write https:// in front of it"},
           row{"ftp://h", "the host 'ftp://h' has an unknown scheme: only https and http are spoken here"},
           row{"://h", "the host '://h' has an unknown scheme: only https and http are spoken here"},
           row{"httpss://h",
               "the host 'httpss://h' has an unknown scheme: only https and http are spoken here"},
           row{"file:///etc/passwd",
               "the host 'file:///etc/passwd' has an unknown scheme: only https and http are spoken here"},
           row{"https://h?x=1",
               "the host 'https://h' holds a query, a fragment or a backslash: give scheme, host, port "
               "and path only"},
           row{"https://h#x",
               "the host 'https://h' holds a query, a fragment or a backslash: give scheme, host, port and "
               "path only"},
           row{"https://h\\x",
               "the host 'https://h\\x' holds a query, a fragment or a backslash: give scheme, host, port "
               "and path only"},
           row{"https://[::1", "the host 'https://[::1' opens a bracket that it does not close"},
           row{"https://[::1]x", "the host 'https://[::1]x' has text between the bracket and the port"},
           row{"https://", "the host 'https://' is no host name or address"},
           row{"https:///x", "the host 'https:///x' is no host name or address"},
           row{"https://:443", "the host 'https://:443' is no host name or address"},
           row{"https://[]", "the host 'https://[]' is no host name or address"},
           row{"https://[::zz]", "the host 'https://[::zz]' is no host name or address"},
           row{"https://[127.0.0.1]", "the host 'https://[127.0.0.1]' is no host name or address"},
           row{"https://[abc]", "the host 'https://[abc]' is no host name or address"},
           row{"https://::1", "the host 'https://::1' is no host name or address"},
           row{"https://h:1:2", "the host 'https://h:1:2' is no host name or address"},
           row{"https://h%41", "the host 'https://h%41' is no host name or address"},
           row{"https://h\xC3\xA9", "the host 'https://h\xC3\xA9' is no host name or address"},
           row{"https://a,b", "the host 'https://a,b' is no host name or address"},
           row{"https://h:", "the host 'https://h:' has a port that is not a number from 1 to 65535"},
           row{"https://h:0", "the host 'https://h:0' has a port that is not a number from 1 to 65535"},
           row{"https://h:65536",
               "the host 'https://h:65536' has a port that is not a number from 1 to 65535"},
           row{"https://h:-1", "the host 'https://h:-1' has a port that is not a number from 1 to 65535"},
           row{"https://h:+1", "the host 'https://h:+1' has a port that is not a number from 1 to 65535"},
           row{"https://h:8o", "the host 'https://h:8o' has a port that is not a number from 1 to 65535"},
           row{"https://h:99999999999999999999",
               "the host 'https://h:99999999999999999999' has a port that is not a number from 1 to 65535"},
           row{"https://h//evil.example",
               "the host 'https://h//evil.example' has a path that starts with two slashes"},
       }) {
    const auto shown = text;
    CAPTURE(shown);
    CHECK(url_refusal(text) == sentence);
  }
}

TEST_CASE("a NUL in a URL is refused") {
  CHECK(url_refusal(std::string_view("https://h\0.evil.example", 23)).find("control character") !=
        std::string::npos);
}

TEST_CASE("a host name has at most 253 bytes") {
  CHECK(parse_url("https://" + std::string(253, 'a')));
  CHECK(url_refusal("https://" + std::string(254, 'a')).find("is no host name or address") !=
        std::string::npos);
}

TEST_CASE("a user or password in a URL is never shown") {
  for (const char* text :
       {"https://jane:hunter2@h", "jane:hunter2@h", "ftp://jane:hunter2@h", "https://jane:hunter2@h:bad",
        "https://jane:hunter2@[::1", "https://h/jane:hunter2@x", "https://jane:hunter2@h?x",
        "https://h?secretKey=hunter2", "https://h#hunter2", "hunter2@", "https://jane:hunter2@h o",
        "https://jane:hunter2@h\n.x"}) {
    CAPTURE(text);
    const auto message = url_refusal(text);
    CHECK(message.find("hunter2") == message.npos);
    CHECK(message.find("accepted") == message.npos);
  }
}

TEST_CASE("a hopeless URL is shown cut and without its control characters") {
  CHECK(url_refusal("x" + std::string(5000, 'y')).size() < 200);
}

TEST_CASE("the scheme's own port is left out of authority and origin, IPv6 stands in brackets") {
  CHECK(parse_url("https://h:443").value().origin() == "https://h");
  CHECK(parse_url("http://h:80").value().origin() == "http://h");
  CHECK(parse_url("https://h:80").value().origin() == "https://h:80");
  CHECK(parse_url("http://h:443/p").value().origin() == "http://h:443");
  CHECK(parse_url("https://[::1]").value().authority() == "[::1]");
  CHECK(parse_url("https://[::1]:8443").value().authority() == "[::1]:8443");
}

TEST_CASE("loopback is localhost, 127.0.0.0/8 and ::1") {
  for (const char* text :
       {"http://localhost", "http://LOCALHOST:1", "http://127.0.0.1", "http://127.255.255.255",
        "http://127.0.0.2:8080/x", "http://[::1]", "http://[::1]:8080"}) {
    CAPTURE(text);
    CHECK(loopback(text));
  }
}

TEST_CASE("what only looks like loopback is not") {
  for (const char* text : {"http://127.evil.com",
                           "http://127.0.0.1.example.com",
                           "http://127.0.0.1.",
                           "http://127.0.0",
                           "http://127.1",
                           "http://127...",
                           "http://127.0.0.256",
                           "http://127.0.0.",
                           "http://127.0.0.1.1",
                           "http://128.0.0.1",
                           "http://127",
                           "http://0127.0.0.1",
                           "http://127.0.0.01",
                           "http://localhost.example.com",
                           "http://notlocalhost",
                           "http://localhost.",
                           "http://0.0.0.0",
                           "http://[::2]",
                           "http://[::]",
                           "http://1127.0.0.1",
                           "http://127.0.0.1-evil.com",
                           "http://127.99999999999999999999.0.1",
                           "http://10.0.0.1"}) {
    CAPTURE(text);
    CHECK_FALSE(loopback(text));
  }
}
