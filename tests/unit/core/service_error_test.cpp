#include <doctest/doctest.h>

#include <string>

#include <t3api/core/service_error.hpp>

using namespace std::chrono_literals;
using t3api::error;
using t3api::error_category;
using t3api::response;
using t3api::service_error;

namespace {

const t3api::wall_time answered_at{std::chrono::seconds(784111777)};
const t3api::request asked{.path = "/v2/licenses"};

error error_for(int status, std::string body = {}, t3api::headers fields = {}) {
  return service_error(asked, {.status = status, .headers = std::move(fields), .body = std::move(body)},
                       answered_at);
}

std::string said(std::string body) { return error_for(400, std::move(body)).service_message; }

}  // namespace

TEST_CASE("each shape of error body gives its message") {
  CHECK(
      said(
          R"({"error":{"type":"X","message":"no such licence","timestamp":"t","url":"u","status_code":400}})") ==
      "no such licence");
  CHECK(said(R"({"message":"plain"})") == "plain");
  CHECK(said(R"({"detail":"in detail"})") == "in detail");
  CHECK(said(R"({"error":"as text"})") == "as text");
  CHECK(said(R"({"errors":["first","second"]})") == "first; second");
  CHECK(said(R"({"errors":[{"message":"first"},{"message":"second"},{"code":3},7,null,""]})") ==
        "first; second");
  CHECK(said(R"({"message":"outer","error":{"message":"inner"}})") == "inner");
  CHECK(said(R"({"message":"outer","detail":"further"})") == "outer");
  CHECK(said(R"({"error":{"code":1},"message":"outer"})") == "outer");
}

TEST_CASE("a body that says nothing known gives no message and no fault") {
  for (const char* body :
       {"", "<html><body><h1>502 Bad Gateway</h1></body></html>", "{", "{}", "[]", "null", "7", "\"text\"",
        R"({"error":null})", R"({"error":[1]})", R"({"message":7})", R"({"message":{"a":1}})",
        R"({"errors":{}})", R"({"errors":"x"})", R"({"errors":[]})", R"({"errors":[[["x"]]]})",
        R"({"detail":[{"loc":"x"}]})", "\xFF\xFE"}) {
    CAPTURE(body);
    CHECK(said(body) == "");
    CHECK(error_for(502, body).message ==
          "GET /v2/licenses was answered with status 502: the service or Metrc behind it is in trouble: try "
          "again later");
  }
  CHECK(said(std::string(100'000, '[')) == "");
}

TEST_CASE("what the service says loses control characters and escape sequences") {
  const auto cause = error_for(400, R"({"message":"a\u001b[31mred\r\nX-Evil: 1\u0000\u007f\u009b1mend"})");
  CHECK(cause.service_message == "a [31mred  X-Evil: 1    1mend");
  CHECK_FALSE(t3api::detail::has_control(cause.message));
}

TEST_CASE("the same message of several faults is said once") {
  CHECK(error_for(422, R"({"errors":["bad","bad",{"message":"bad"},"worse","bad"]})").service_message ==
        "bad; worse");
}

TEST_CASE("a body that is too large for a message is not read") {
  const auto cause = error_for(400, "{\"message\":\"" + std::string(70'000, 'x') + "\"}");
  CHECK(cause.service_message.empty());
  CHECK(cause.status == 400);
}

TEST_CASE("what the service says is cut when it is very long") {
  const auto cause = error_for(400, "{\"message\":\"" + std::string(60'000, 'x') + "\"}");
  CHECK(cause.service_message == std::string(300, 'x') + "...");
  CHECK(cause.message.size() < 500);
  CHECK(error_for(400, "{\"message\":\"" + std::string(300, 'x') + "\"}").service_message ==
        std::string(300, 'x'));
}

TEST_CASE("only 401 is an authentication error") {
  for (int status = 100; status < 600; ++status) {
    if (status == 401) continue;
    CAPTURE(status);
    CHECK(error_for(status).category == error_category::http);
  }
  CHECK(error_for(401).category == error_category::authentication);
}

TEST_CASE("only statuses that may change are worth a retry") {
  for (int status = 100; status < 600; ++status) {
    CAPTURE(status);
    const bool wanted = status == 408 || status == 425 || status == 429 || status == 500 || status == 502 ||
                        status == 503 || status == 504;
    CHECK(t3api::is_retryable_status(status) == wanted);
    CHECK(error_for(status).retryable == wanted);
  }
}

TEST_CASE("the error says what was asked, what came, and what to do") {
  const auto cause = error_for(403, R"({"error":{"message":"no T3+"}})", {{"X-Request-Id", "r-17"}});
  CHECK(cause.message ==
        "GET /v2/licenses was answered with status 403 (no T3+): these credentials may not do this: check "
        "the licence number "
        "and the subscription");
  CHECK(cause.status == 403);
  CHECK(cause.service_message == "no T3+");
  CHECK(cause.service_request_id == "r-17");
  CHECK(cause.sent);
  CHECK_FALSE(cause.retry_after);
}

TEST_CASE("each status has its advice") {
  struct row {
    int status;
    const char* advice;
  };
  for (const auto& [status, advice] :
       {row{401, "check the credentials"}, row{404, "check path and host"}, row{400, "check what was sent"},
        row{422, "check what was sent"}, row{407, "proxy"}, row{408, "try again"}, row{409, "conflicts"},
        row{429, "too many requests"}, row{301, "never follows a redirect"},
        row{302, "never follows a redirect"}, row{307, "never follows a redirect"},
        row{308, "never follows a redirect"}, row{500, "in trouble"}, row{503, "in trouble"},
        row{204, "not expected"}, row{418, "not expected"}}) {
    const auto shown = status;
    CAPTURE(shown);
    CHECK(error_for(status).message.find(advice) != std::string::npos);
  }
}

TEST_CASE("Retry-After becomes part of the error") {
  const auto cause = error_for(429, "", {{"Retry-After", "17"}});
  CHECK(cause.retry_after == 17s);
  CHECK(cause.message ==
        "GET /v2/licenses was answered with status 429: too many requests: wait before the next, in 17 s");
}

TEST_CASE("an odd request id and an odd path are cleaned and cut") {
  response answer{.status = 500};
  answer.headers.add_received("X-Request-Id", "a\x1B[2J\xFF" + std::string(5000, 'r'));
  const auto cause = service_error({.path = "/" + std::string(5000, 'p')}, answer, answered_at);
  CHECK(cause.service_request_id.starts_with("a [2J?rrr"));
  CHECK(cause.service_request_id.size() == 103);
  CHECK(cause.message.size() < 300);
}

TEST_CASE("the parameters of a request are not part of its error") {
  const auto cause =
      service_error({.path = "/x", .query = {{"secretKey", "hunter2"}}}, {.status = 500}, answered_at);
  CHECK(cause.message.find("hunter2") == std::string::npos);
}

TEST_CASE("secrets in the path of a request are not part of its error") {
  for (const char* path : {"/v2/auth/secretkey/hunter2-key", "/v2/AUTH//secretkey/%68unter2-key",
                           "/v2/x;token=hunter2-key", "/v2/x/token:hunter2-key"}) {
    CAPTURE(path);
    const auto cause = service_error({.path = path},
                                     {.status = 404, .body = R"({"message":"no HUNTER2-key"})"}, answered_at);
    CHECK(cause.message.find("unter2") == std::string::npos);
    CHECK(cause.service_message == "no ***");
  }
}

TEST_CASE("redaction takes a secret out of everything the service said") {
  error cause{.message = "said hunter2 and hunter2hunter2.",
              .service_message = "hunter2",
              .service_request_id = "id-hunter2"};
  t3api::redact(cause, "hunter2");
  CHECK(cause.message == "said *** and ******.");
  CHECK(cause.service_message == "***");
  CHECK(cause.service_request_id == "id-***");
}

TEST_CASE("redaction takes a secret out as it stands in JSON and in a URL too") {
  error cause{.message = R"(a"b\c/d, a\"b\\c/d, a%22b%5Cc%2Fd)"};
  t3api::redact(cause, R"(a"b\c/d)");
  CHECK(cause.message == "***, ***, ***");
}

TEST_CASE("redaction ends, whatever the secret is made of") {
  error cause{.message = "*********"};
  t3api::redact(cause, "****");
  CHECK(cause.message.size() < 4);
  error dotted{.message = "a............b"};
  t3api::redact(dotted, "....");
  CHECK(dotted.message.find("....") == std::string::npos);
}

TEST_CASE("a text of fewer than four bytes is not redacted, since it stands everywhere") {
  error cause{.message = "a cat sat"};
  t3api::redact(cause, "at");
  t3api::redact(cause, "");
  CHECK(cause.message == "a cat sat");
}

TEST_CASE("a secret is redacted too where the message was cut in the middle of it") {
  const std::string secret = "correct-horse-battery-staple";
  for (std::size_t lead = 300 - secret.size() - 1; lead <= 301; ++lead) {
    auto cause = error_for(400, "{\"message\":\"" + std::string(lead, 'x') + secret + " is wrong\"}",
                           {{"X-Request-Id", std::string(lead - 200, 'x') + secret}});
    t3api::redact(cause, secret);
    CAPTURE(lead);
    for (const auto& text : {cause.message, cause.service_message, cause.service_request_id}) {
      CHECK(text.find("corr") == text.npos);
    }
    CHECK(cause.message.find("check what was sent") != std::string::npos);
  }
}

TEST_CASE(
    "a refused write says that an earlier attempt may have done it, when nobody knows what became of that") {
  const std::string doubt =
      ": an earlier attempt, whose outcome is unknown, may have done it already: look before you repeat it";
  const auto refused = [](t3api::method method, int status, bool earlier_in_doubt) {
    return service_error({.method = method, .path = "/x"}, {.status = status}, answered_at, earlier_in_doubt);
  };
  for (const auto method :
       {t3api::method::delete_, t3api::method::put, t3api::method::post, t3api::method::patch}) {
    for (const int status : {404, 409, 410, 412}) {
      const auto cause = refused(method, status, true);
      CHECK(cause.maybe_done);
      CHECK(cause.message == std::string(to_string(method)) + " /x was answered with status " +
                                 std::to_string(status) + doubt);
    }
    for (const int status : {400, 401, 403, 422, 429}) {
      const auto cause = refused(method, status, true);
      CHECK(cause.maybe_done);
      CHECK(cause.message == refused(method, status, false).message + doubt);
    }
    for (const int status : {302, 500, 502, 503}) {
      CHECK_FALSE(refused(method, status, true).maybe_done);
      CHECK(refused(method, status, true).message == refused(method, status, false).message);
    }
    CHECK_FALSE(refused(method, 404, false).maybe_done);
  }
  for (const auto method : {t3api::method::get, t3api::method::head}) {
    CHECK_FALSE(refused(method, 404, true).maybe_done);
    CHECK(refused(method, 404, true).message == refused(method, 404, false).message);
  }
}

TEST_CASE("an attempt is in doubt when it may have arrived and was not refused") {
  for (const int status : {0, 200, 408, 500, 502, 503, 504}) {
    CHECK(t3api::is_in_doubt({.status = status, .sent = true}));
    CHECK_FALSE(t3api::is_in_doubt({.status = status, .sent = false}));
  }
  for (const int status : {302, 400, 401, 403, 404, 409, 425, 429}) {
    CHECK_FALSE(t3api::is_in_doubt({.status = status, .sent = true}));
  }
}
